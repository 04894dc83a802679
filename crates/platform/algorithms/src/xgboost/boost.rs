//! The training loop: tree after tree, measured after each.

use std::ops::ControlFlow;

use super::cuts::bin;
use super::grow::{Grower, Grown};
use super::objective::Gradient;
use super::{Hyperparameters, Metric, Model, Table, Tree};
use crate::random::Random;
use crate::{Error, Result, parallel};

/// With fewer rows, more threads cost more than they save.
const SMALL_ROWS: usize = 10_000;

/// Data that is measured after each round.
#[derive(Debug, Clone, Copy)]
pub struct EvaluationSet<'a> {
    /// The name in the metrics (`train`, `validation`).
    pub name: &'a str,
    /// The data.
    pub table: &'a Table,
}

/// What a round measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// Counted from 0.
    pub number: usize,
    /// For each set, in order, the value of each metric, in order.
    pub values: Vec<Vec<f64>>,
}

/// The result of a training.
#[derive(Debug, Clone, PartialEq)]
pub struct Boosted {
    /// The model; where training stopped early, only up to its best round.
    pub model: Model,
    /// How many rounds were run.
    pub rounds: usize,
    /// Whether training stopped early.
    pub stopped_early: bool,
}

/// Early stopping: the last metric of the last set.
struct Watch {
    metric: Metric,
    patience: usize,
    best_value: f64,
    best_round: usize,
}

impl Watch {
    /// Takes a round's value in; whether it is time to stop.
    fn is_over(&mut self, round: usize, value: f64) -> bool {
        let is_better = if self.metric.is_maximised() {
            value > self.best_value
        } else {
            value < self.best_value
        };
        if round == 0 || is_better {
            (self.best_value, self.best_round) = (value, round);
        }
        round - self.best_round >= self.patience
    }
}

