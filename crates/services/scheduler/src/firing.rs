//! Firing: one durable work item per schedule, due at its next instant; one per call that a firing makes.

use crate::deliver::{self, Delivery};
use crate::records::{GROUP, Group, SCHEDULE, Schedule, group_key};
use calendar::Expression;
use service::{AwsError, Ctx, Found, WorkItem, WorkOutcome};
use std::collections::BTreeMap;
use store::Batch;

/// Work kind of a schedule; the key is the schedule's record key.
pub(crate) const WORK: &str = "scheduler/schedule";

/// The group's tag that says what happens to firings that were missed.
const MISSED_RUNS_TAG: &str = "refit:missed-runs";
/// A firing this late was missed: the server was down or the machine slept.
const MISSED_AFTER_MS: i64 = 60_000;
/// The most missed firings that `refit:missed-runs` = `all` makes up for at once.
const MISSED_MOST: usize = 1000;
/// The end of 2199.
// AWS: schedule-types.html: years are 1970 to 2199.
const LAST_MS: i64 = 7_258_118_399_000;

/// The schedule's next instant after `after_ms`, Unix milliseconds.
pub(crate) fn next_ms(schedule: &Schedule, after_ms: i64) -> Option<i64> {
    if !schedule.enabled {
        return None;
    }
    let zone = calendar::time_zone(&schedule.time_zone).ok()?;
    let expression = Expression::parse(&schedule.expression).ok()?;
    let not_before = schedule.start_ms.map_or(after_ms, |start| after_ms.max(start - 1));
    let next = expression.next_after(not_before, schedule.anchor_ms(), &zone)?;
    schedule.end_ms.is_none_or(|end| next <= end).then_some(next)
}

/// The work item for the next firing after `after_ms`. Its body is the instant: the window only puts the firing off.
pub(crate) fn item(ctx: &Ctx, schedule: &Schedule, after_ms: i64) -> Option<WorkItem> {
    let instant_ms = next_ms(schedule, after_ms)?;
    let late_ms = match schedule.window_ms {
        0 => 0,
        window_ms => {
            let uuid = ctx.uuid();
            let random = u32::from_str_radix(uuid.get(..8).unwrap_or("0"), 16).unwrap_or_default();
            (i128::from(window_ms) * i128::from(random) / (i128::from(u32::MAX) + 1)) as i64
        }
    };
    let due_ms = instant_ms.saturating_add(late_ms);
    Some(WorkItem::new(WORK, schedule.key(), &schedule.region, due_ms, &instant_ms))
}

/// A clock that goes back further was wrong before.
const SET_BACK_MS: i64 = 3_600_000;

/// Before anything fires: schedules that a clock in the future had put off come back. A clock that is set back by less than
/// [`SET_BACK_MS`] changes nothing, so that no instant fires twice.
pub(crate) async fn recover(ctx: &Ctx) -> Result<(), AwsError> {
    for item in ctx.records::<WorkItem>("work").all(&format!("{WORK}:")).await? {
        // A schedule that cannot be read stays alone.
        let Ok(Some(mut found)) = ctx.records::<Schedule>(SCHEDULE).get(&item.value.key).await
        else {
            continue;
        };
        let mut batch = Batch::new();
        if found.value.created_ms.saturating_sub(ctx.now_ms) > SET_BACK_MS {
            found.value.created_ms = ctx.now_ms;
            batch.put(SCHEDULE, &found.key, &found.value, found.expect);
        }
        let Some(next) = self::item(ctx, &found.value, ctx.now_ms) else { continue };
        let instant_ms = |item: &WorkItem| item.body.as_i64().unwrap_or(item.due_ms);
        if instant_ms(&item.value).saturating_sub(instant_ms(&next)) <= SET_BACK_MS {
            continue;
        }
        let schedule = &found.value.name;
        tracing::warn!(schedule, "the clock was set back: the schedule begins anew");
        batch.put("work", &item.key, &next, item.expect);
        ctx.commit(batch, Vec::new(), &[])
            .await
            .map_err(|error| AwsError::fault("InternalFailure", error.to_string(), 500))?;
    }
    Ok(())
}

