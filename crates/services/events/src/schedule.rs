//! Schedules: one durable work item per scheduled rule, due at the next firing.

use crate::event::{Envelope, to_targets};
use crate::records::{RULE, Rule};
use calendar::Expression;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use service::{AwsError, Ctx, WorkItem, WorkOutcome};

/// Work kind of a rule's schedule; the key is the rule's record key.
pub(crate) const WORK: &str = "events/schedule";

/// The tag that says what happens to firings that were missed.
const MISSED_RUNS_TAG: &str = "refit:missed-runs";
/// A firing this late was missed: the server was down or the machine slept.
const MISSED_AFTER_MS: i64 = 60_000;
/// The most missed firings that `refit:missed-runs` = `all` makes up for at once.
const MISSED_MOST: usize = 1000;

/// The rule's next firing after `after_ms`, Unix milliseconds; `None` when it has no schedule, is disabled, or never
/// fires again. Rules count in UTC.
pub fn next_firing_ms(expression: &str, anchor_ms: i64, after_ms: i64) -> Option<i64> {
    Expression::parse_rule(expression).ok()?.next_after(after_ms, anchor_ms, &TimeZone::UTC)
}

/// The work item for the rule's next firing after `after_ms`.
pub(crate) fn item(rule: &Rule, after_ms: i64) -> Option<WorkItem> {
    let expression = rule.schedule_expression.as_deref().filter(|_| rule.enabled)?;
    let due_ms = next_firing_ms(expression, rule.anchor_ms, after_ms)?;
    Some(WorkItem::new(WORK, rule.key(), &rule.region, due_ms, &Value::Null))
}

/// Fires: delivers to every target, and sets the next firing, in one commit.
pub(crate) async fn fire(ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
    let Some(rule) = ctx.records::<Rule>(RULE).get(&item.key).await? else {
        return Ok(WorkOutcome::done());
    };
    let rule = rule.value;
    let mut outcome = WorkOutcome::done();
    for fired_ms in firings(&rule, item.due_ms, ctx.now_ms) {
        tracing::info!(rule = rule.name, targets = rule.targets.len(), scheduled = %crate::event::time_text(fired_ms), "schedule fires");
        let event = Envelope {
            id: &ctx.uuid(),
            source: "aws.events",
            detail_type: "Scheduled Event",
            time_ms: fired_ms,
            resources: vec![Value::from(rule.arn.clone())],
            detail: json!({}),
        };
        outcome.work.extend(to_targets(ctx, &rule, &event.event(ctx), ctx.now_ms));
    }
    outcome.again = self::item(&rule, ctx.now_ms.max(item.due_ms));
    Ok(outcome)
}

/// The instants to fire for now: the due one, or what the missed-run policy makes of several.
fn firings(rule: &Rule, due_ms: i64, now_ms: i64) -> Vec<i64> {
    let Some(expression) = rule.schedule_expression.as_deref().filter(|_| rule.enabled) else {
        return Vec::new();
    };
    let mut instants = vec![due_ms];
    let mut last_ms = due_ms;
    while let Some(next_ms) = next_firing_ms(expression, rule.anchor_ms, last_ms) {
        if next_ms > now_ms || instants.len() >= MISSED_MOST {
            break;
        }
        instants.push(next_ms);
        last_ms = next_ms;
    }
    let is_late = |instant: &i64| now_ms - instant > MISSED_AFTER_MS;
    let missed = instants.iter().filter(|instant| is_late(instant)).count();
    if missed == 0 && instants.len() == 1 {
        return instants;
    }
    let policy = rule.tags.get(MISSED_RUNS_TAG).map_or("latest", String::as_str);
    tracing::warn!(rule = rule.name, missed, policy, "schedule has missed firings");
    match policy {
        "all" => instants,
        "skip" => instants.into_iter().filter(|instant| !is_late(instant)).collect(),
        _ => instants.pop().into_iter().collect(),
    }
}
