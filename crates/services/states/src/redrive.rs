//! Whether an execution can be redriven, and why not.

use crate::error::Error;
use crate::records::{MACHINE, Machine};
use driver::ExecutionRecord;
use engine::Status;
use service::Ctx;

/// How long after its end an execution can be redriven.
// AWS: redrive page: 14 days.
const PERIOD_MS: i64 = 14 * 86_400_000;
/// How long an execution may be open, from its start.
// AWS: quotas page: one year.
const LONGEST_MS: i64 = 365 * 86_400_000;
/// A history has room for a redrive while it is shorter.
// AWS: redrive page.
const FULL_HISTORY: u64 = 24_999;

/// Why it cannot be redriven; none when it can.
// AWS: API reference of DescribeExecution: the reasons.
pub(crate) fn reason(record: &ExecutionRecord, now_ms: i64) -> Option<String> {
    if matches!(record.status, Status::Running | Status::Succeeded) {
        return Some(format!("Execution is {} and cannot be redriven", record.status.word()));
    }
    let since = |ms: i64| now_ms.saturating_sub(ms);
    let text = if record.events >= FULL_HISTORY {
        "Execution history event limit exceeded"
    } else if since(record.identity.start_ms) > LONGEST_MS {
        "Execution has exceeded the max execution time"
    } else if since(record.stop_ms.unwrap_or(now_ms)) > PERIOD_MS {
        "Execution redrivable period exceeded"
    } else if let Some(reason) = &record.set_aside {
        return Some(format!("Execution was set aside by refit: {reason}"));
    } else if !record.has_remains {
        "Execution ended before refit implemented RedriveExecution"
    } else {
        return None;
    };
    Some(text.to_owned())
}

/// As [`reason`], the state machine looked at as well.
pub(crate) async fn why_not(ctx: &Ctx, record: &ExecutionRecord) -> Result<Option<String>, Error> {
    if let Some(reason) = reason(record, ctx.now_ms) {
        return Ok(Some(reason));
    }
    let arn = &record.identity.state_machine_arn;
    let machine = ctx.records::<Machine>(MACHINE).get(arn).await?;
    // UNVERIFIED: that a machine that is gone counts as one that goes.
    let is_there = machine.is_some_and(|machine| !machine.value.deleting);
    Ok((!is_there).then(|| "State machine is in DELETING status".to_owned()))
}

/// `redriveStatus` and the reason for one that is not redrivable; `is_child` of a map run.
// AWS: API reference of DescribeExecution: children are redriven by their run.
pub(crate) async fn shown(
    ctx: &Ctx,
    record: &ExecutionRecord,
    is_child: bool,
) -> Result<(&'static str, Option<String>), Error> {
    let reason = if is_child { reason(record, ctx.now_ms) } else { why_not(ctx, record).await? };
    Ok(match reason {
        Some(reason) => ("NOT_REDRIVABLE", Some(reason)),
        None if is_child => ("REDRIVABLE_BY_MAP_RUN", None),
        None => ("REDRIVABLE", None),
    })
}

/// `REDRIVABLE` or `NOT_REDRIVABLE`.
pub(crate) fn status(record: &ExecutionRecord, now_ms: i64) -> &'static str {
    if reason(record, now_ms).is_some() { "NOT_REDRIVABLE" } else { "REDRIVABLE" }
}
