//! What is measured each round.

use super::Objective;
use crate::{Error, Result};

/// A metric of predictions against labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Metric {
    /// Root of the mean squared error.
    Rmse,
    /// Mean absolute error.
    Mae,
    /// Mean negative logarithm of the likelihood.
    LogLoss,
    /// Area under the receiver operating curve.
    Auc,
    /// Share of wrong decisions at a threshold (0.5 when absent).
    Error(Option<f32>),
}

impl Metric {
    /// Reads a comma separated list of XGBoost's names; the objective's own metric when absent.
    pub fn parse_list(list: Option<&str>, objective: Objective) -> Result<Vec<Self>> {
        // Lists may come as JSON.
        let list = list.unwrap_or("").trim_matches(['[', ']']);
        let names = list.split(',').map(|name| name.trim().trim_matches(['"', '\'']));
        let mut metrics = Vec::new();
        for name in names.filter(|name| !name.is_empty()) {
            let metric = Self::parse(name)?;
            if !metrics.contains(&metric) {
                metrics.push(metric);
            }
        }
        if metrics.is_empty() {
            metrics.push(match objective {
                Objective::SquaredError => Self::Rmse,
                Objective::BinaryLogistic => Self::LogLoss,
            });
        }
        Ok(metrics)
    }

    fn parse(name: &str) -> Result<Self> {
        let threshold = |text: &str| text.parse().ok().filter(|it: &f32| it.is_finite());
        match name {
            "rmse" => Ok(Self::Rmse),
            "mae" => Ok(Self::Mae),
            "logloss" => Ok(Self::LogLoss),
            "auc" => Ok(Self::Auc),
            "error" => Ok(Self::Error(None)),
            _ => {
                let threshold = name.strip_prefix("error@").and_then(threshold);
                threshold.map(|it| Self::Error(Some(it))).ok_or_else(|| {
                    let name: String = name.chars().take(100).collect();
                    Error::client(format!(
                        "Hyperparameter eval_metric: value {name:?} is not supported by the \
                         built-in algorithm, which has rmse, mae, logloss, auc, error, error@t"
                    ))
                })
            }
        }
    }

    /// XGBoost's name.
    pub fn name(self) -> String {
        match self {
            Self::Rmse => "rmse".to_owned(),
            Self::Mae => "mae".to_owned(),
            Self::LogLoss => "logloss".to_owned(),
            Self::Auc => "auc".to_owned(),
            Self::Error(None) => "error".to_owned(),
            Self::Error(Some(threshold)) => format!("error@{threshold}"),
        }
    }

    /// Whether more is better.
    pub fn is_maximised(self) -> bool {
        self == Self::Auc
    }

    /// Measures predictions; not a number where the metric is not defined (`auc` of one class).
    /// Slices of different lengths are measured as far as the shortest goes.
    pub fn measure(self, predictions: &[f32], labels: &[f32], weights: Option<&[f32]>) -> f64 {
        match self {
            Self::Rmse => mean(predictions, labels, weights, |p, y| (p - y) * (p - y)).sqrt(),
            Self::Mae => mean(predictions, labels, weights, |p, y| (p - y).abs()),
            Self::LogLoss => mean(predictions, labels, weights, log_loss),
            Self::Error(threshold) => {
                let threshold = threshold.unwrap_or(0.5);
                mean(predictions, labels, weights, |p, y| if p > threshold { 1.0 - y } else { y })
            }
            Self::Auc => auc(predictions, labels, weights),
        }
    }
}

fn weight(weights: Option<&[f32]>, row: usize) -> f64 {
    weights.and_then(|weights| weights.get(row)).map_or(1.0, |weight| f64::from(*weight))
}

fn mean(
    predictions: &[f32],
    labels: &[f32],
    weights: Option<&[f32]>,
    loss: impl Fn(f32, f32) -> f32,
) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for (row, (prediction, label)) in predictions.iter().zip(labels).enumerate() {
        let weight = weight(weights, row);
        // XGBoost: a row's loss is of single precision, the sum of double.
        sum += f64::from(loss(*prediction, *label)) * weight;
        total += weight;
    }
    sum / total
}

fn log_loss(probability: f32, label: f32) -> f32 {
    let bounded = |value: f32| value.max(1e-16).ln();
    let positive = if label == 0.0 { 0.0 } else { -label * bounded(probability) };
    let negative = if label == 1.0 { 0.0 } else { -(1.0 - label) * bounded(1.0 - probability) };
    positive + negative
}

/// A number that is the smaller the greater the value is, in the order of [`f32::total_cmp`].
fn descending(value: f32) -> u32 {
    let bits = value.to_bits();
    // Of negative values the greater magnitude is the less.
    if bits >> 31 == 1 { bits } else { !bits & (u32::MAX >> 1) }
}

/// Rows with the same prediction count half for each other. A table has less than 2^32 rows.
fn auc(predictions: &[f32], labels: &[f32], weights: Option<&[f32]>) -> f64 {
    // The greatest prediction first and then the first row, as one number that is quickly sorted.
    let mut rows: Vec<u64> = predictions
        .iter()
        .zip(labels)
        .enumerate()
        .map(|(row, (prediction, _))| (u64::from(descending(*prediction)) << 32) | row as u64)
        .collect();
    rows.sort_unstable();
    let row_of = |packed: u64| (packed & 0xffff_ffff) as usize;
    let prediction = |packed: u64| predictions[row_of(packed)];
    let (mut area, mut positives, mut negatives) = (0.0, 0.0, 0.0);
    for same in rows.chunk_by(|a, b| prediction(*a) == prediction(*b)) {
        let (mut here_positive, mut here_negative) = (0.0, 0.0);
        for row in same.iter().map(|packed| row_of(*packed)) {
            let (label, weight) = (f64::from(labels[row]), weight(weights, row));
            here_positive += label * weight;
            here_negative += (1.0 - label) * weight;
        }
        area += here_negative * (positives + here_positive / 2.0);
        positives += here_positive;
        negatives += here_negative;
    }
    area / (positives * negatives)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_reverse() {
        let sorted = [f32::INFINITY, 3.5, 1e-30, 0.0, -0.0, -1e-30, -2.0, f32::NEG_INFINITY];
        assert!(sorted.windows(2).all(|pair| descending(pair[0]) < descending(pair[1])));
    }

    #[test]
    fn metrics_are_what_they_are() {
        let (p, y) = ([0.1, 0.4, 0.35, 0.8], [0.0, 0.0, 1.0, 1.0]);
        let cases = [
            (Metric::Auc, 0.75),
            (Metric::Error(None), 0.25),
            (Metric::Error(Some(0.3)), 0.25),
            (Metric::Mae, 0.3375),
            (Metric::Rmse, 0.397_649),
            (Metric::LogLoss, 0.472_288),
        ];
        for (metric, wanted) in cases {
            let measured = metric.measure(&p, &y, None);
            assert!((measured - wanted).abs() < 1e-5, "{metric:?}: {measured}");
        }
        assert!((Metric::Auc.measure(&[0.5; 4], &y, None) - 0.5).abs() < 1e-12);
        assert!(Metric::Auc.measure(&p, &[1.0; 4], None).is_nan());
        assert!(Metric::Rmse.measure(&[], &[], None).is_nan());
        let weighted = Metric::Mae.measure(&p, &y, Some(&[1.0, 0.0, 0.0, 0.0]));
        assert!((weighted - 0.1).abs() < 1e-7);
    }
}
