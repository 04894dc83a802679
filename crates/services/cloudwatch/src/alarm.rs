//! Alarms as they are stored and shown.

use crate::error::Error;
use crate::metric::{Dimension, Metric};
use crate::statistic::Statistic;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use service::{Ctx, Found};
use std::collections::BTreeMap;

/// Record kind of [`Alarm`]; the key is `region/name`.
pub(crate) const ALARM: &str = "cloudwatch/alarm";

pub(crate) const OK: &str = "OK";
pub(crate) const IN_ALARM: &str = "ALARM";
pub(crate) const INSUFFICIENT: &str = "INSUFFICIENT_DATA";

const DAY_SECONDS: i64 = 86_400;

/// What the user says of an alarm: the members of `PutMetricAlarm` that are described again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Config {
    pub(crate) alarm_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alarm_description: Option<String>,
    pub(crate) actions_enabled: Option<bool>,
    #[serde(rename = "OKActions")]
    pub(crate) ok_actions: Vec<String>,
    pub(crate) alarm_actions: Vec<String>,
    pub(crate) insufficient_data_actions: Vec<String>,
    pub(crate) metric_name: String,
    pub(crate) namespace: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) statistic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) extended_statistic: Option<String>,
    pub(crate) dimensions: Vec<Dimension>,
    /// Seconds.
    pub(crate) period: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unit: Option<String>,
    pub(crate) evaluation_periods: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) datapoints_to_alarm: Option<i64>,
    pub(crate) threshold: f64,
    pub(crate) comparison_operator: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) treat_missing_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) evaluate_low_sample_count_percentile: Option<String>,
}

/// An alarm.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Alarm {
    pub(crate) region: String,
    pub(crate) arn: String,
    pub(crate) config: Config,
    /// When the configuration was last put, Unix milliseconds.
    pub(crate) configured_ms: i64,
    pub(crate) state: String,
    pub(crate) reason: String,
    pub(crate) reason_data: Option<String>,
    /// When state or reason last changed, Unix milliseconds.
    pub(crate) updated_ms: i64,
    /// When the state last changed, Unix milliseconds.
    pub(crate) transitioned_ms: i64,
    pub(crate) tags: BTreeMap<String, String>,
}

/// The record key of an alarm.
pub(crate) fn key(region: &str, name: &str) -> String {
    format!("{region}/{name}")
}

/// An alarm's ARN.
pub(crate) fn arn(ctx: &Ctx, name: &str) -> String {
    ctx.arn("cloudwatch", &format!("alarm:{name}"))
}

/// The alarm, if it is there.
pub(crate) async fn find(ctx: &Ctx, name: &str) -> Result<Option<Found<Alarm>>, Error> {
    Ok(ctx.records::<Alarm>(ALARM).get(&key(&ctx.region, name)).await?)
}

/// All alarms of the region, by their names.
pub(crate) async fn all(ctx: &Ctx) -> Result<Vec<Found<Alarm>>, Error> {
    Ok(ctx.records::<Alarm>(ALARM).all(&key(&ctx.region, "")).await?)
}

/// Seconds as responses have them.
pub(crate) fn seconds(at_ms: i64) -> f64 {
    at_ms as f64 / 1000.0
}

impl Alarm {
    /// The alarm's record key.
    pub(crate) fn key(&self) -> String {
        key(&self.region, &self.config.alarm_name)
    }

    /// As `DescribeAlarms` shows it.
    pub(crate) fn view(&self) -> Value {
        let mut view = match serde_json::to_value(&self.config) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        let own = json!({
            "AlarmArn": self.arn,
            "ActionsEnabled": self.config.is_enabled(),
            "AlarmConfigurationUpdatedTimestamp": seconds(self.configured_ms),
            "StateValue": self.state,
            "StateReason": self.reason,
            "StateReasonData": self.reason_data,
            "StateUpdatedTimestamp": seconds(self.updated_ms),
            "StateTransitionedTimestamp": seconds(self.transitioned_ms),
        });
        if let Value::Object(own) = own {
            view.extend(own.into_iter().filter(|(_, value)| !value.is_null()));
        }
        Value::Object(view)
    }
}

impl Config {
    /// Whether changes of state run actions.
    pub(crate) fn is_enabled(&self) -> bool {
        self.actions_enabled.unwrap_or(true)
    }

