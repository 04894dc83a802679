//! The end of an execution.

use std::sync::Arc;

use crate::effect::Effect;
use crate::execution::{MachineKind, Status};
use crate::fan_out::call_off;
use crate::fault::{Halt, TIMEOUT};
use crate::history::{Detail, Failure};
use crate::stage::{MAX_EVENTS, Snapshot, Stage};
use crate::{Data, Key};

/// Ends with an output.
pub(crate) fn succeed(
    stage: &mut Stage<'_>,
    previous_event: u64,
    output: Data,
) -> Result<(), Halt> {
    stage.event(previous_event, Detail::ExecutionSucceeded { output: output.clone() })?;
    stage.progress.output = Some(output);
    end(stage, Status::Succeeded, Failure::default());
    Ok(())
}

/// Ends with an error nobody caught.
///
/// `before` is how everything stood when the error happened; without it nothing is left to redrive.
pub(crate) fn fail(
    stage: &mut Stage<'_>,
    previous_event: u64,
    failure: Failure,
    before: Option<Snapshot>,
) {
    stage.last_event(previous_event, Detail::ExecutionFailed(failure.clone()));
    if let Some(before) = before.filter(|_| may_be_redriven(stage)) {
        stage.leave(before);
    }
    end(stage, Status::Failed, failure);
}

/// Ends because the history is full.
// AWS: measured by an independent emulator: event, chain, error and cause.
pub(crate) fn history_full(stage: &mut Stage<'_>) {
    let cause =
        format!("The execution reached the maximum number of history events ({MAX_EVENTS}).");
    let failure = Failure { error: Some("States.Runtime".into()), cause: Some(cause.into()) };
    let previous_event = stage.progress.next_event_id.saturating_sub(1);
    fail(stage, previous_event, failure, None);
}

/// Only Standard executions can be redriven.
fn may_be_redriven(stage: &Stage<'_>) -> bool {
    stage.base.identity.kind == MachineKind::Standard
}

/// Leaves everything as it is for a redrive.
fn leave_all(stage: &mut Stage<'_>) {
    if may_be_redriven(stage) {
        let now = stage.snapshot(None);
        stage.leave(now);
    }
}

/// Ends from outside.
pub(crate) fn abort(stage: &mut Stage<'_>, error: Option<Arc<str>>, cause: Option<Arc<str>>) {
    let failure = Failure { error, cause };
    // UNVERIFIED: the chain; a timeout follows from nothing, and this is its sibling.
    stage.last_event(0, Detail::ExecutionAborted(failure.clone()));
    leave_all(stage);
    end(stage, Status::Aborted, failure);
}

/// Ends because the time is over.
// AWS: measured by an independent emulator: the event names the error and follows from nothing;
// the execution itself has neither error nor cause.
pub(crate) fn time_out(stage: &mut Stage<'_>) {
    let failure = Failure { error: Some(TIMEOUT.into()), cause: None };
    stage.last_event(0, Detail::ExecutionTimedOut(failure));
    leave_all(stage);
    end(stage, Status::TimedOut, Failure::default());
}

/// Calls everything off and says so.
fn end(stage: &mut Stage<'_>, status: Status, failure: Failure) {
    for id in stage.frame_ids() {
        call_off(stage, id);
        stage.remove(id);
    }
    stage.remove_joins();
    stage.runnable.clear();
    if stage.progress.timeout_at_ms.take().is_some() {
        stage.effects.push(Effect::ClearTimer { key: Key::EXECUTION_TIMEOUT });
    }
    if stage.progress.cut_at_ms.take().is_some() {
        let key = stage.progress.cut_key();
        stage.effects.push(Effect::ClearTimer { key });
    }
    let progress = &mut stage.progress;
    progress.status = status;
    progress.stop_ms = Some(stage.now_ms);
    progress.error = failure.error;
    progress.cause = failure.cause;
    let (error, cause) = (progress.error.clone(), progress.cause.clone());
    let output = progress.output.clone();
    stage.effects.push(Effect::Finish { status, output, error, cause });
}
