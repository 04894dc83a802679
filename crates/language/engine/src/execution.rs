//! The state of one execution as data: what is stored and read back.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::changes::Changes;
use crate::effect::Effect;
use crate::frame::{Frame, Join, Phase};
use crate::{Data, FrameId, Key, KeyKind};

/// Version of the stored form; raised when a field changes its meaning.
pub const STORED_VERSION: u16 = 1;

/// Type of the state machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MachineKind {
    /// Durable, with history, up to a year.
    Standard,
    /// Short, logged.
    Express,
}

/// How an execution stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Not over.
    #[default]
    Running,
    /// Ended by reaching an end.
    Succeeded,
    /// Ended by an error nobody caught.
    Failed,
    /// Ended by its `TimeoutSeconds`.
    TimedOut,
    /// Stopped from outside.
    Aborted,
}

impl Status {
    /// AWS's word: `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT`, `ABORTED`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }

    /// Whether nothing can happen any more.
    pub fn is_terminal(self) -> bool {
        self != Self::Running
    }
}

/// What never changes about an execution; stored once, when it is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// ARN of the execution.
    pub execution_arn: Arc<str>,
    /// Name of the execution.
    pub name: Arc<str>,
    /// ARN of the state machine.
    pub state_machine_arn: Arc<str>,
    /// Name of the state machine.
    pub state_machine_name: Arc<str>,
    /// Role the execution acts with.
    pub role_arn: Arc<str>,
    /// ARN of the alias the execution was started by, if any (shown in `ExecutionStarted`).
    #[serde(default)]
    pub state_machine_alias_arn: Option<Arc<str>>,
    /// ARN of the version the execution was started by, if any (shown in `ExecutionStarted`).
    #[serde(default)]
    pub state_machine_version_arn: Option<Arc<str>>,
    /// Standard or Express.
    pub kind: MachineKind,
    /// Input, with the text it was sent with.
    pub input: Data,
    /// When it was started, Unix milliseconds.
    pub start_ms: i64,
}

impl Identity {
    /// The region of the execution, out of its ARN; empty when the ARN has none.
    pub fn region(&self) -> &str {
        self.execution_arn.split(':').nth(3).unwrap_or_default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_running(status: &Status) -> bool {
    *status == Status::Running
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_true(flag: &bool) -> bool {
    *flag
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What changes with every turn; small but for the output, which comes with the last turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// How the execution stands.
    #[serde(default, skip_serializing_if = "is_running")]
    pub status: Status,
    /// Whether the first turn has been taken.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub started: bool,
    /// Output, once succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Data>,
    /// Error, once failed, timed out or aborted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Arc<str>>,
    /// Cause of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Arc<str>>,
    /// When it ended, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_ms: Option<i64>,
    /// Number of redrives.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub redrive_count: u32,
    /// When it was last redriven, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redrive_ms: Option<i64>,
    /// Id of the next history event; the first is 1.
    pub next_event_id: u64,
    /// Id of the next frame.
    pub next_frame_id: u64,
    /// When the execution's own `TimeoutSeconds` ends, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_at_ms: Option<i64>,
    /// How many turns were cut; the timer of the last is outstanding while `cut_at_ms` is set.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cuts: u32,
    /// When the last turn was cut and has to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_at_ms: Option<i64>,
}

/// One execution: data only. Give it to [`crate::decide`] with the program it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Version of the stored form.
    pub v: u16,
    /// What never changes.
    pub identity: Identity,
    /// What changes with every turn.
    pub progress: Progress,
    /// Running sequences of states.
    pub frames: BTreeMap<FrameId, Frame>,
    /// Progress of the frames that wait for children, apart from the frames because it changes
    /// with every child while the frame (with the items) does not.
    pub joins: BTreeMap<FrameId, Join>,
    /// What was going on when it ended without success: what a redrive goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remains: Option<Remains>,
}

/// Frames and joins of an execution at the moment that ended it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Remains {
    /// The frames, those that had failed included.
    pub frames: Vec<(FrameId, Frame)>,
    /// How far their children were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joins: Vec<(FrameId, Join)>,
}

impl Execution {
    /// A new execution, before its first turn ([`crate::Input::Start`]).
    pub fn new(identity: Identity) -> Self {
        let progress = Progress {
            status: Status::Running,
            started: false,
            output: None,
            error: None,
            cause: None,
            stop_ms: None,
            redrive_count: 0,
            redrive_ms: None,
            next_event_id: 1,
            next_frame_id: 0,
            timeout_at_ms: None,
            cuts: 0,
            cut_at_ms: None,
        };
        let (frames, joins) = (BTreeMap::new(), BTreeMap::new());
        Self { v: STORED_VERSION, identity, progress, frames, joins, remains: None }
    }

    /// Takes over what a turn changed.
    pub fn apply(&mut self, changes: Changes) {
        if let Some(progress) = changes.progress {
            self.progress = progress;
        }
        if changes.remains.is_some() || !self.progress.status.is_terminal() {
            self.remains = changes.remains;
        }
        for id in changes.removed {
            self.frames.remove(&id);
            self.joins.remove(&id);
        }
        for id in changes.joined {
            self.joins.remove(&id);
        }
        self.frames.extend(changes.frames);
        self.joins.extend(changes.joins);
    }

    /// The task that waits for this token, if it still does.
    pub fn task_with_token(&self, token: &str) -> Option<Key> {
        let (_, key) = crate::token::read(token)?;
        let frame = self.frames.get(&key.frame)?;
        match &frame.phase {
            Phase::WaitingTask(wait)
                if wait.task.key == key && wait.task.task_token.as_deref() == Some(token) =>
            {
                Some(key)
            }
            _ => None,
        }
    }

    /// What was asked for and has not been answered: to be asked for again after a restart, with
    /// the original keys and times.
    pub fn outstanding(&self) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.progress.status.is_terminal() {
            return effects;
        }
        if let Some(due_ms) = self.progress.timeout_at_ms {
            effects.push(Effect::SetTimer { key: Key::EXECUTION_TIMEOUT, due_ms });
        }
        if let Some(due_ms) = self.progress.cut_at_ms {
            effects.push(Effect::SetTimer { key: self.progress.cut_key(), due_ms });
        }
        for (id, frame) in &self.frames {
            let key = frame.key(*id, KeyKind::Task);
            match &frame.phase {
                Phase::WaitingTask(wait) => {
                    effects.push(Effect::ScheduleTask(wait.task.clone()));
                    wait.timers(&mut effects);
                }
                Phase::WaitingTimer { due_ms } => effects
                    .push(Effect::SetTimer { key: key.of_kind(KeyKind::Wait), due_ms: *due_ms }),
                Phase::WaitingRetry { due_ms } => effects
                    .push(Effect::SetTimer { key: key.of_kind(KeyKind::Retry), due_ms: *due_ms }),
                Phase::WaitingMapRun(run) => effects.push(Effect::StartMapRun(run.clone())),
                Phase::Ready | Phase::WaitingChildren(_) | Phase::Done { .. } => {}
            }
        }
        effects
    }
}

impl Progress {
    pub(crate) fn cut_key(&self) -> Key {
        Key { kind: KeyKind::Continue, frame: FrameId::TOP, entry: self.cuts, attempt: 0 }
    }
}
