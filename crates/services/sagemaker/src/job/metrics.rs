//! Metrics out of log lines, by the regular expressions of the job or of the built-in algorithm.

use crate::records::{Job, Metric};
use regex::Regex;
use serde_json::Value;

/// Metric names by expression.
pub(crate) struct Metrics {
    definitions: Vec<(Definition, Regex)>,
}

enum Definition {
    /// The first group is the value.
    Named(String),
    /// The first group is the name, the second the value: XGBoost's evaluation lines.
    Built,
    /// Channel, metric and value in the lines of AWS's own algorithms; the middle group says `epoch=` where it is one of many.
    Quality,
}

impl Metrics {
    /// The job's definitions. Expressions that cannot be used are left out with a warning.
    pub(crate) fn of(job: &Job) -> Self {
        let given =
            job.request.get("AlgorithmSpecification").and_then(|a| a.get("MetricDefinitions"));
        let mut definitions = Vec::new();
        for definition in given.and_then(Value::as_array).into_iter().flatten() {
            let name = definition["Name"].as_str().unwrap_or_default();
            let text = definition["Regex"].as_str().unwrap_or_default();
            match Regex::new(text) {
                Ok(regex) => definitions.push((Definition::Named(name.to_owned()), regex)),
                Err(error) => {
                    tracing::warn!(job = job.name, metric = name, %error, "a metric's expression cannot be used");
                }
            }
        }
        // AWS: the XGBoost image's metrics are named validation:rmse and so on.
        let built = Regex::new(r"(?:\t|#011)((?:train|validation)-[\w@.-]+):(\S+)");
        definitions.push((Definition::Built, built.expect("a constant expression")));
        // AWS: the definitions that describe-training-job shows for linear-learner and kmeans.
        let quality = Regex::new(
            r"#quality_metric: host=\S+, (epoch=\S+, )?(train|validation|test) (\S+) <(?:loss|score)>=(\S+)",
        );
        definitions.push((Definition::Quality, quality.expect("a constant expression")));
        Self { definitions }
    }

    /// The values in a line.
    pub(crate) fn read(&self, line: &str, timestamp_ms: i64) -> Vec<Metric> {
        let mut found = Vec::new();
        let mut add = |name: &str, value: &str| {
            if let Ok(value) = value.parse::<f64>()
                && value.is_finite()
            {
                found.push(Metric { name: name.to_owned(), value, timestamp_ms });
            }
        };
        // AWS: log lines reach the expressions with a tab written as #011.
        let escaped = line.replace('\t', "#011");
        for (definition, regex) in &self.definitions {
            match definition {
                Definition::Named(name) => {
                    let captures = regex.captures(&escaped).or_else(|| regex.captures(line));
                    if let Some(value) =
                        captures.and_then(|c| c.get(1).map(|m| m.as_str().to_owned()))
                    {
                        add(name, &value);
                    }
                }
                Definition::Quality => {
                    if let Some(captures) = regex.captures(line) {
                        let is_epoch = captures.get(1).is_some();
                        add(&quality_name(&captures[2], &captures[3], is_epoch), &captures[4]);
                    }
                }
                Definition::Built => {
                    for captures in regex.captures_iter(line) {
                        add(&captures[1].replacen('-', ":", 1), &captures[2]);
                    }
                }
            }
        }
        found
    }
}

/// AWS's name of a metric in the log.
fn quality_name(split: &str, metric: &str, is_epoch: bool) -> String {
    let short = if metric.ends_with("_objective") {
        if is_epoch || split == "test" { "objective_loss" } else { "objective_loss:final" }
    } else if metric.starts_with("binary_f_") {
        "binary_f_beta"
    } else if metric.starts_with("macro_f_") {
        "macro_f_beta"
    } else if metric.starts_with("multiclass_top_k_accuracy") {
        "multiclass_top_k_accuracy"
    } else {
        metric
    };
    format!("{split}:{short}")
}

/// Keeps the last value of each metric.
pub(crate) fn merge(into: &mut Vec<Metric>, found: Vec<Metric>) {
    for metric in found {
        match into.iter_mut().find(|own| own.name == metric.name) {
            Some(own) => *own = metric,
            None => into.push(metric),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Metrics, merge};
    use crate::records::{Job, JobKind};
    use serde_json::json;

    #[test]
    fn reads_xgboost_lines_and_own_definitions() {
        let request = json!({"AlgorithmSpecification": {"MetricDefinitions": [
            {"Name": "loss", "Regex": "loss=([0-9.]+)"},
            {"Name": "auc", "Regex": r".*\[[0-9]+\].*#011validation-auc:(\S+)"},
        ]}});
        let serde_json::Value::Object(request) = request else { unreachable!() };
        let mut job = Job::new(JobKind::Training, "r", "j", "1", 0);
        job.request = request;
        let metrics = Metrics::of(&job);
        let mut all = Vec::new();
        for line in [
            "[0]\ttrain-rmse:2.5\tvalidation-rmse:3.5",
            "[1]\ttrain-rmse:2.0\tvalidation-rmse:nan",
            "epoch 3 loss=0.25",
            "[4]\tvalidation-auc:0.9",
            "#quality_metric: host=algo-1, epoch=3, train mse_objective <loss>=0.5",
            "#quality_metric: host=algo-1, test binary_f_1.000 <score>=0.75",
        ] {
            merge(&mut all, metrics.read(line, 7));
        }
        let mut shown: Vec<String> =
            all.iter().map(|m| format!("{}={}", m.name, m.value)).collect();
        shown.sort();
        assert_eq!(
            shown,
            [
                "auc=0.9",
                "loss=0.25",
                "test:binary_f_beta=0.75",
                "train:objective_loss=0.5",
                "train:rmse=2",
                "validation:auc=0.9",
                "validation:rmse=3.5"
            ]
        );
    }
}