/// Fires: one call for each instant that has come, and the next due time, in one commit.
pub(crate) async fn fire(ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
    let Some(found) = ctx.records::<Schedule>(SCHEDULE).get(&item.key).await? else {
        return Ok(WorkOutcome::done());
    };
    let mut outcome = WorkOutcome::done();
    // What has been answered about the schedule holds for this firing.
    outcome.batch.checks.push((SCHEDULE.to_owned(), found.key.clone(), found.expect));
    let first_ms = item.body.as_i64().unwrap_or(item.due_ms);
    let policy = policy(ctx, &found.value).await?;
    for instant_ms in instants(&found.value, first_ms, ctx.now_ms, &policy) {
        tracing::info!(schedule = found.value.name, scheduled_ms = instant_ms, "schedule fires");
        outcome.work.push(delivery(ctx, &found.value, instant_ms));
    }
    outcome.again = self::item(ctx, &found.value, ctx.now_ms.max(first_ms));
    if outcome.again.is_none() && found.value.deletes_itself {
        remove(&mut outcome, &found);
    }
    Ok(outcome)
}

fn remove(outcome: &mut WorkOutcome, found: &Found<Schedule>) {
    tracing::info!(schedule = found.value.name, "schedule is completed and deletes itself");
    outcome.batch.checks.clear();
    outcome.batch.remove(SCHEDULE, &found.key, found.expect);
}

async fn policy(ctx: &Ctx, schedule: &Schedule) -> Result<String, AwsError> {
    let key = group_key(&schedule.region, &schedule.group);
    let group = ctx.records::<Group>(GROUP).get(&key).await?;
    let tags: BTreeMap<String, String> = group.map(|group| group.value.tags).unwrap_or_default();
    Ok(tags.get(MISSED_RUNS_TAG).cloned().unwrap_or_else(|| "latest".to_owned()))
}

fn delivery(ctx: &Ctx, schedule: &Schedule, instant_ms: i64) -> WorkItem {
    let unique = ctx.uuid();
    let delivery = Delivery {
        schedule_arn: schedule.arn.clone(),
        target: schedule.target.clone(),
        instant_ms,
        first_ms: ctx.now_ms,
        execution_id: unique.replace('-', "").chars().take(16).collect(),
        given_up: None,
    };
    let key = format!("{}/{unique}", schedule.key());
    WorkItem::new(deliver::WORK, key, &schedule.region, ctx.now_ms, &delivery)
}

/// The instants to fire for now: those that are on time, and what the missed-run policy makes of the others.
fn instants(schedule: &Schedule, first_ms: i64, now_ms: i64, policy: &str) -> Vec<i64> {
    let late_after_ms = MISSED_AFTER_MS + schedule.window_ms;
    let is_late = |instant: &i64| now_ms.saturating_sub(*instant) > late_after_ms;
    let (mut late, on_time): (Vec<i64>, Vec<i64>) =
        due(schedule, first_ms, now_ms).into_iter().partition(is_late);
    if late.is_empty() {
        return on_time;
    }
    tracing::warn!(
        schedule = schedule.name,
        missed = late.len(),
        policy,
        "schedule has missed firings"
    );
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

/// The instants from the first until now, in order; of too many the latest.
fn due(schedule: &Schedule, first_ms: i64, now_ms: i64) -> Vec<i64> {
    let (first_ms, now_ms) = (first_ms.clamp(0, LAST_MS), now_ms.clamp(0, LAST_MS));
    // Looks back further and further, so that a schedule of every minute that slept for years is no work.
    let mut window_ms: i64 = 3_600_000;
    loop {
        let from_ms = now_ms.saturating_sub(window_ms).max(first_ms.saturating_sub(1));
        let mut found = Vec::new();
        let mut at_ms = from_ms;
        while let Some(next) = next_ms(schedule, at_ms).filter(|next| *next <= now_ms) {
            found.push(next);
            at_ms = next;
        }
        if found.len() >= MISSED_MOST || from_ms < first_ms {
            return found.split_off(found.len().saturating_sub(MISSED_MOST));
        }
        window_ms = window_ms.saturating_mul(2);
    }
}

#[cfg(test)]
mod tests;
