//! `PutMetricData`.

use crate::Cloudwatch;
use crate::data::{self, Datum, Point, floor};
use crate::error::Error;
use crate::metric::{Dimension, Metric};
use crate::watch;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, PrincipalKind, Reply, Summary};
use store::Batch;

const DAY_MS: i64 = 24 * 3_600_000;
// AWS: MetricDatum: values are within 2^360.
const MOST: f64 = 2.348_542_582_773_833e108;
// AWS: PutMetricData: 1000 metrics a request, 150 values a metric.
const MOST_DATA: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    namespace: String,
    #[serde(default)]
    metric_data: Vec<Given>,
    #[serde(default)]
    entity_metric_data: Vec<EntityData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EntityData {
    #[serde(default)]
    metric_data: Vec<Given>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    timestamp: Option<f64>,
    value: Option<Value>,
    statistic_values: Option<Statistics>,
    #[serde(default)]
    values: Vec<Value>,
    #[serde(default)]
    counts: Vec<Value>,
    unit: Option<String>,
    storage_resolution: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statistics {
    sample_count: Value,
    sum: Value,
    minimum: Value,
    maximum: Value,
}

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let is_own = ctx.principal.kind == PrincipalKind::Platform;
    if input.namespace.starts_with("AWS/") && !is_own {
        return Err(Error::InvalidValue(
            "The value AWS/ for parameter Namespace is invalid.".to_owned(),
        ));
    }
    let entities = input.entity_metric_data.into_iter().flat_map(|entity| entity.metric_data);
    let given: Vec<Given> = input.metric_data.into_iter().chain(entities).collect();
    if given.len() > MOST_DATA {
        return Err(Error::InvalidValue(format!(
            "The collection MetricData must not have a size greater than {MOST_DATA}."
        )));
    }
    let data = given
        .into_iter()
        .enumerate()
        .map(|(at, given)| given.datum(ctx, &input.namespace, at + 1))
        .collect::<Result<Vec<_>, _>>()?;
    let points: Vec<(Metric, i64)> =
        data.iter().map(|datum| (datum.metric.clone(), datum.point.at_ms)).collect();
    let mut batch = Batch::new();
    data::write(ctx, data, &mut batch).await?;
    let mut reply = Reply::with(json!({}), batch);
    for item in watch::of_points(ctx, &points).await? {
        reply = reply.work(item);
    }
    Ok(reply)
}

impl Given {
    fn datum(self, ctx: &Ctx, namespace: &str, number: usize) -> Result<Datum, Error> {
        let member = |name: &str| format!("MetricData.member.{number}.{name}");
        let at_ms = self.timestamp.map_or(ctx.now_ms, |seconds| (seconds * 1000.0) as i64);
        if at_ms > ctx.now_ms.saturating_add(watch::FUTURE_MS) {
            return Err(Error::InvalidValue(format!(
                "The parameter {} must specify a time no more than two hours in the future.",
                member("Timestamp")
            )));
        }
        if at_ms < ctx.now_ms - 14 * DAY_MS {
            return Err(Error::InvalidValue(format!(
                "The parameter {} must specify a time within the past two weeks.",
                member("Timestamp")
            )));
        }
        let step_ms = match self.storage_resolution {
            None | Some(60) => 60_000,
            Some(1) => 1_000,
            Some(_) => {
                return Err(Error::InvalidValue(format!(
                    "The parameter {} must be 1 or 60.",
                    member("StorageResolution")
                )));
            }
        };
        let summary = self.summary(&member)?;
        let metric = Metric::new(namespace.to_owned(), self.metric_name, self.dimensions)?;
        let unit = self.unit.unwrap_or_else(|| "None".to_owned());
        let at_ms = floor(at_ms, step_ms);
        Ok(Datum { metric, point: Point { at_ms, unit, summary } })
    }

    fn summary(&self, member: &dyn Fn(&str) -> String) -> Result<Summary, Error> {
        let all = || [member("Value"), member("Values"), member("StatisticValues")].join(", ");
        match (&self.value, &self.statistic_values, self.values.is_empty()) {
            (Some(value), None, true) => Ok(Summary::of(number(value, &member("Value"))?, 1.0)),
            (None, Some(statistics), true) => statistics.summary(member),
            (None, None, false) => self.many(member),
            (None, None, true) => Err(Error::Combination(format!(
                "At least one of the parameters {} must be specified.",
                all()
            ))),
            _ => Err(Error::Combination(format!(
                "The parameters {} are mutually exclusive and you have specified more than one.",
                all()
            ))),
        }
    }

    fn many(&self, member: &dyn Fn(&str) -> String) -> Result<Summary, Error> {
        if self.values.len() > service::MOST_VALUES {
            return Err(Error::InvalidValue(format!(
                "The collection {} must not have a size greater than 150.",
                member("Values")
            )));
        }
        if !self.counts.is_empty() && self.counts.len() != self.values.len() {
            return Err(Error::Combination(format!(
                "The parameters {} and {} must be of the same size.",
                member("Values"),
                member("Counts")
            )));
        }
        let mut summary = Summary::default();
        for (at, value) in self.values.iter().enumerate() {
            let count = self.counts.get(at);
            let count = count.map_or(Ok(1.0), |count| positive(count, &member("Counts")))?;
            summary.add(number(value, &member("Values"))?, count);
        }
        Ok(summary)
    }
}

impl Statistics {
    fn summary(&self, member: &dyn Fn(&str) -> String) -> Result<Summary, Error> {
        let minimum = number(&self.minimum, &member("StatisticValues.Minimum"))?;
        let maximum = number(&self.maximum, &member("StatisticValues.Maximum"))?;
        let count = positive(&self.sample_count, &member("StatisticValues.SampleCount"))?;
        if minimum > maximum {
            return Err(Error::Combination(format!(
                "The parameter {} must not be greater than Maximum.",
                member("StatisticValues.Minimum")
            )));
        }
        let is_one = minimum >= maximum;
        Ok(Summary {
            count,
            sum: number(&self.sum, &member("StatisticValues.Sum"))?,
            minimum,
            maximum,
            values: if is_one { vec![(minimum, count)] } else { Vec::new() },
            coarse: !is_one,
        })
    }
}

fn number(value: &Value, name: &str) -> Result<f64, Error> {
    value.as_f64().filter(|number| number.abs() <= MOST).ok_or_else(|| {
        Error::InvalidValue(format!("The value {value} for parameter {name} is invalid."))
    })
}

fn positive(value: &Value, name: &str) -> Result<f64, Error> {
    let number = number(value, name)?;
    if number > 0.0 {
        return Ok(number);
    }
    Err(Error::InvalidValue(format!("The parameter {name} must be positive.")))
}
