//! Evaluating an alarm: a durable work item that is due again while there is data in the alarm's range.

use crate::act::transition;
use crate::alarm::{ALARM, Alarm, Config};
use crate::data::{self, Point, floor};
use crate::error::Error;
use crate::evaluate::{Sample, judge, range_periods};
use crate::metric::Metric;
use service::{AwsError, Ctx, WorkItem, WorkOutcome};

/// Work kind of an alarm's next evaluation; the key is the alarm's record key.
pub(crate) const WORK: &str = "cloudwatch/alarm";

const MINUTE_MS: i64 = 60_000;
/// So long after a period ended it is looked at: what services counted in it has been kept by then.
const LATER_MS: i64 = 1_000;
// AWS: PutMetricData: up to two hours in the future.
pub(crate) const FUTURE_MS: i64 = 2 * 60 * MINUTE_MS;

/// How often the alarm is evaluated, milliseconds.
// AWS: "Evaluating an alarm": every minute, whatever the period; alarms on shorter periods every period.
fn step_ms(config: &Config) -> i64 {
    config.period.saturating_mul(1000).clamp(1000, MINUTE_MS)
}

/// The next instant after `now_ms` at which the alarm is evaluated.
fn next_ms(config: &Config, now_ms: i64) -> i64 {
    let step_ms = step_ms(config);
    floor(now_ms - LATER_MS, step_ms) + step_ms + LATER_MS
}

/// The evaluation of the alarm at once.
pub(crate) fn now(ctx: &Ctx, alarm: &Alarm) -> WorkItem {
    WorkItem::new(WORK, alarm.key(), &alarm.region, ctx.now_ms, &())
}

/// The evaluation of the alarm when the current period is over.
pub(crate) fn soon(ctx: &Ctx, alarm: &Alarm) -> WorkItem {
    let due_ms = next_ms(&alarm.config, ctx.now_ms);
    WorkItem::new(WORK, alarm.key(), &alarm.region, due_ms, &())
}

/// The evaluations that new points ask for.
pub(crate) async fn of_points(ctx: &Ctx, points: &[(Metric, i64)]) -> Result<Vec<WorkItem>, Error> {
    let alarms = crate::alarm::all(ctx).await?.into_iter().map(|found| found.value);
    let mut items = Vec::new();
    for alarm in alarms {
        let Ok(metric) = alarm.config.metric() else { continue };
        let own = points.iter().filter(|(own, _)| *own == metric).map(|(_, at_ms)| *at_ms);
        let Some(earliest_ms) = own.min() else { continue };
        // What belongs to a period that is over is looked at now.
        let is_over = earliest_ms < floor(ctx.now_ms, step_ms(&alarm.config));
        items.push(if is_over { now(ctx, &alarm) } else { soon(ctx, &alarm) });
    }
    Ok(items)
}

/// Evaluates the alarm.
pub(crate) async fn run(ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
    let Some(found) = ctx.records::<Alarm>(ALARM).get(&item.key).await? else {
        return Ok(WorkOutcome::done());
    };
    let mut alarm = found.value;
    let mut outcome = WorkOutcome::done();
    let config = &alarm.config;
    let period_ms = config.period.saturating_mul(1000).max(1000);
    let end_ms = floor(ctx.now_ms, step_ms(config));
    let range_ms = range_periods(config).saturating_mul(period_ms);
    let from_ms = end_ms.saturating_sub(range_ms);
    let unit = config.unit.as_deref();
    let to_ms = ctx.now_ms.saturating_add(FUTURE_MS);
    let points = data::read(ctx, &config.metric()?, unit, from_ms, to_ms).await?;
    let samples = samples(config, &points, end_ms, period_ms);
    if !points.is_empty() {
        outcome.again = Some(soon(ctx, &alarm));
    }
    let verdict = judge(config, &samples, &alarm.state, end_ms, ctx.now_ms);
    if let Some(verdict) = verdict.filter(|verdict| verdict.state != alarm.state) {
        tracing::info!(
            alarm = config.alarm_name,
            state = verdict.state,
            verdict.reason,
            "alarm changes"
        );
        let data = Some(verdict.data.to_string());
        let change = transition(ctx, &mut alarm, verdict.state, verdict.reason, data).await?;
        outcome.work.extend(change.work);
        outcome.batch.extend(change.batch);
        outcome.batch.put(ALARM, &item.key, &alarm, found.expect);
    } else {
        // What has been answered about the alarm holds for this evaluation.
        outcome.batch.checks.push((ALARM.to_owned(), item.key.clone(), found.expect));
    }
    Ok(outcome)
}

/// The periods that are over and have data, the latest first.
fn samples(config: &Config, points: &[Point], end_ms: i64, period_ms: i64) -> Vec<Sample> {
    let over: Vec<Point> = points.iter().filter(|point| point.at_ms < end_ms).cloned().collect();
    let Some(statistic) = config.statistic() else { return Vec::new() };
    let periods = data::by_period(&over, end_ms, period_ms);
    let sample = |(at_ms, (summary, _)): (i64, (service::Summary, String))| {
        let value = statistic.of(&summary)?;
        Some(Sample { age: (end_ms - at_ms) / period_ms, at_ms, value, count: summary.count })
    };
    periods.into_iter().rev().filter_map(sample).collect()
}
