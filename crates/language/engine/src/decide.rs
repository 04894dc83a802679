//! One turn of an execution.

use std::sync::Arc;

use asl::Program;

use crate::changes::Changes;
use crate::drive::{drive, run};
use crate::effect::{Effect, TaskKind};
use crate::execution::STORED_VERSION;
use crate::fault::Halt;
use crate::frame::{Frame, Phase, TaskStage, TaskWait, Variables};
use crate::here::Here;
use crate::history::{Detail, Failure, HistoryEvent};
use crate::quarantine::Quarantine;
use crate::stage::Stage;
use crate::states::distributed::{self, MapRunNews};
use crate::states::task::{TaskNews, after, news};
use crate::states::{begin, waited};
use crate::{Entropy, Execution, FrameId, Input, Key, KeyKind, MachineKind, finish, redrive};

/// What a turn did: to be stored as one, before any effect is carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// What happened, in order.
    pub events: Vec<HistoryEvent>,
    /// What to do outside, in order.
    pub effects: Vec<Effect>,
    /// The changed parts of the execution.
    pub changes: Changes,
}

/// Takes one turn: what `input` makes of `execution` at `now_ms` (Unix milliseconds).
///
/// # Errors
/// A broken invariant: nothing of the turn may be stored.
pub fn decide(
    execution: &Execution,
    program: &Program,
    input: Input,
    now_ms: i64,
    entropy: &mut Entropy,
) -> Result<Turn, Quarantine> {
    if execution.v > STORED_VERSION {
        return Err(Quarantine::UnknownVersion(execution.v));
    }
    let mut stage = Stage::new(execution, program, now_ms, entropy);
    let redrives = input == Input::Redrive && execution.remains.is_some();
    if redrives || !execution.progress.status.is_terminal() {
        match take(&mut stage, input).and_then(|()| run(&mut stage)) {
            Ok(()) => {}
            Err(Halt::Quarantine(broken)) => return Err(broken),
            Err(Halt::HistoryFull) => finish::history_full(&mut stage),
        }
    }
    let (events, effects, changes) = stage.changes();
    Ok(Turn { events, effects, changes })
}

fn take(stage: &mut Stage<'_>, input: Input) -> Result<(), Halt> {
    match input {
        Input::Start if !stage.progress.started => start(stage),
        Input::Start => Ok(()),
        Input::TaskSubmitted { key, output } => tell(stage, key, TaskNews::Submitted(output)),
        Input::ActivityStarted { key, worker } => tell(stage, key, TaskNews::Taken(worker)),
        Input::TaskHeartbeat { key } => tell(stage, key, TaskNews::Heartbeat),
        Input::TaskSucceeded { key, output } => tell(stage, key, TaskNews::Succeeded(output)),
        Input::TaskFailed { key, error, cause } => {
            tell(stage, key, TaskNews::Failed(Failure { error, cause }))
        }
        Input::MapRunSucceeded { key, output } => {
            map_run_ended(stage, key, MapRunNews::Succeeded(output))
        }
        Input::MapRunFailed { key, error, cause } => {
            map_run_ended(stage, key, MapRunNews::Failed(Failure { error, cause }))
        }
        Input::TimerFired { key } => fire(stage, key),
        Input::Stop { error, cause } => {
            finish::abort(stage, error, cause);
            Ok(())
        }
        Input::Redrive if stage.base.remains.is_some() => redrive::redrive(stage),
        Input::Redrive => Ok(()),
        Input::ExecutionTimedOut => {
            finish::time_out(stage);
            Ok(())
        }
    }
}

fn start(stage: &mut Stage<'_>) -> Result<(), Halt> {
    let identity = &stage.base.identity;
    let top = stage.program.top();
    let first = top.states.get(top.start_at).ok_or(Quarantine::UnknownMachine(0))?;
    stage.progress.started = true;
    stage.event(
        0,
        Detail::ExecutionStarted {
            input: identity.input.clone(),
            role_arn: Arc::clone(&identity.role_arn),
            alias_arn: identity.state_machine_alias_arn.clone(),
            version_arn: identity.state_machine_version_arn.clone(),
        },
    )?;
    set_timeout(stage, identity.start_ms);
    let id = stage.new_frames(1);
    let frame = Frame {
        parent: None,
        machine: 0,
        state: Arc::clone(&first.name),
        input: identity.input.clone(),
        variables: Arc::new(Variables::new()),
        entries: 0,
        entered_ms: stage.now_ms,
        entered_event: 0,
        before_entered_event: 0,
        // AWS: recorded: the first state follows from nothing.
        last_event: 0,
        retries: Vec::new(),
        phase: Phase::Ready,
    };
    stage.put(id, frame);
    stage.runnable.push_back(id);
    Ok(())
}

/// Longest run of an Express execution, in seconds.
// AWS: quotas page: five minutes.
const MAX_EXPRESS_SECONDS: u64 = 300;

/// Sets the timer of the execution's own `TimeoutSeconds`, or of its type, counted from `from_ms`.
pub(crate) fn set_timeout(stage: &mut Stage<'_>, from_ms: i64) {
    let own = stage.program.timeout_seconds;
    let seconds = match stage.base.identity.kind {
        MachineKind::Standard => own,
        MachineKind::Express => Some(own.unwrap_or(MAX_EXPRESS_SECONDS).min(MAX_EXPRESS_SECONDS)),
    };
    if let Some(seconds) = seconds {
        let due_ms = after(from_ms, seconds);
        stage.progress.timeout_at_ms = Some(due_ms);
        stage.effects.push(Effect::SetTimer { key: Key::EXECUTION_TIMEOUT, due_ms });
    }
}

