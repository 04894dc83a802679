//! The models that can be served, and what they answer for rows.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::container::MODEL_FILE;
use crate::forest::ForestModel;
use crate::kmeans::KMeansModel;
use crate::linear::{LinearModel, Prediction};
use crate::pca::PcaModel;
use crate::xgboost::Model;
use crate::{Error, Result, recordio};

/// A model that answers.
pub(super) enum Predictor {
    Xgboost(Model),
    Linear(LinearModel),
    KMeans(KMeansModel),
    Pca(PcaModel),
    Forest(ForestModel),
}

/// What a model answers for some rows.
pub(super) enum Predictions {
    /// XGBoost's, one number a row.
    Scores(Vec<f32>),
    /// Those of AWS's own algorithms: the list's name, and for each row named values.
    Named(&'static str, Vec<Answer>),
}

/// Named values for one row.
pub(super) type Answer = Vec<(&'static str, Value)>;

impl Predictor {
    /// The model of an algorithm, in the folder that an artefact was unpacked in.
    pub(super) fn load(algorithm: &str, folder: &Path) -> Result<Self> {
        let file = folder.join(MODEL_FILE);
        match algorithm {
            "xgboost" => {
                let file = folder.join("xgboost-model");
                let json = std::fs::read(&file).map_err(Error::io("read", &file))?;
                Model::load(&json).map(Self::Xgboost)
            }
            "linear-learner" => LinearModel::load(&file).map(Self::Linear),
            "kmeans" => KMeansModel::load(&file).map(Self::KMeans),
            "pca" => PcaModel::load(&file).map(Self::Pca),
            "randomcutforest" => ForestModel::load(&file).map(Self::Forest),
            _ => Err(crate::unknown(algorithm)),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Xgboost(_) => "xgboost",
            Self::Linear(_) => "linear-learner",
            Self::KMeans(_) => "kmeans",
            Self::Pca(_) => "pca",
            Self::Forest(_) => "randomcutforest",
        }
    }

    /// Whether it speaks as the XGBoost image does, and not as AWS's own algorithms.
    pub(super) fn is_xgboost(&self) -> bool {
        matches!(self, Self::Xgboost(_))
    }

    pub(super) fn features(&self) -> usize {
        match self {
            Self::Xgboost(model) => model.features(),
            Self::Linear(model) => model.features(),
            Self::KMeans(model) => model.features(),
            Self::Pca(model) => model.features(),
            Self::Forest(model) => model.features(),
        }
    }

    /// The answers for rows that have at most as many features.
    pub(super) fn predict(&self, rows: &[Vec<f32>]) -> std::result::Result<Predictions, String> {
        if let Self::Xgboost(model) = self {
            let scores = rows.iter().map(|row| model.predict_row(row)).collect();
            return Ok(Predictions::Scores(scores));
        }
        for (number, row) in rows.iter().enumerate() {
            if row.len() != self.features() {
                let (own, wanted) = (row.len(), self.features());
                return Err(format!("row {}: {own} features instead of {wanted}", number + 1));
            }
            if row.iter().any(|value| value.is_nan()) {
                return Err(format!("row {}: a value is missing", number + 1));
            }
        }
        let name = match self {
            Self::Pca(_) => "projections",
            Self::Forest(_) => "scores",
            _ => "predictions",
        };
        Ok(Predictions::Named(name, rows.iter().map(|row| self.answer(row)).collect()))
    }

    // AWS: the pages "response formats" of linear learner, k-means, PCA and random cut forest.
    fn answer(&self, row: &[f32]) -> Answer {
        match self {
            Self::Xgboost(model) => vec![("score", json!(model.predict_row(row)))],
            Self::Linear(model) => match model.predict(row) {
                Prediction::Number(score) => vec![("score", json!(score))],
                Prediction::Binary(score, label) => {
                    vec![("score", json!(score)), ("predicted_label", json!(label))]
                }
                Prediction::Class(scores, label) => {
                    vec![("score", json!(scores)), ("predicted_label", json!(label))]
                }
            },
            Self::KMeans(model) => {
                let (cluster, distance) = model.predict(row);
                vec![
                    ("closest_cluster", json!(cluster as f64)),
                    ("distance_to_cluster", json!(distance)),
                ]
            }
            Self::Pca(model) => vec![("projection", json!(model.predict(row)))],
            Self::Forest(model) => vec![("score", json!(model.predict(row)))],
        }
    }
}

/// An answer as one JSON object.
pub(super) fn object(answer: &Answer) -> Value {
    let members = answer.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    Value::Object(members.collect::<Map<_, _>>())
}

/// Answers as recordio-protobuf, a message each.
pub(super) fn messages(answers: &[Answer]) -> Vec<u8> {
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN) as f32;
    let numbers = |value: &Value| match value {
        Value::Array(all) => all.iter().map(number).collect(),
        one => vec![number(one)],
    };
    let mut bytes = Vec::new();
    for answer in answers {
        let labels = answer.iter().map(|(name, value)| (*name, numbers(value)));
        recordio::write_answer(&mut bytes, labels);
    }
    bytes
}