/// Trains on `train`. `validation` are further sets; the last of them decides about early stopping
/// (without any, training never stops early). After each round `report` is called with the values
/// for `train` and then for the further sets; it may break off the training, which keeps the trees
/// so far, or fail it.
pub fn boost(
    train: &Table,
    validation: &[EvaluationSet<'_>],
    parameters: &Hyperparameters,
    mut report: impl FnMut(&Round) -> Result<ControlFlow<()>>,
) -> Result<Boosted> {
    check(train, validation, parameters)?;
    let threads = parallel::threads(parameters.nthread);
    let features = bin(train, parameters.max_bin, threads);
    let base_score = parameters.base_score.unwrap_or_else(|| {
        let positive_weight = parameters.scale_pos_weight;
        parameters.objective.starting_score(train.labels(), train.weights(), positive_weight)
    });
    let grower = Grower { features: &features, parameters, threads };
    let start = parameters.objective.margin(base_score);
    let mut margins = vec![start; train.rows()];
    let mut others: Vec<Vec<f32>> =
        validation.iter().map(|set| vec![start; set.table.rows()]).collect();
    let mut random = Random::new(parameters.seed);
    let mut trees = Vec::new();
    let mut watch = watch(validation, parameters);
    let mut is_over = false;
    while trees.len() < parameters.num_round && !is_over {
        let gradients = gradients(train, &margins, parameters, &mut random, threads);
        let grown = grower.grow(&gradients, &mut random);
        add_answers(&grown, &mut margins);
        for (set, margins) in validation.iter().zip(&mut others) {
            add_tree(&grown.tree, set.table, margins, threads);
        }
        let number = trees.len();
        trees.push(grown.tree);
        let measured: Vec<(&Table, &Vec<f32>)> = [(train, &margins)]
            .into_iter()
            .chain(validation.iter().map(|it| it.table).zip(&others))
            .collect();
        let of_sets = |sets: std::ops::Range<usize>| {
            let sets = measured[sets].iter();
            sets.map(|(table, margins)| measure(table, margins, parameters)).collect::<Vec<_>>()
        };
        let at_once = if train.rows() < SMALL_ROWS { 1 } else { threads };
        let values = parallel::map_ranges(measured.len(), at_once, of_sets);
        let round = Round { number, values: values.into_iter().flatten().collect() };
        if report(&round)?.is_break() {
            break;
        }
        let last = round.values.last().and_then(|values| values.last()).copied();
        is_over = watch.as_mut().is_some_and(|it| it.is_over(number, last.unwrap_or(f64::NAN)));
    }
    let rounds = trees.len();
    let mut attributes = Vec::new();
    if let Some(watch) = watch {
        trees.truncate(watch.best_round + 1);
        attributes.push(("best_iteration".to_owned(), watch.best_round.to_string()));
        attributes.push(("best_score".to_owned(), watch.best_value.to_string()));
    }
    let objective = parameters.objective;
    let model = Model { objective, base_score, features: train.columns(), trees, attributes };
    Ok(Boosted { model, rounds, stopped_early: is_over })
}

fn check(
    train: &Table,
    validation: &[EvaluationSet<'_>],
    parameters: &Hyperparameters,
) -> Result<()> {
    let all = [EvaluationSet { name: "train", table: train }];
    for set in all.iter().chain(validation) {
        if set.table.rows() == 0 || set.table.labels().len() != set.table.rows() {
            return Err(Error::client(format!("channel {}: there are no labelled rows", set.name)));
        }
        if set.table.columns() > train.columns() {
            let text = format!(
                "channel {}: {} features, but the model is trained on {}",
                set.name,
                set.table.columns(),
                train.columns()
            );
            return Err(Error::client(text));
        }
        for (row, label) in set.table.labels().iter().enumerate() {
            parameters.objective.check_label(*label).map_err(|why| {
                let place = format!("channel {}, row {}", set.name, row + 1);
                Error::client(format!("{place}: value {label}: {why}"))
            })?;
        }
    }
    Ok(())
}

fn watch(validation: &[EvaluationSet<'_>], parameters: &Hyperparameters) -> Option<Watch> {
    let patience = parameters.early_stopping_rounds.filter(|_| !validation.is_empty())?;
    let metric = *parameters.eval_metric.last()?;
    Some(Watch { metric, patience, best_value: f64::NAN, best_round: 0 })
}

fn gradients(
    train: &Table,
    margins: &[f32],
    parameters: &Hyperparameters,
    random: &mut Random,
    threads: usize,
) -> Vec<Gradient> {
    let mut gradients = vec![(0.0, 0.0); margins.len()];
    let threads = if margins.len() < SMALL_ROWS { 1 } else { threads };
    parallel::for_pieces(&mut gradients, 1, threads, |begin, gradients| {
        let rows = begin..begin + gradients.len();
        parameters.objective.gradients(
            &margins[rows.clone()],
            &train.labels()[rows.clone()],
            train.weights().map(|weights| &weights[rows]),
            parameters.scale_pos_weight,
            gradients,
        );
    });
    if parameters.subsample < 1.0 {
        for gradient in &mut gradients {
            // A row that is not sampled takes part with nothing.
            if !random.happens(parameters.subsample) {
                *gradient = (0.0, 0.0);
            }
        }
    }
    gradients
}

/// Adds the tree's answers for the rows it was grown on.
fn add_answers(grown: &Grown, margins: &mut [f32]) {
    for (leaf, rows) in &grown.leaves {
        let answer = grown.tree.nodes[*leaf].threshold;
        for row in &grown.rows[rows.clone()] {
            margins[*row as usize] += answer;
        }
    }
}

fn add_tree(tree: &Tree, table: &Table, margins: &mut [f32], threads: usize) {
    let threads = if margins.len() < SMALL_ROWS { 1 } else { threads };
    parallel::for_pieces(margins, 1, threads, |begin, margins| {
        for (row, margin) in margins.iter_mut().enumerate() {
            *margin += tree.answer(table.row(begin + row));
        }
    });
}

fn measure(table: &Table, margins: &[f32], parameters: &Hyperparameters) -> Vec<f64> {
    let predictions = parameters.objective.transformed(margins);
    let metrics = parameters.eval_metric.iter();
    metrics.map(|it| it.measure(&predictions, table.labels(), table.weights())).collect()
}
