//! What is stored of a tuning job.

use crate::records::Status;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Record kind of [`Tuning`]; the key is `region/name`.
pub(crate) const TUNING: &str = "sagemaker/hyper-parameter-tuning-job";

/// A hyperparameter tuning job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tuning {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) arn: String,
    pub(crate) request: Map<String, Value>,
    pub(crate) status: Status,
    pub(crate) failure_reason: Option<String>,
    pub(crate) created_ms: i64,
    pub(crate) modified_ms: i64,
    pub(crate) ended_ms: Option<i64>,
    /// Decides what is drawn.
    pub(crate) seed: u64,
    pub(crate) trials: Vec<Trial>,
    /// Results of earlier tuning jobs that this one goes on from: points and losses.
    pub(crate) parents: Vec<(Vec<f64>, f64)>,
    /// No further training jobs: a completion criterion holds.
    pub(crate) is_satisfied: bool,
}

/// One training job of a tuning job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trial {
    /// The training job's name.
    pub(crate) job: String,
    pub(crate) arn: String,
    /// Its place in the space.
    pub(crate) point: Vec<f64>,
    /// Its tuned hyperparameters.
    pub(crate) values: Map<String, Value>,
    pub(crate) status: Status,
    /// Whether the training job was made.
    pub(crate) is_made: bool,
    pub(crate) objective: Option<f64>,
    pub(crate) failure_reason: Option<String>,
    pub(crate) created_ms: i64,
    pub(crate) started_ms: Option<i64>,
    pub(crate) ended_ms: Option<i64>,
}

impl Tuning {
    /// `HyperParameterTuningJobConfig`.
    pub(crate) fn config(&self) -> &Value {
        self.request.get("HyperParameterTuningJobConfig").unwrap_or(&Value::Null)
    }

    /// `TrainingJobDefinition`.
    pub(crate) fn definition(&self) -> &Value {
        self.request.get("TrainingJobDefinition").unwrap_or(&Value::Null)
    }

    /// The metric's name, and whether a small value is good.
    pub(crate) fn objective(&self) -> (&str, bool) {
        let own = &self.config()["HyperParameterTuningJobObjective"];
        let given = if own.is_object() { own } else { &self.definition()["TuningObjective"] };
        (given["MetricName"].as_str().unwrap_or_default(), given["Type"] == "Minimize")
    }

    /// A metric's value as a loss: small is good.
    pub(crate) fn loss(&self, objective: f64) -> f64 {
        if self.objective().1 { objective } else { -objective }
    }

    /// The best trial that completed.
    pub(crate) fn best(&self) -> Option<&Trial> {
        let known = self.trials.iter().filter(|trial| trial.status == Status::Completed);
        let known = known.filter_map(|trial| Some((self.loss(trial.objective?), trial)));
        known.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, trial)| trial)
    }

    /// How many trials have the status.
    pub(crate) fn count(&self, status: Status) -> usize {
        self.trials.iter().filter(|trial| trial.status == status).count()
    }

    /// How many trials run, or are about to.
    pub(crate) fn running(&self) -> usize {
        self.trials.iter().filter(|trial| !trial.status.is_terminal()).count()
    }

    /// How many completed trials came after the best one.
    pub(crate) fn not_improving(&self) -> usize {
        let Some(best) = self.best() else { return 0 };
        let mut ended: Vec<&Trial> =
            self.trials.iter().filter(|trial| trial.status.is_terminal()).collect();
        ended.sort_by_key(|trial| trial.ended_ms);
        ended.iter().rev().take_while(|trial| trial.job != best.job).count()
    }
}