/// Whether the task still waits for such news.
fn wanted(wait: &TaskWait, news: &TaskNews) -> bool {
    match news {
        TaskNews::Submitted(_) => {
            wait.stage < TaskStage::Submitted
                && matches!(wait.task.kind, TaskKind::Sync | TaskKind::WaitForTaskToken)
        }
        TaskNews::Taken(_) => wait.stage == TaskStage::Scheduled,
        // Heartbeats count from when somebody has taken the task.
        TaskNews::Heartbeat => {
            wait.stage > TaskStage::Scheduled && wait.task.heartbeat_seconds.is_some()
        }
        _ => true,
    }
}

fn tell(stage: &mut Stage<'_>, key: Key, what: TaskNews) -> Result<(), Halt> {
    if key.kind != KeyKind::Task {
        return Ok(());
    }
    let waits = stage.peek(key.frame).is_some_and(|frame| match &frame.phase {
        Phase::WaitingTask(wait) => wait.task.key == key && wanted(wait, &what),
        _ => false,
    });
    if waits { go_on(stage, key.frame, what) } else { Ok(()) }
}

fn go_on(stage: &mut Stage<'_>, id: FrameId, what: TaskNews) -> Result<(), Halt> {
    let mut frame = stage.take(id)?;
    let state = stage.state_of(&frame)?;
    let Phase::WaitingTask(wait) = std::mem::replace(&mut frame.phase, Phase::Ready) else {
        return Err(wrong_phase(id, &frame).into());
    };
    let token = wait.task.task_token.clone();
    let mut here = Here::new(stage, id, &mut frame, state, token.as_deref());
    let outcome = news(&mut here, wait, what);
    drive(stage, id, frame, outcome)
}

/// A map run has ended, if it is the one being waited for.
fn map_run_ended(stage: &mut Stage<'_>, key: Key, what: MapRunNews) -> Result<(), Halt> {
    let waits = stage.peek(key.frame).is_some_and(|frame| match &frame.phase {
        Phase::WaitingMapRun(run) => run.key == key,
        _ => false,
    });
    if !waits {
        return Ok(());
    }
    let id = key.frame;
    let mut frame = stage.take(id)?;
    let state = stage.state_of(&frame)?;
    let mut here = Here::new(stage, id, &mut frame, state, None);
    let outcome = distributed::news(&mut here, what);
    drive(stage, id, frame, outcome)
}

/// A timer is due; one that fires before its time is set again.
fn fire(stage: &mut Stage<'_>, key: Key) -> Result<(), Halt> {
    let Some(due_ms) = due(stage, key) else { return Ok(()) };
    if due_ms > stage.now_ms {
        stage.effects.push(Effect::SetTimer { key, due_ms });
        return Ok(());
    }
    match key.kind {
        KeyKind::ExecutionTimeout => {
            finish::time_out(stage);
            Ok(())
        }
        KeyKind::Continue => {
            stage.progress.cut_at_ms = None;
            let ready = stage.frame_ids().into_iter().filter(|id| {
                stage.peek(*id).is_some_and(|frame| matches!(frame.phase, Phase::Ready))
            });
            let ready: Vec<FrameId> = ready.collect();
            stage.runnable.extend(ready);
            Ok(())
        }
        KeyKind::Timeout => go_on(stage, key.frame, TaskNews::TimedOut { heartbeat: false }),
        KeyKind::Heartbeat => go_on(stage, key.frame, TaskNews::TimedOut { heartbeat: true }),
        KeyKind::Wait | KeyKind::Retry => {
            let mut frame = stage.take(key.frame)?;
            let state = stage.state_of(&frame)?;
            frame.phase = Phase::Ready;
            let mut here = Here::new(stage, key.frame, &mut frame, state, None);
            let outcome =
                if key.kind == KeyKind::Wait { waited(&mut here) } else { begin(&mut here) };
            drive(stage, key.frame, frame, outcome)
        }
        KeyKind::Task | KeyKind::MapRun => Ok(()),
    }
}

/// When the timer is due, if it is being waited for.
fn due(stage: &Stage<'_>, key: Key) -> Option<i64> {
    match key.kind {
        KeyKind::ExecutionTimeout => {
            return stage.progress.timeout_at_ms.filter(|_| key == Key::EXECUTION_TIMEOUT);
        }
        KeyKind::Continue => {
            return stage.progress.cut_at_ms.filter(|_| key == stage.progress.cut_key());
        }
        _ => {}
    }
    let frame = stage.peek(key.frame)?;
    let current = frame.key(key.frame, key.kind) == key;
    match &frame.phase {
        Phase::WaitingTimer { due_ms } if key.kind == KeyKind::Wait && current => Some(*due_ms),
        Phase::WaitingRetry { due_ms } if key.kind == KeyKind::Retry && current => Some(*due_ms),
        Phase::WaitingTask(wait) if wait.task.key.of_kind(key.kind) == key => match key.kind {
            KeyKind::Timeout => wait.timeout_at_ms,
            KeyKind::Heartbeat => wait.heartbeat_at_ms,
            _ => None,
        },
        _ => None,
    }
}

fn wrong_phase(id: FrameId, frame: &Frame) -> Quarantine {
    Quarantine::WrongPhase { frame: id.0, state: frame.state.to_string() }
}
