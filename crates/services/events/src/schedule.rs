//! Schedules: one durable work item per scheduled rule, due at the next firing.

use crate::event::{Envelope, to_targets};
use crate::records::{RULE, Rule, unchanged};
use calendar::Expression;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use service::{AwsError, Ctx, WorkItem, WorkOutcome};
use store::Batch;

/// Work kind of a rule's schedule; the key is the rule's record key.
pub(crate) const WORK: &str = "events/schedule";

/// The tag that says what happens to firings that were missed.
const MISSED_RUNS_TAG: &str = "refit:missed-runs";
/// A firing this late was missed: the server was down or the machine slept.
const MISSED_AFTER_MS: i64 = 60_000;
/// The most missed firings that `refit:missed-runs` = `all` makes up for at once.
const MISSED_MOST: usize = 1000;
/// The end of 2199.
// AWS: eb-cron-expressions: years are 1970 to 2199.
const LAST_MS: i64 = 7_258_118_399_000;
/// A clock that goes back further was wrong before.
const SET_BACK_MS: i64 = 3_600_000;

/// The rule's next firing after `after_ms`, Unix milliseconds; `None` when it has no schedule, is disabled, or never
/// fires again. Rules count in UTC.
pub fn next_firing_ms(expression: &str, anchor_ms: i64, after_ms: i64) -> Option<i64> {
    Expression::parse_rule(expression).ok()?.next_after(after_ms, anchor_ms, &TimeZone::UTC)
}

/// The work item for the rule's next firing after `after_ms`. Its body is the instant: a firing that is tried again
/// later is still that instant's.
pub(crate) fn item(rule: &Rule, after_ms: i64) -> Option<WorkItem> {
    let expression = rule.schedule_expression.as_deref().filter(|_| rule.enabled)?;
    let due_ms = next_firing_ms(expression, rule.anchor_ms, after_ms)?;
    Some(WorkItem::new(WORK, rule.key(), &rule.region, due_ms, &due_ms))
}

/// Fires: delivers to every target, and sets the next firing, in one commit.
pub(crate) async fn fire(ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
    let Some(found) = ctx.records::<Rule>(RULE).get(&item.key).await? else {
        return Ok(WorkOutcome::done());
    };
    let mut outcome = WorkOutcome::done();
    // What has been answered about the rule holds for this firing.
    unchanged(&mut outcome.batch, &found);
    let rule = found.value;
    let due_ms = item.body.as_i64().unwrap_or(item.due_ms);
    for fired_ms in firings(&rule, due_ms, ctx.now_ms) {
        tracing::info!(rule = rule.name, targets = rule.targets.len(), scheduled = %crate::event::time_text(fired_ms), "schedule fires");
        let event = Envelope {
            id: &ctx.uuid(),
            source: "aws.events",
            detail_type: "Scheduled Event",
            time_ms: fired_ms,
            resources: vec![Value::from(rule.arn.clone())],
            detail: json!({}),
        };
        outcome.work.extend(to_targets(ctx, &rule, &event.event(ctx), 0));
    }
    outcome.again = self::item(&rule, ctx.now_ms.max(due_ms));
    Ok(outcome)
}

/// The instants to fire for now: those that are on time, and what the missed-run policy makes of the others.
fn firings(rule: &Rule, due_ms: i64, now_ms: i64) -> Vec<i64> {
    let Some(expression) = rule.schedule_expression.as_deref().filter(|_| rule.enabled) else {
        return Vec::new();
    };
    let Ok(expression) = Expression::parse_rule(expression) else { return Vec::new() };
    let (mut late, on_time): (Vec<i64>, Vec<i64>) = instants(&expression, rule, due_ms, now_ms)
        .into_iter()
        .partition(|instant| now_ms.saturating_sub(*instant) > MISSED_AFTER_MS);
    if late.is_empty() {
        return on_time;
    }
    let policy = rule.tags.get(MISSED_RUNS_TAG).map_or("latest", String::as_str);
    tracing::warn!(rule = rule.name, missed = late.len(), policy, "schedule has missed firings");
    match policy {
        "all" => {
            late.extend(on_time);
            late
        }
        "skip" => on_time,
        _ if on_time.is_empty() => late.pop().into_iter().collect(),
        _ => on_time,
    }
}

/// The instants from the due one until now, in order; of too many the latest.
fn instants(expression: &Expression, rule: &Rule, due_ms: i64, now_ms: i64) -> Vec<i64> {
    let (due_ms, now_ms) = (due_ms.clamp(0, LAST_MS), now_ms.clamp(0, LAST_MS));
    // Looks back further and further, so that a rule of every minute that slept for years is no work.
    let mut window_ms: i64 = 3_600_000;
    loop {
        let from_ms = now_ms.saturating_sub(window_ms).max(due_ms.saturating_sub(1));
        let mut found: Vec<i64> = expression
            .upcoming(from_ms, rule.anchor_ms, &TimeZone::UTC)
            .take_while(|instant| *instant <= now_ms)
            .collect();
        if found.len() >= MISSED_MOST || from_ms < due_ms {
            return found.split_off(found.len().saturating_sub(MISSED_MOST));
        }
        window_ms = window_ms.saturating_mul(2);
    }
}

/// Before anything fires: schedules that a clock in the future had put off come back. A clock that is set back by less
/// than [`SET_BACK_MS`] changes nothing, so that no instant fires twice.
pub(crate) async fn recover(ctx: &Ctx) -> Result<(), AwsError> {
    for item in ctx.records::<WorkItem>("work").all(&format!("{WORK}:")).await? {
        // A rule that cannot be read stays alone.
        let Ok(Some(mut rule)) = ctx.records::<Rule>(RULE).get(&item.value.key).await else {
            continue;
        };
        let is_ahead = |ms: i64| ms.saturating_sub(ctx.now_ms) > SET_BACK_MS;
        let mut batch = Batch::new();
        if is_ahead(rule.value.anchor_ms) {
            rule.value.anchor_ms = ctx.now_ms;
            batch.put(RULE, &rule.key, &rule.value, rule.expect);
        }
        let Some(next) = self::item(&rule.value, ctx.now_ms) else { continue };
        if item.value.due_ms.saturating_sub(next.due_ms) <= SET_BACK_MS {
            continue;
        }
        tracing::warn!(rule = rule.value.name, "the clock was set back: the schedule begins anew");
        batch.put("work", &item.key, &next, item.expect);
        ctx.kit
            .store
            .commit(batch)
            .await
            .map_err(|error| AwsError::fault("InternalFailure", error.to_string(), 500))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
