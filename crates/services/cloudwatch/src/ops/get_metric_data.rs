//! `GetMetricData`, without metric math.

use crate::Cloudwatch;
use crate::data::{self, floor};
use crate::error::Error;
use crate::keep::keep;
use crate::metric::Metric;
use crate::statistic::Statistic;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    metric_data_queries: Vec<Query>,
    start_time: f64,
    end_time: f64,
    scan_by: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Query {
    id: String,
    metric_stat: Option<MetricStat>,
    label: Option<String>,
    return_data: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetricStat {
    metric: Given,
    period: i64,
    stat: String,
    unit: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    namespace: Option<String>,
    metric_name: Option<String>,
    #[serde(default)]
    dimensions: Vec<crate::metric::Dimension>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    metric_data_results: Vec<Value>,
    messages: Vec<Value>,
}

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let (from_ms, to_ms) = range(input.start_time, input.end_time)?;
    keep(&ctx.kit).await;
    let ascending = input.scan_by.as_deref() == Some("TimestampAscending");
    let mut results = Vec::new();
    for query in input.metric_data_queries {
        let Some(stat) = query.metric_stat else {
            return Err(Error::Validation(format!(
                "refit does not evaluate metric math: the query {} has no MetricStat.",
                query.id
            )));
        };
        if query.return_data == Some(false) {
            continue;
        }
        let name = stat.metric.metric_name.clone().unwrap_or_default();
        let mut values = values(ctx, stat, from_ms, to_ms).await?;
        if !ascending {
            values.reverse();
        }
        let times: Vec<f64> =
            values.iter().map(|(at_ms, _)| crate::alarm::seconds(*at_ms)).collect();
        let values: Vec<f64> = values.into_iter().map(|(_, value)| value).collect();
        results.push(json!({
            "Id": query.id, "Label": query.label.unwrap_or(name), "Timestamps": times, "Values": values,
            "StatusCode": "Complete",
        }));
    }
    Ok(Reply::new(Output { metric_data_results: results, messages: Vec::new() }))
}

/// The request's times in milliseconds.
pub(crate) fn range(start: f64, end: f64) -> Result<(i64, i64), Error> {
    let (from_ms, to_ms) = ((start * 1000.0) as i64, (end * 1000.0) as i64);
    if from_ms >= to_ms {
        return Err(Error::Validation(
            "The parameter StartTime must be less than the parameter EndTime.".to_owned(),
        ));
    }
    Ok((from_ms, to_ms))
}

/// The period in milliseconds.
pub(crate) fn period(seconds: i64) -> Result<i64, Error> {
    if ![1, 5, 10, 20, 30].contains(&seconds) && (seconds % 60 != 0 || seconds < 60) {
        return Err(Error::Validation(
            "Period must be 1, 5, 10, 20, 30 or a multiple of 60.".to_owned(),
        ));
    }
    Ok(seconds.saturating_mul(1000))
}

async fn values(
    ctx: &Ctx,
    stat: MetricStat,
    from_ms: i64,
    to_ms: i64,
) -> Result<Vec<(i64, f64)>, Error> {
    let (Some(namespace), Some(name)) = (stat.metric.namespace, stat.metric.metric_name) else {
        return Err(Error::Validation("A metric has a Namespace and a MetricName.".to_owned()));
    };
    let metric = Metric::new(namespace, name, stat.metric.dimensions)?;
    let statistic = Statistic::parse(&stat.stat).ok_or_else(|| {
        Error::Validation(format!("refit does not compute the statistic {}.", stat.stat))
    })?;
    let period_ms = period(stat.period)?;
    let from_ms = floor(from_ms, period_ms);
    let points = data::read(ctx, &metric, stat.unit.as_deref(), from_ms, to_ms).await?;
    let periods = data::by_period(&points, from_ms, period_ms).into_iter();
    Ok(periods.filter_map(|(at_ms, (summary, _))| Some((at_ms, statistic.of(&summary)?))).collect())
}
