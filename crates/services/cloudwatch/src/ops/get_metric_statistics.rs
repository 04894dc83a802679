//! `GetMetricStatistics`.

use crate::Cloudwatch;
use crate::data::{self, floor};
use crate::error::Error;
use crate::keep::keep;
use crate::metric::{Dimension, Metric};
use crate::ops::get_metric_data::{period, range};
use crate::statistic::Statistic;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};

// AWS: GetMetricStatistics: up to 1440 points.
const MOST_POINTS: i64 = 1440;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    namespace: String,
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    start_time: f64,
    end_time: f64,
    period: i64,
    #[serde(default)]
    statistics: Vec<String>,
    #[serde(default)]
    extended_statistics: Vec<String>,
    unit: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    label: String,
    datapoints: Vec<Value>,
}

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    if input.statistics.is_empty() && input.extended_statistics.is_empty() {
        return Err(Error::Combination(
            "At least one of the parameters Statistics and ExtendedStatistics must be specified."
                .to_owned(),
        ));
    }
    let (from_ms, to_ms) = range(input.start_time, input.end_time)?;
    let period_ms = period(input.period)?;
    let asked = to_ms.saturating_sub(from_ms) / period_ms;
    if asked > MOST_POINTS {
        return Err(Error::Combination(format!(
            "You have requested up to {asked} datapoints, which exceeds the limit of {MOST_POINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )));
    }
    let metric = Metric::new(input.namespace, input.metric_name, input.dimensions)?;
    keep(&ctx.kit).await;
    let from_ms = floor(from_ms, period_ms);
    let points = data::read(ctx, &metric, input.unit.as_deref(), from_ms, to_ms).await?;
    let mut datapoints = Vec::new();
    for (at_ms, (summary, unit)) in data::by_period(&points, from_ms, period_ms) {
        let mut point = json!({"Timestamp": crate::alarm::seconds(at_ms), "Unit": unit});
        for name in &input.statistics {
            point[name] = json!(statistic(name)?.of(&summary));
        }
        if !input.extended_statistics.is_empty() {
            let mut extended = Map::new();
            for name in &input.extended_statistics {
                if let Some(value) = statistic(name)?.of(&summary) {
                    extended.insert(name.clone(), json!(value));
                }
            }
            point["ExtendedStatistics"] = Value::Object(extended);
        }
        datapoints.push(point);
    }
    Ok(Reply::new(Output { label: metric.name, datapoints }))
}

fn statistic(name: &str) -> Result<Statistic, Error> {
    Statistic::parse(name)
        .ok_or_else(|| Error::InvalidValue(format!("refit does not compute the statistic {name}.")))
}
