//! Frames: the running sequences of states of an execution.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::effect::{Effect, ScheduleTask, TaskKind};
use crate::{Data, FrameId, Key, KeyKind, MapRun};

/// Variables assigned in one frame, by name.
pub type Variables = BTreeMap<Arc<str>, Data>;

/// Where a child frame belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The frame whose Parallel or Map state started this one.
    pub frame: FrameId,
    /// Which branch or item this is.
    pub index: u32,
}

/// One running sequence of states: the top level, a Parallel branch or an inline Map iteration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Where it belongs; none at the top level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// Number of the (sub-)machine within the program, counted in the order of the text.
    #[serde(default, skip_serializing_if = "is_none")]
    pub machine: u32,
    /// Name of the current state.
    pub state: Arc<str>,
    /// Input of the current state, before `InputPath`.
    pub input: Data,
    /// Variables assigned in this frame; outer ones are looked up in the parents.
    #[serde(default, skip_serializing_if = "no_variables")]
    pub variables: Arc<Variables>,
    /// How many states have been entered, the current one included.
    pub entries: u32,
    /// When the current state was entered, Unix milliseconds.
    pub entered_ms: i64,
    /// Event of the entry of the current state.
    pub entered_event: u64,
    /// Event before the entry of the current state.
    #[serde(default, skip_serializing_if = "is_none")]
    pub before_entered_event: u64,
    /// The last event of this frame: the next one's `previousEventId`.
    pub last_event: u64,
    /// Retries so far, for each retrier of the current state; empty while there were none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retries: Vec<u32>,
    /// What the frame waits for.
    pub phase: Phase,
}

/// Whether a number is zero: most are, and need not be written.
fn is_none<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

fn no_variables(variables: &Arc<Variables>) -> bool {
    variables.is_empty()
}

/// What a frame waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Phase {
    /// Nothing: the current state is to be entered.
    Ready,
    /// The answer to a task.
    WaitingTask(Box<TaskWait>),
    /// The end of a Wait state.
    WaitingTimer {
        /// When it ends, Unix milliseconds.
        due_ms: i64,
    },
    /// The next attempt of the current state.
    WaitingRetry {
        /// When it starts, Unix milliseconds.
        due_ms: i64,
    },
    /// Its children; how far they are is in the frame's [`Join`].
    WaitingChildren(FanOut),
    /// The end of a map run.
    WaitingMapRun(Box<MapRun>),
    /// Its parent: the frame has reached an end.
    Done {
        /// The output of the last state.
        output: Data,
    },
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TaskStage {
    /// Asked for; nobody has taken it yet (activities only).
    Scheduled,
    /// Being worked on.
    Started,
    /// The request of a `.sync` or `.waitForTaskToken` task was accepted.
    Submitted,
}

/// A frame's wait for a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskWait {
    /// The task as it was asked for.
    pub task: Box<ScheduleTask>,
    /// How far it is.
    pub stage: TaskStage,
    /// When `TimeoutSeconds` ends, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_at_ms: Option<i64>,
    /// When the next heartbeat must have come, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat_at_ms: Option<i64>,
}

impl TaskWait {
    /// The task's timers, as effects.
    pub(crate) fn timers(&self, effects: &mut Vec<Effect>) {
        for (kind, due) in
            [(KeyKind::Timeout, self.timeout_at_ms), (KeyKind::Heartbeat, self.heartbeat_at_ms)]
        {
            if let Some(due_ms) = due {
                effects.push(Effect::SetTimer { key: self.task.key.of_kind(kind), due_ms });
            }
        }
    }

    /// Ends of the task's timers, as effects.
    pub(crate) fn clear_timers(&self, effects: &mut Vec<Effect>) {
        for (kind, due) in
            [(KeyKind::Timeout, self.timeout_at_ms), (KeyKind::Heartbeat, self.heartbeat_at_ms)]
        {
            if due.is_some() {
                effects.push(Effect::ClearTimer { key: self.task.key.of_kind(kind) });
            }
        }
    }

    /// Whether somebody answers by giving the token back.
    pub fn answered_by_token(&self) -> bool {
        matches!(self.task.kind, TaskKind::Activity | TaskKind::WaitForTaskToken)
    }
}

/// What a Parallel or Map state started; does not change while it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FanOut {
    /// Number of branches or items.
    pub children: u32,
    /// How many may run at the same time.
    pub concurrency: u32,
    /// The items of a Map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Data>,
}

/// How far the children of a frame are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// Children started: the next one has this index.
    pub started: u32,
    /// Children done.
    pub done: u32,
    /// Frame of the child with index 0; the others follow, in order.
    pub first_child: FrameId,
}

impl Frame {
    /// The key of something the current attempt of the current state waits for.
    pub(crate) fn key(&self, id: FrameId, kind: KeyKind) -> Key {
        Key { kind, frame: id, entry: self.entries, attempt: self.attempt() }
    }

    /// How many times the current state has been retried.
    pub fn attempt(&self) -> u32 {
        self.retries.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }
}