    /// The metric it watches.
    pub(crate) fn metric(&self) -> Result<Metric, Error> {
        Metric::new(self.namespace.clone(), self.metric_name.clone(), self.dimensions.clone())
    }

    /// `Sum`, `p90`.
    pub(crate) fn statistic_name(&self) -> &str {
        self.statistic.as_deref().or(self.extended_statistic.as_deref()).unwrap_or_default()
    }

    /// What is computed of each period.
    pub(crate) fn statistic(&self) -> Option<Statistic> {
        Statistic::parse(self.statistic_name())
    }

    /// How many breaching periods are an alarm.
    pub(crate) fn needed(&self) -> i64 {
        self.datapoints_to_alarm.unwrap_or(self.evaluation_periods)
    }

    /// What missing data is taken for.
    pub(crate) fn missing(&self) -> &str {
        self.treat_missing_data.as_deref().unwrap_or("missing")
    }

    /// What is done when the state becomes `state`.
    pub(crate) fn actions(&self, state: &str) -> &[String] {
        match state {
            OK => &self.ok_actions,
            IN_ALARM => &self.alarm_actions,
            _ => &self.insufficient_data_actions,
        }
    }

    /// Whether refit can evaluate it.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let refuse = |text: String| Err(Error::Validation(text));
        let missing = [
            ("MetricName", self.metric_name.is_empty()),
            ("Namespace", self.namespace.is_empty()),
            ("ComparisonOperator", self.comparison_operator.is_empty()),
            ("EvaluationPeriods", self.evaluation_periods < 1),
            ("Period", self.period < 1),
        ];
        if let Some((name, _)) = missing.iter().find(|(_, is_missing)| *is_missing) {
            return refuse(format!("The parameter {name} is required for an alarm on a metric."));
        }
        match (&self.statistic, &self.extended_statistic) {
            (Some(_), Some(_)) | (None, None) => {
                return refuse(
                    "Exactly one of Statistic and ExtendedStatistic must be specified.".to_owned(),
                );
            }
            _ => {}
        }
        if self.statistic().is_none() {
            return refuse(format!(
                "refit does not compute the statistic {}; it knows SampleCount, Average, Sum, Minimum, Maximum and percentiles (p90).",
                self.statistic_name()
            ));
        }
        if ![10, 20, 30].contains(&self.period) && self.period % 60 != 0 {
            return refuse("Valid Period values are 10, 20, 30 and multiples of 60.".to_owned());
        }
        let range = self.period.saturating_mul(self.evaluation_periods);
        let most = if self.period >= 3600 { 7 * DAY_SECONDS } else { DAY_SECONDS };
        if range > most {
            return refuse(format!(
                "Metrics cannot be checked across more than {most} seconds (EvaluationPeriods * Period must be <= {most})."
            ));
        }
        if self.needed() > self.evaluation_periods {
            return refuse(
                "DatapointsToAlarm must not be greater than EvaluationPeriods.".to_owned(),
            );
        }
        if crate::evaluate::Comparison::parse(&self.comparison_operator).is_none() {
            return refuse(format!(
                "refit has no anomaly detection: {} is not supported.",
                self.comparison_operator
            ));
        }
        if !["breaching", "notBreaching", "ignore", "missing"].contains(&self.missing()) {
            return refuse(format!("{} is not a value of TreatMissingData.", self.missing()));
        }
        if !self.threshold.is_finite() {
            return refuse("The parameter Threshold must be a finite number.".to_owned());
        }
        self.metric()?;
        self.check_actions()
    }

    fn check_actions(&self) -> Result<(), Error> {
        for list in [&self.ok_actions, &self.alarm_actions, &self.insufficient_data_actions] {
            // AWS: PutMetricAlarm: up to five actions of each kind.
            if list.len() > 5 {
                return Err(Error::Validation(
                    "No more than 5 actions may be specified.".to_owned(),
                ));
            }
            for action in list {
                let parsed = service::Arn::parse(action).ok();
                if !parsed.is_some_and(|arn| ["sns", "lambda"].contains(&arn.service.as_str())) {
                    return Err(Error::Validation(format!(
                        "refit runs actions of SNS topics and Lambda functions; {action} is neither."
                    )));
                }
            }
        }
        Ok(())
    }
}
