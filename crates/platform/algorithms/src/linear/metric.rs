//! How good a model is, by the names of AWS's metrics.

use super::hyperparameters::Hyperparameters;
use super::threshold::{f_score, ratio};
use super::{LinearModel, Prediction, Predictor};
use crate::table::Table;

/// A metric: its name in the log, whether less is better, its value.
pub(super) type Measured = (String, bool, f64);

/// The metrics of a model on labelled data.
pub(super) fn measure(
    model: &LinearModel,
    table: &Table,
    parameters: &Hyperparameters,
) -> Vec<Measured> {
    let predictions: Vec<Prediction> =
        (0..table.rows()).map(|row| model.predict(table.row(row))).collect();
    match parameters.predictor {
        Predictor::Regressor => regression(&predictions, table.labels()),
        Predictor::Binary => binary(&predictions, table.labels(), parameters.f_beta),
        Predictor::Multiclass(classes) => {
            multiclass(&predictions, table.labels(), classes, parameters)
        }
    }
}

fn mean(values: impl Iterator<Item = f64>, count: usize) -> f64 {
    values.sum::<f64>() / count.max(1) as f64
}

fn regression(predictions: &[Prediction], labels: &[f32]) -> Vec<Measured> {
    let errors = || {
        predictions.iter().zip(labels).map(|(prediction, label)| match prediction {
            Prediction::Number(value) => value - f64::from(*label),
            _ => f64::NAN,
        })
    };
    let mse = mean(errors().map(|error| error * error), labels.len());
    let absolute = mean(errors().map(f64::abs), labels.len());
    let truth = mean(labels.iter().map(|label| f64::from(*label)), labels.len());
    let spread = mean(labels.iter().map(|label| (f64::from(*label) - truth).powi(2)), labels.len());
    vec![
        ("mse".to_owned(), true, mse),
        ("rmse".to_owned(), true, mse.sqrt()),
        ("absolute_loss".to_owned(), true, absolute),
        ("r2".to_owned(), false, if spread > 0.0 { 1.0 - mse / spread } else { 0.0 }),
    ]
}

fn binary(predictions: &[Prediction], labels: &[f32], beta: f64) -> Vec<Measured> {
    let (mut right, mut hits, mut predicted, mut positives) = (0.0, 0.0, 0.0, 0.0);
    let mut scores = Vec::with_capacity(labels.len());
    for (prediction, label) in predictions.iter().zip(labels) {
        let Prediction::Binary(score, own) = prediction else { continue };
        let is_positive = *label == 1.0;
        right += f64::from(u8::from((*own == 1) == is_positive));
        hits += f64::from(u8::from(*own == 1 && is_positive));
        predicted += f64::from(*own);
        positives += f64::from(u8::from(is_positive));
        scores.push((*score, is_positive));
    }
    let loss = |(score, is_positive): &(f64, bool)| {
        -(if *is_positive { *score } else { 1.0 - score }).max(1e-15).ln()
    };
    let (precision, recall) = (ratio(hits, predicted), ratio(hits, positives));
    let cross_entropy = mean(scores.iter().map(loss), labels.len());
    vec![
        ("binary_classification_cross_entropy_objective".to_owned(), true, cross_entropy),
        ("binary_classification_accuracy".to_owned(), false, ratio(right, labels.len() as f64)),
        (format!("binary_f_{beta:.3}"), false, f_score(precision, recall, beta)),
        ("precision".to_owned(), false, precision),
        ("recall".to_owned(), false, recall),
        ("roc_auc_score".to_owned(), false, auc(scores)),
    ]
}

/// The share of pairs of a positive and a negative in which the positive has the greater score.
fn auc(mut scores: Vec<(f64, bool)>) -> f64 {
    scores.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut negatives, mut pairs, mut positives) = (0.0, 0.0, 0.0);
    for group in scores.chunk_by(|one, other| one.0 == other.0) {
        let own = group.iter().filter(|it| it.1).count() as f64;
        let others = group.len() as f64 - own;
        pairs += own * (negatives + others / 2.0);
        positives += own;
        negatives += others;
    }
    ratio(pairs, positives * negatives)
}

fn multiclass(
    predictions: &[Prediction],
    labels: &[f32],
    classes: usize,
    parameters: &Hyperparameters,
) -> Vec<Measured> {
    let (mut loss, mut right, mut near) = (0.0, 0.0, 0.0);
    let mut counts = vec![(0.0, 0.0, 0.0); classes];
    for (prediction, label) in predictions.iter().zip(labels) {
        let Prediction::Class(scores, own) = prediction else { continue };
        let class = *label as usize;
        let score = scores.get(class).copied().unwrap_or(0.0);
        loss -= score.max(1e-15).ln();
        right += f64::from(u8::from(*own == class));
        let before = scores.iter().filter(|other| **other > score).count();
        near += f64::from(u8::from(before < parameters.accuracy_top_k));
        if let Some(count) = counts.get_mut(class) {
            count.0 += f64::from(u8::from(*own == class));
            count.2 += 1.0;
        }
        if let Some(count) = counts.get_mut(*own) {
            count.1 += 1.0;
        }
    }
    let count = labels.len() as f64;
    let of_class =
        counts.iter().map(|(hits, predicted, all)| (ratio(*hits, *predicted), ratio(*hits, *all)));
    let of_class: Vec<(f64, f64)> = of_class.collect();
    let beta = parameters.f_beta;
    let macro_f = mean(of_class.iter().map(|it| f_score(it.0, it.1, beta)), classes);
    vec![
        ("multiclass_cross_entropy_objective".to_owned(), true, ratio(loss, count)),
        ("multiclass_accuracy".to_owned(), false, ratio(right, count)),
        (
            format!("multiclass_top_k_accuracy_{}", parameters.accuracy_top_k),
            false,
            ratio(near, count),
        ),
        ("macro_precision".to_owned(), false, mean(of_class.iter().map(|it| it.0), classes)),
        ("macro_recall".to_owned(), false, mean(of_class.iter().map(|it| it.1), classes)),
        (format!("macro_f_{beta:.3}"), false, macro_f),
    ]
}
