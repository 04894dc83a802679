//! Executions go some time after their end, with all that belongs to them; definitions when nothing needs them any more.
//!
//! Two durable work items, one for each. They remove a little, make room for others, and come again.

use crate::States;
use crate::error::Error;
use driver::{Forgotten, ForgottenDefinitions};
use serde_json::Value;
use service::{AwsError, Ctx, WorkItem, WorkOutcome};
use store::{Batch, Expect};

/// Work kind of forgetting executions. There is one item.
pub(crate) const WORK: &str = "states/forget";
/// Work kind of forgetting definitions. There is one item; its body is where to go on.
pub(crate) const DEFINITIONS_WORK: &str = "states/forgetDefinitions";

const KEY: &str = "all";
const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
/// After a start, others go first.
const AFTER_START_MS: i64 = 600_000;
/// Records removed in one commit.
const AT_ONCE: usize = 300;
/// The pause after a commit while there is more: whoever has a request goes first.
const PAUSE_MS: i64 = 200;
/// Definitions looked at in one run.
const DEFINITIONS_AT_ONCE: usize = 100;

/// Sees that both items are there, and that a shorter time than before takes effect soon.
pub(crate) async fn start(ctx: &Ctx) -> Result<(), AwsError> {
    let soon_ms = ctx.now_ms.saturating_add(AFTER_START_MS);
    let mut batch = Batch::new();
    for kind in [WORK, DEFINITIONS_WORK] {
        let new = WorkItem::new(kind, KEY, &ctx.region, soon_ms, &());
        let key = new.record_key();
        let found = ctx.records::<WorkItem>("work").get(&key).await?;
        if found.is_none_or(|found| found.value.due_ms > soon_ms) {
            batch.put("work", key, &new, Expect::Any);
        }
    }
    if batch.is_empty() {
        return Ok(());
    }
    ctx.kit
        .store
        .commit(batch)
        .await
        .map_err(|error| AwsError::fault("InternalFailure", error.to_string(), 500))
}

/// Removes some executions whose time is over.
pub(crate) async fn run(
    states: &States,
    ctx: &Ctx,
    item: &WorkItem,
) -> Result<WorkOutcome, AwsError> {
    let keep_ms = keep_ms(states);
    let before_ms = ctx.now_ms.saturating_sub(keep_ms);
    let forgotten = states.executions.forget(before_ms, AT_ONCE).await.map_err(Error::from)?;
    let Forgotten { batch, executions, is_more, next_end_ms } = forgotten;
    // What ends from now on stays for at least that long.
    let next_ms = next_end_ms.unwrap_or(ctx.now_ms).saturating_add(keep_ms).saturating_add(1);
    let due_ms = if is_more {
        ctx.now_ms.saturating_add(PAUSE_MS)
    } else {
        next_ms.max(ctx.now_ms.saturating_add(HOUR_MS))
    };
    metrics::EXECUTIONS_FORGOTTEN.add(executions);
    if executions > 0 {
        tracing::info!(
            executions,
            days = states.keep_days,
            "executions that ended long ago are forgotten"
        );
    }
    let again = WorkItem { due_ms, attempts: 0, ..item.clone() };
    Ok(WorkOutcome { again: Some(again), batch, ..WorkOutcome::default() })
}

/// Removes some definitions that nobody needs.
pub(crate) async fn run_definitions(
    states: &States,
    ctx: &Ctx,
    item: &WorkItem,
) -> Result<WorkOutcome, AwsError> {
    let before_ms = ctx.now_ms.saturating_sub(keep_ms(states));
    let executions = &states.executions;
    let forgotten =
        executions.forget_definitions(before_ms, item.body.as_str(), DEFINITIONS_AT_ONCE).await;
    let ForgottenDefinitions { batch, next } = forgotten.map_err(Error::from)?;
    let pause_ms = if next.is_some() { PAUSE_MS } else { DAY_MS };
    let due_ms = ctx.now_ms.saturating_add(pause_ms);
    let body = next.map_or(Value::Null, Value::from);
    let again = WorkItem { due_ms, attempts: 0, body, ..item.clone() };
    Ok(WorkOutcome { again: Some(again), batch, ..WorkOutcome::default() })
}

fn keep_ms(states: &States) -> i64 {
    i64::from(states.keep_days).saturating_mul(DAY_MS)
}
