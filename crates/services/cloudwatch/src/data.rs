//! Data points: one record per metric and hour, with a summary for each minute (or second) and unit.

use crate::error::Error;
use crate::metric::{METRIC, Metric, SEPARATOR};
use serde::{Deserialize, Serialize};
use service::{Ctx, Found, Summary};
use std::collections::BTreeMap;
use store::{Batch, Expect, Scan};

/// Record kind of [`Hour`]; the key is the metric's key and the hour since 1970.
const DATA: &str = "cloudwatch/data";

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
// AWS: metrics retention: 15 days for periods of a minute. AWS keeps coarser sums for longer.
const KEPT_HOURS: i64 = 15 * 24;
/// Hours that are dropped at a time.
const DROPPED_AT_ONCE: usize = 48;

/// What was measured within an hour.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Hour {
    points: Vec<Point>,
}

/// What was measured within a minute or second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Point {
    /// Its beginning, Unix milliseconds.
    pub(crate) at_ms: i64,
    /// `None` is a unit as well.
    pub(crate) unit: String,
    pub(crate) summary: Summary,
}

/// A measurement to keep.
#[derive(Debug, Clone)]
pub(crate) struct Datum {
    pub(crate) metric: Metric,
    pub(crate) point: Point,
}

fn hour_key(metric_key: &str, hour: i64) -> String {
    format!("{metric_key}{hour:010}")
}

/// The beginning of the minute or second.
pub(crate) fn floor(at_ms: i64, step_ms: i64) -> i64 {
    at_ms - at_ms.rem_euclid(step_ms.max(1))
}

/// Adds to `batch` what keeps the measurements.
pub(crate) async fn write(ctx: &Ctx, data: Vec<Datum>, batch: &mut Batch) -> Result<(), Error> {
    let mut hours: BTreeMap<(String, i64), Vec<Point>> = BTreeMap::new();
    let mut metrics: BTreeMap<String, Metric> = BTreeMap::new();
    for Datum { metric, point } in data {
        let key = metric.key(&ctx.region);
        hours.entry((key.clone(), point.at_ms.div_euclid(HOUR_MS))).or_default().push(point);
        metrics.insert(key, metric);
    }
    for (key, metric) in metrics {
        if ctx.records::<Metric>(METRIC).get(&key).await?.is_none() {
            batch.put(METRIC, key, &metric, Expect::Any);
        }
    }
    for ((metric_key, number), points) in hours {
        let key = hour_key(&metric_key, number);
        let found = ctx.records::<Hour>(DATA).get(&key).await?;
        if found.is_none() {
            drop_old(ctx, &metric_key, batch).await?;
        }
        let expect = found.as_ref().map_or(Expect::Absent, |found| found.expect);
        let mut hour = found.map(|found| found.value).unwrap_or_default();
        for point in points {
            hour.add(point);
        }
        batch.put(DATA, key, &hour, expect);
    }
    Ok(())
}

impl Hour {
    fn add(&mut self, point: Point) {
        let place = (point.at_ms, point.unit.as_str());
        match self.points.binary_search_by(|own| (own.at_ms, own.unit.as_str()).cmp(&place)) {
            Ok(at) => self.points[at].summary.absorb(&point.summary),
            Err(at) => self.points.insert(at, point),
        }
    }
}

/// Adds to `batch` what drops the metric's oldest hours, once they are too old.
async fn drop_old(ctx: &Ctx, metric_key: &str, batch: &mut Batch) -> Result<(), Error> {
    let first_kept = hour_key(metric_key, ctx.now_ms.div_euclid(HOUR_MS) - KEPT_HOURS);
    let (oldest, _) =
        ctx.records::<Hour>(DATA).scan(Scan::of(DATA, metric_key, DROPPED_AT_ONCE)).await?;
    for Found { key, .. } in oldest.into_iter().filter(|found| found.key < first_kept) {
        batch.remove(DATA, key, Expect::Any);
    }
    Ok(())
}

/// The metric's points that begin in `from_ms..to_ms`, in their order; those of one unit if it is given.
pub(crate) async fn read(
    ctx: &Ctx,
    metric: &Metric,
    unit: Option<&str>,
    from_ms: i64,
    to_ms: i64,
) -> Result<Vec<Point>, Error> {
    let metric_key = metric.key(&ctx.region);
    let (first, last) = (from_ms.max(0).div_euclid(HOUR_MS), to_ms.max(0).div_euclid(HOUR_MS));
    let last_key = hour_key(&metric_key, last);
    // Strictly after the hour before.
    let mut after = Some(format!("{}{SEPARATOR}", hour_key(&metric_key, first.saturating_sub(1))));
    let mut points = Vec::new();
    while let Some(cursor) = after {
        let mut scan = Scan::of(DATA, &metric_key, 100);
        scan.after = Some(&cursor);
        let (hours, next) = ctx.records::<Hour>(DATA).scan(scan).await?;
        let is_past = hours.last().is_some_and(|found| found.key >= last_key);
        let wanted = hours.into_iter().flat_map(|found| found.value.points).filter(|point| {
            (from_ms..to_ms).contains(&point.at_ms) && unit.is_none_or(|unit| unit == point.unit)
        });
        points.extend(wanted);
        after = next.filter(|_| !is_past);
    }
    Ok(points)
}

/// Whether the metric has points since then.
pub(crate) async fn has_since(ctx: &Ctx, metric: &Metric, from_ms: i64) -> Result<bool, Error> {
    Ok(!read(ctx, metric, None, from_ms, i64::MAX).await?.is_empty())
}

/// The points summed up by periods that begin at `from_ms` plus multiples of `period_ms`.
pub(crate) fn by_period(
    points: &[Point],
    from_ms: i64,
    period_ms: i64,
) -> BTreeMap<i64, (Summary, String)> {
    let mut periods: BTreeMap<i64, (Summary, String)> = BTreeMap::new();
    for point in points {
        let begin_ms = from_ms + floor(point.at_ms - from_ms, period_ms);
        let (summary, unit) = periods.entry(begin_ms).or_default();
        summary.absorb(&point.summary);
        unit.clone_from(&point.unit);
    }
    periods
}
