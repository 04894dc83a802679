//! `DescribeAlarmsForMetric`.

use crate::Cloudwatch;
use crate::error::Error;
use crate::metric::{Dimension, Metric};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    metric_name: String,
    namespace: String,
    statistic: Option<String>,
    extended_statistic: Option<String>,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    period: Option<i64>,
    unit: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    metric_alarms: Vec<Value>,
}

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let metric = Metric::new(input.namespace, input.metric_name, input.dimensions)?;
    let mut metric_alarms = Vec::new();
    for alarm in crate::alarm::all(ctx).await?.into_iter().map(|found| found.value) {
        let config = &alarm.config;
        let is_wanted = config.metric().is_ok_and(|own| own == metric)
            && (input.statistic.is_none() || input.statistic == config.statistic)
            && (input.extended_statistic.is_none()
                || input.extended_statistic == config.extended_statistic)
            && input.period.is_none_or(|period| period == config.period)
            && (input.unit.is_none() || input.unit == config.unit);
        if is_wanted {
            metric_alarms.push(alarm.view());
        }
    }
    Ok(Reply::new(Output { metric_alarms }))
}
