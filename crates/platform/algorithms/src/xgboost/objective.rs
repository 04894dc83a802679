//! What is learned: gradients, the starting score, and the way from margins to predictions.

use crate::{Error, Result};

/// First and second derivative of the loss of one row.
pub(super) type Gradient = (f32, f32);

/// What is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// Squared error of a number.
    SquaredError,
    /// Logistic loss of the probability that the label is 1.
    BinaryLogistic,
}

impl Objective {
    /// Finds an objective by XGBoost's name.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            // The second is the name of before XGBoost 0.90.
            "reg:squarederror" | "reg:linear" => Ok(Self::SquaredError),
            "binary:logistic" => Ok(Self::BinaryLogistic),
            _ => {
                let name: String = name.chars().take(100).collect();
                Err(Error::client(format!(
                    "Hyperparameter objective: value {name:?} is not supported by the built-in \
                     algorithm, which has reg:squarederror and binary:logistic"
                )))
            }
        }
    }

    /// XGBoost's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SquaredError => "reg:squarederror",
            Self::BinaryLogistic => "binary:logistic",
        }
    }

    /// Whether a label can be learned from.
    pub(super) fn check_label(self, label: f32) -> std::result::Result<(), &'static str> {
        match self {
            Self::BinaryLogistic if !(0.0..=1.0).contains(&label) => {
                Err("label must be in [0,1] for binary:logistic")
            }
            _ => Ok(()),
        }
    }

    /// Where prediction starts, found from the labels: their weighted mean; for classes of which
    /// one has a weight of its own, one Newton step from a probability of one half.
    // XGBoost: what 3.1 and later do.
    pub(super) fn starting_score(
        self,
        labels: &[f32],
        weights: Option<&[f32]>,
        positive_weight: f32,
    ) -> f32 {
        let (mut sum, mut total) = (0.0, 0.0);
        for (row, label) in labels.iter().enumerate() {
            let weight = weights.map_or(1.0, |weights| weights[row]);
            let weight = f64::from(if *label == 1.0 { weight * positive_weight } else { weight });
            sum += f64::from(*label) * weight;
            total += weight;
        }
        let mean = if total > 0.0 { sum / total } else { 0.5 };
        match self {
            Self::SquaredError => mean as f32,
            Self::BinaryLogistic if positive_weight == 1.0 => bounded(mean as f32),
            // With the gradient and the hessian at a margin of 0.
            Self::BinaryLogistic => bounded(sigmoid((4.0 * (mean - 0.5)) as f32)),
        }
    }

    /// The margin of a score.
    pub(super) fn margin(self, score: f32) -> f32 {
        match self {
            Self::SquaredError => score,
            Self::BinaryLogistic => -(1.0 / score - 1.0).ln(),
        }
    }

    /// The prediction of a margin: a number, or the probability of label 1.
    pub fn transform(self, margin: f32) -> f32 {
        match self {
            Self::SquaredError => margin,
            Self::BinaryLogistic => sigmoid(margin),
        }
    }

    /// The same for many. What the objective is, is asked once: the compiler would compute the exponential of every
    /// margin first and ask then.
    pub(super) fn transformed(self, margins: &[f32]) -> Vec<f32> {
        match self {
            Self::SquaredError => margins.to_vec(),
            Self::BinaryLogistic => margins.iter().map(|margin| sigmoid(*margin)).collect(),
        }
    }

    /// The derivatives of the rows' losses, with their weights.
    pub(super) fn gradients(
        self,
        margins: &[f32],
        labels: &[f32],
        weights: Option<&[f32]>,
        positive_weight: f32,
        gradients: &mut [Gradient],
    ) {
        let rows = margins.iter().zip(labels).enumerate().map(|(row, (margin, label))| {
            let weight = weights.map_or(1.0, |weights| weights[row]);
            // XGBoost: the weight of positives counts for every objective.
            let weight = if *label == 1.0 { weight * positive_weight } else { weight };
            (*margin, *label, weight)
        });
        let rows = gradients.iter_mut().zip(rows);
        match self {
            Self::SquaredError => rows.for_each(|(gradient, (margin, label, weight))| {
                *gradient = ((margin - label) * weight, weight);
            }),
            Self::BinaryLogistic => rows.for_each(|(gradient, (margin, label, weight))| {
                let probability = sigmoid(margin);
                let hessian = (probability * (1.0 - probability)).max(1e-16);
                *gradient = ((probability - label) * weight, hessian * weight);
            }),
        }
    }
}

/// A probability whose margin is finite, also where all labels are the same.
fn bounded(probability: f32) -> f32 {
    probability.clamp(1e-6, 1.0 - 1e-6)
}

fn sigmoid(margin: f32) -> f32 {
    // XGBoost: bounds the exponent, so that the result is never exactly 0 by overflow.
    let exponent = (-margin).min(88.7);
    1.0 / (1.0 + exponent.exp() + 1e-16)
}
