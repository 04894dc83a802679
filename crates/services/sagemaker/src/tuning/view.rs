//! Tuning jobs as AWS describes them.

use super::records::{Trial, Tuning};
use crate::records::{Status, seconds};
use serde_json::{Map, Value, json};

/// `DescribeHyperParameterTuningJob`'s answer.
pub(crate) fn describe(tuning: &Tuning) -> Value {
    let mut view = tuning.request.clone();
    view.extend(base(tuning));
    if let Some(best) = tuning.best() {
        view.insert("BestTrainingJob".to_owned(), trial(tuning, best));
    }
    if let Some(reason) = &tuning.failure_reason {
        view.insert("FailureReason".to_owned(), json!(reason));
    }
    let details = json!({"NumberOfTrainingJobsObjectiveNotImproving": tuning.not_improving()});
    view.insert("TuningJobCompletionDetails".to_owned(), details);
    let ran = |trial: &Trial| Some((trial.ended_ms? - trial.started_ms?).max(0));
    let ran_ms: i64 = tuning.trials.iter().filter_map(ran).sum();
    view.insert("ConsumedResources".to_owned(), json!({"RuntimeInSeconds": ran_ms / 1000}));
    Value::Object(view)
}

/// `ListHyperParameterTuningJobs`' view of it.
pub(crate) fn summary(tuning: &Tuning) -> Value {
    let mut view = base(tuning);
    let strategy = tuning.config().get("Strategy").cloned().unwrap_or(Value::Null);
    view.insert("Strategy".to_owned(), strategy);
    let limits = tuning.config().get("ResourceLimits").cloned().unwrap_or(Value::Null);
    view.insert("ResourceLimits".to_owned(), limits);
    Value::Object(view)
}

fn base(tuning: &Tuning) -> Map<String, Value> {
    let count = |wanted: &str| {
        tuning.trials.iter().filter(|trial| objective_status(trial) == wanted).count()
    };
    let mut view = Map::new();
    let mut set = |member: &str, value: Value| {
        view.insert(member.to_owned(), value);
    };
    set("HyperParameterTuningJobName", json!(tuning.name));
    set("HyperParameterTuningJobArn", json!(tuning.arn));
    set("HyperParameterTuningJobStatus", json!(tuning.status.word()));
    set("CreationTime", seconds(tuning.created_ms));
    set("LastModifiedTime", seconds(tuning.modified_ms));
    if let Some(ended_ms) = tuning.ended_ms {
        set("HyperParameterTuningEndTime", seconds(ended_ms));
    }
    set(
        "TrainingJobStatusCounters",
        json!({
            "Completed": tuning.count(Status::Completed),
            "InProgress": tuning.running(),
            "RetryableError": 0,
            "NonRetryableError": tuning.count(Status::Failed),
            "Stopped": tuning.count(Status::Stopped),
        }),
    );
    set(
        "ObjectiveStatusCounters",
        json!({
            "Succeeded": count("Succeeded"), "Pending": count("Pending"), "Failed": count("Failed"),
        }),
    );
    view
}

fn objective_status(trial: &Trial) -> &'static str {
    match (trial.status.is_terminal(), trial.objective) {
        (false, _) => "Pending",
        (true, Some(_)) => "Succeeded",
        (true, None) => "Failed",
    }
}

/// A `HyperParameterTrainingJobSummary`.
pub(crate) fn trial(tuning: &Tuning, trial: &Trial) -> Value {
    let (metric, is_minimised) = tuning.objective();
    let mut view = json!({
        "TrainingJobName": trial.job,
        "TrainingJobArn": trial.arn,
        "CreationTime": seconds(trial.created_ms),
        "TrainingJobStatus": trial.status.word(),
        "TunedHyperParameters": trial.values,
        "ObjectiveStatus": objective_status(trial),
    });
    for (member, time) in
        [("TrainingStartTime", trial.started_ms), ("TrainingEndTime", trial.ended_ms)]
    {
        if let Some(time) = time {
            view[member] = seconds(time);
        }
    }
    if let Some(reason) = &trial.failure_reason {
        view["FailureReason"] = json!(reason);
    }
    if let Some(value) = trial.objective {
        view["FinalHyperParameterTuningJobObjectiveMetric"] = json!({
            "Type": if is_minimised { "Minimize" } else { "Maximize" },
            "MetricName": metric,
            "Value": value,
        });
    }
    view
}
