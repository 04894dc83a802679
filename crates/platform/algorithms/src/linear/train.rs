//! Training as a container does it: from `/opt/ml/input` to `/opt/ml/model/model.json`.

use std::io::Write;
use std::path::Path;

use super::hyperparameters::{Hyperparameters, Predictor};
use super::metric::measure;
use super::model::{LinearModel, Prediction};
use super::problem::{Problem, outputs};
use super::solve::{Penalty, solve};
use super::threshold;
use crate::channels::{Channels, say};
use crate::table::{Format, Layout, Table};
use crate::{Error, Result, container, parallel};

/// What it reads; AWS's reads no libsvm.
const FORMATS: [Format; 3] = [Format::Csv, Format::LibSvm, Format::RecordIo];
/// The values of `wd` that are tried with the validation data when none is given, as AWS tries models of its own.
const TRIED_WD: [f64; 6] = [0.0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1];
/// `wd` when none is given and there is nothing to try it with.
const DEFAULT_WD: f64 = 1e-5;
/// What the objective is called in the log.
// AWS: the metric definitions of the algorithm look for "..._objective <loss>=".
fn objective(predictor: Predictor) -> &'static str {
    match predictor {
        Predictor::Binary => "binary_classification_cross_entropy_objective",
        Predictor::Multiclass(_) => "multiclass_cross_entropy_objective",
        Predictor::Regressor => "mse_objective",
    }
}

/// The means and scales of the features and of the label.
struct Units {
    means: Vec<f64>,
    scales: Vec<f64>,
    label_mean: f64,
    label_scale: f64,
}

/// Trains on the tree at `opt_ml`; the metrics are written to `output`.
pub fn train(opt_ml: &Path, output: &mut impl Write) -> Result<()> {
    let parameters = Hyperparameters::parse(&container::hyperparameters(opt_ml)?)?;
    let channels = Channels::open(opt_ml, &FORMATS, 0.0)?;
    let train = channels.required("train", Layout::Labelled, output)?;
    check("train", &train, &parameters, None)?;
    let mut others = Vec::new();
    for name in ["validation", "test"] {
        if let Some(table) = channels.load(name, Layout::Labelled, output)? {
            // Sparse data: what the one has and the other has not is 0 there.
            let width = if table.is_sparse() { train.columns() } else { 0 };
            let table = table.widened_to(width, 0.0);
            check(name, &table, &parameters, Some(train.columns()))?;
            others.push((name, table));
        }
    }
    let validation = others.iter().find(|it| it.0 == "validation").map(|it| &it.1);
    let units = Units::of(&train, &parameters);
    let problem = units.problem(&train, &parameters);
    let judged = validation.map(|table| units.problem(table, &parameters));
    let wd = chosen_wd(&problem, judged.as_ref(), &parameters, output)?;
    let solved = fit(&problem, wd, &parameters, |epoch, at| {
        let line = |split: &str, problem: &Problem| {
            let name = objective(parameters.predictor);
            let loss = problem.loss(at, None) * units.label_scale * units.label_scale;
            format!("#quality_metric: host=algo-1, epoch={epoch}, {split} {name} <loss>={loss}")
        };
        say(output, &line("train", &problem))?;
        judged.iter().try_for_each(|judged| say(output, &line("validation", judged)))
    })?;
    let mut model = units.model(&solved, &parameters);
    if parameters.predictor == Predictor::Binary {
        let table = validation.unwrap_or(&train);
        let score = |row| match model.predict(table.row(row)) {
            Prediction::Binary(score, _) => score,
            _ => 0.0,
        };
        let scores: Vec<f64> = (0..table.rows()).map(score).collect();
        model.threshold = Some(threshold::choose(&scores, table.labels(), parameters.selection));
    }
    let splits = [("train", &train)].into_iter().chain(others.iter().map(|it| (it.0, &it.1)));
    for (split, table) in splits {
        for (name, is_loss, value) in measure(&model, table, &parameters) {
            let kind = if is_loss { "loss" } else { "score" };
            say(output, &format!("#quality_metric: host=algo-1, {split} {name} <{kind}>={value}"))?;
        }
    }
    container::write_model(opt_ml, &model)
}

fn check(
    name: &str,
    table: &Table,
    parameters: &Hyperparameters,
    trained: Option<usize>,
) -> Result<()> {
    table.check_width(name, trained.or(parameters.feature_dim))?;
    for (row, label) in table.labels().iter().enumerate() {
        let why = match parameters.predictor {
            Predictor::Regressor => None,
            Predictor::Binary if *label == 0.0 || *label == 1.0 => None,
            Predictor::Binary => Some("the label of a binary_classifier is 0 or 1".to_owned()),
            Predictor::Multiclass(classes) => {
                let is_class = *label >= 0.0 && *label < classes as f32 && label.fract() == 0.0;
                let text =
                    || format!("the label of a class is an integer from 0 to {}", classes - 1);
                (!is_class).then(text)
            }
        };
        if let Some(why) = why {
            let row = row + 1;
            return Err(Error::client(format!("channel {name}, row {row}: value {label}: {why}")));
        }
    }
    Ok(())
}

