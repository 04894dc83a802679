//! A trained linear model and its file.
//!
//! AWS's artefact is a network of MXNet, which little else can read; this one is `model.json`:
//!
//! ```json
//! {"algorithm": "linear-learner", "version": 1, "predictor_type": "binary_classifier",
//!  "weights": [[0.5, -1.25]], "bias": [0.1], "threshold": 0.5}
//! ```
//!
//! One list of weights and one bias for each score, in the units of the data. A score is the bias plus the weights times
//! the features; of classes it is made a probability (the logistic function of one score, the softmax of several).

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Predictor;
use super::problem::{sigmoid, softmax};
use crate::{Result, container};

/// A trained linear model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinearModel {
    algorithm: String,
    version: u32,
    predictor_type: String,
    pub(super) weights: Vec<Vec<f64>>,
    pub(super) bias: Vec<f64>,
    /// The probability above which label 1 is predicted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) threshold: Option<f64>,
}

/// The prediction for one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Prediction {
    /// A number.
    Number(f64),
    /// The probability of label 1, and the label.
    Binary(f64, u8),
    /// The probability of each class, and the likeliest.
    Class(Vec<f64>, usize),
}

const NAME: &str = "linear-learner";

impl LinearModel {
    pub(super) fn new(predictor: Predictor, weights: Vec<Vec<f64>>, bias: Vec<f64>) -> Self {
        let predictor_type = match predictor {
            Predictor::Binary => "binary_classifier",
            Predictor::Multiclass(_) => "multiclass_classifier",
            Predictor::Regressor => "regressor",
        };
        let threshold = (predictor == Predictor::Binary).then_some(0.5);
        let (algorithm, predictor_type) = (NAME.to_owned(), predictor_type.to_owned());
        Self { algorithm, version: 1, predictor_type, weights, bias, threshold }
    }

    /// The model in a file; what does not fit together is refused.
    pub fn load(file: &Path) -> Result<Self> {
        container::read_model(file, NAME, |model: &Self| {
            let is_known = match model.predictor_type.as_str() {
                "binary_classifier" | "regressor" => model.weights.len() == 1,
                "multiclass_classifier" => model.weights.len() > 1,
                _ => false,
            };
            let is_even = model.weights.iter().all(|own| own.len() == model.features());
            is_known && is_even && model.bias.len() == model.weights.len()
        })
    }

    /// How many features a row has.
    pub fn features(&self) -> usize {
        self.weights.first().map_or(0, Vec::len)
    }

    /// The prediction for a row of that many features.
    pub fn predict(&self, row: &[f32]) -> Prediction {
        let of_one = |(weights, bias): (&Vec<f64>, &f64)| {
            let products =
                weights.iter().zip(row).map(|(weight, value)| weight * f64::from(*value));
            products.sum::<f64>() + bias
        };
        let mut scores: Vec<f64> = self.weights.iter().zip(&self.bias).map(of_one).collect();
        match self.predictor_type.as_str() {
            "regressor" => Prediction::Number(scores.first().copied().unwrap_or(0.0)),
            "binary_classifier" => {
                let score = sigmoid(scores.first().copied().unwrap_or(0.0));
                Prediction::Binary(score, u8::from(score > self.threshold.unwrap_or(0.5)))
            }
            _ => {
                softmax(&mut scores);
                // Of equals the first.
                let best = (0..scores.len()).rev().max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
                Prediction::Class(scores, best.unwrap_or(0))
            }
        }
    }
}