/// The given `wd`, or the one whose model is best on the validation data.
fn chosen_wd(
    problem: &Problem,
    judged: Option<&Problem>,
    parameters: &Hyperparameters,
    output: &mut impl Write,
) -> Result<f64> {
    if let Some(wd) = parameters.wd {
        return Ok(wd);
    }
    let Some(judged) = judged else { return Ok(DEFAULT_WD) };
    let mut best = (f64::INFINITY, DEFAULT_WD);
    for wd in TRIED_WD {
        let solved = fit(problem, wd, parameters, |_, _| Ok(()))?;
        let loss = judged.loss(&solved, None);
        if loss < best.0 {
            best = (loss, wd);
        }
    }
    say(output, &format!("wd={} is the best of {TRIED_WD:?} on the channel validation", best.1))?;
    Ok(best.1)
}

fn fit(
    problem: &Problem,
    wd: f64,
    parameters: &Hyperparameters,
    report: impl FnMut(usize, &[f64]) -> Result<()>,
) -> Result<Vec<f64>> {
    let width = problem.columns + 1;
    let is_bias = |place: usize| place % width == problem.columns;
    let l2 = |place| if is_bias(place) { wd * parameters.bias_wd_mult } else { wd };
    let l1 = |place| if is_bias(place) { 0.0 } else { parameters.l1 };
    let penalty = Penalty {
        l2: (0..problem.size()).map(l2).collect(),
        l1: (0..problem.size()).map(l1).collect(),
    };
    solve(problem, &penalty, parameters.epochs, report)
}

impl Units {
    fn of(table: &Table, parameters: &Hyperparameters) -> Self {
        let columns = table.columns();
        let (mut means, mut scales) = (vec![0.0; columns], vec![1.0; columns]);
        if parameters.normalize_data && columns > 0 {
            (means, scales) = moments(table.values(), columns);
        }
        let (label_mean, label_scale) = if parameters.normalize_label {
            let (means, scales) = moments(table.labels(), 1);
            (means[0], scales[0])
        } else {
            (0.0, 1.0)
        };
        let mut units = Self { means, scales, label_mean, label_scale };
        if !parameters.use_bias {
            // Without a bias nothing may be moved.
            units.means.fill(0.0);
            units.label_mean = 0.0;
        }
        units
    }

    fn problem(&self, table: &Table, parameters: &Hyperparameters) -> Problem {
        let columns = table.columns();
        let scaled = |(place, value): (usize, &f32)| {
            let column = place % columns;
            ((f64::from(*value) - self.means[column]) / self.scales[column]) as f32
        };
        let target =
            |label: &f32| ((f64::from(*label) - self.label_mean) / self.label_scale) as f32;
        Problem {
            predictor: parameters.predictor,
            columns,
            values: table.values().iter().enumerate().map(scaled).collect(),
            targets: table.labels().iter().map(target).collect(),
            weights: weights(table, parameters),
            has_bias: parameters.use_bias,
            threads: parallel::threads(0),
        }
    }

    /// The model in the units of the data.
    fn model(&self, solved: &[f64], parameters: &Hyperparameters) -> LinearModel {
        let columns = self.means.len();
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for own in solved.chunks_exact(columns + 1).take(outputs(parameters.predictor)) {
            let scaled = own.iter().zip(&self.scales);
            let scaled: Vec<f64> = scaled.map(|(w, scale)| w * self.label_scale / scale).collect();
            let moved: f64 = scaled.iter().zip(&self.means).map(|(w, mean)| w * mean).sum();
            biases.push(own[columns] * self.label_scale + self.label_mean - moved);
            weights.push(scaled);
        }
        LinearModel::new(parameters.predictor, weights, biases)
    }
}

/// The mean and standard deviation of each column; 1 where all values are the same.
fn moments(values: &[f32], columns: usize) -> (Vec<f64>, Vec<f64>) {
    let count = (values.len() / columns.max(1)).max(1) as f64;
    let (mut means, mut squares) = (vec![0.0; columns], vec![0.0; columns]);
    for row in values.chunks_exact(columns) {
        means.iter_mut().zip(row).for_each(|(mean, value)| *mean += f64::from(*value));
    }
    for mean in &mut means {
        *mean /= count;
    }
    for row in values.chunks_exact(columns) {
        for ((square, mean), value) in squares.iter_mut().zip(&means).zip(row) {
            *square += (f64::from(*value) - mean).powi(2);
        }
    }
    let scale = |(square, mean): (&f64, &f64)| {
        let deviation = (square / count).sqrt();
        // What is only the rounding of a constant is not a scale.
        if deviation > 1e-12 * mean.abs().max(1e-300) { deviation } else { 1.0 }
    };
    let scales = squares.iter().zip(&means).map(scale).collect();
    (means, scales)
}

/// How much each example counts.
fn weights(table: &Table, parameters: &Hyperparameters) -> Vec<f32> {
    let labels = table.labels();
    let own = |row: usize| table.weights().map_or(1.0, |weights| weights[row]);
    let mut counts = std::collections::BTreeMap::new();
    for label in labels {
        *counts.entry(*label as i64).or_insert(0_usize) += 1;
    }
    let balanced = |label: f32| {
        let count = counts.get(&(label as i64)).copied().unwrap_or(1).max(1);
        labels.len() as f32 / (counts.len().max(1) * count) as f32
    };
    let of_row =
        |(row, label): (usize, &f32)| match (parameters.predictor, parameters.positive_weight) {
            (Predictor::Binary, None) => own(row) * balanced(*label),
            (Predictor::Binary, Some(weight)) if *label == 1.0 => own(row) * weight as f32,
            (Predictor::Multiclass(_), _) if parameters.balance_classes => {
                own(row) * balanced(*label)
            }
            _ => own(row),
        };
    labels.iter().enumerate().map(of_row).collect()
}
