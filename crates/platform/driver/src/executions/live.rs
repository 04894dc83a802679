//! One live execution in memory.

use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use asl::Program;
use engine::{Changes, Effect, Execution, HistoryEvent, Identity, Key, MapRun};
use serde_json::Value;
use service::WorkItem;
use store::Error;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::ExecutionRecord;
use super::common::Common;

/// What does not change while an execution lives, and, behind a lock, what does.
pub(crate) struct Live {
    pub(super) identity: Arc<Identity>,
    pub(super) attributes: Arc<Value>,
    pub(super) program: Arc<Program>,
    /// Hash of the definition: the key of its record.
    pub(super) definition: Arc<str>,
    /// What of it is in a record that it shares.
    pub(super) common: Option<Arc<Common>>,
    /// The log stream of its rows.
    pub(super) stream: u64,
    /// Where its random numbers come from; with the number of a turn, it decides them.
    pub(super) seed: [u8; 32],
    /// False of Express executions: nothing of them is stored.
    pub(super) stored: bool,
    /// Whether the handler wants to hear of its events.
    pub(super) logged: bool,
    pub(super) state: Mutex<State>,
    /// Rung when it has ended and that is durable.
    pub(super) ended: Notify,
}

/// How an execution leaves the table of the living.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// It is over.
    Finished,
    /// A broken invariant: it has been set aside, with this reason.
    SetAside(String),
}

/// What changes.
pub(super) struct State {
    pub(super) execution: Execution,
    /// Turns taken so far.
    pub(super) turns: u64,
    /// Time of the last turn: a clock that is set back does not turn back an execution's history.
    pub(super) last_ms: i64,
    /// Every event so far (of Express executions only those to come next).
    pub(super) history: Vec<HistoryEvent>,
    /// How many of them are durable.
    pub(super) durable_events: usize,
    /// What has been decided and is in no commit yet.
    pub(super) pending: Pending,
    /// Whether a commit is on its way.
    pub(super) in_flight: bool,
    /// Set once no further input counts.
    pub(super) end: Option<End>,
    pub(super) tasks: HashMap<Key, JoinHandle<()>>,
    /// Tasks told to stop that may not have stopped yet.
    pub(super) stopping: Vec<JoinHandle<()>>,
    /// It has ended, and the effects that are recorded for it are still to be forgotten.
    pub(super) keeps_effects: bool,
    pub(super) timers: HashSet<Key>,
    /// Whether any task was ever scheduled: only then are there recorded effects to forget.
    pub(super) had_tasks: bool,
    /// Whether what is durable of it is in its record, as long as it sleeps, and not in its log.
    pub(super) in_record: bool,
    /// The store closed before what was decided was durable: nothing of it will be.
    pub(super) is_lost: bool,
    /// It sleeps: nothing that is given to this counts.
    pub(super) retired: bool,
    /// What its first turn changed, until there is a second.
    pub(super) first_changes: Option<Changes>,
    /// How it ended, once that is durable.
    pub(super) outcome: Option<Arc<ExecutionRecord>>,
}

/// The way to whoever waits until something is durable.
pub(super) type Answer = oneshot::Sender<Result<(), Error>>;

/// What one commit carries, and what to do once it has resolved.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) rows: Vec<Vec<u8>>,
    pub(super) effects: Vec<Effect>,
    pub(super) work: Vec<WorkItem>,
    /// Map runs whose records this commit makes.
    pub(super) runs: Vec<MapRun>,
    pub(super) answers: Vec<Answer>,
    /// Keys of effects that this is: of calls that gave it an input.
    pub(super) performed: Vec<String>,
    pub(super) end: Option<End>,
    /// How many events are durable once this is.
    pub(super) events_upto: usize,
    /// When it is due, if it sleeps once this is durable.
    pub(super) sleeps_until: Option<i64>,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
            && self.effects.is_empty()
            && self.work.is_empty()
            && self.runs.is_empty()
            && self.answers.is_empty()
            && self.performed.is_empty()
            && self.end.is_none()
    }

    /// Adds what came later.
    pub(super) fn extend(&mut self, later: Self) {
        self.rows.extend(later.rows);
        self.effects.extend(later.effects);
        self.work.extend(later.work);
        self.runs.extend(later.runs);
        self.answers.extend(later.answers);
        self.performed.extend(later.performed);
        self.end = later.end.or(self.end.take());
    }
}

impl State {
    pub(super) fn new(execution: Execution) -> Self {
        Self {
            last_ms: execution.identity.start_ms,
            execution,
            turns: 0,
            history: Vec::new(),
            durable_events: 0,
            pending: Pending::default(),
            in_flight: false,
            end: None,
            tasks: HashMap::new(),
            stopping: Vec::new(),
            keeps_effects: false,
            timers: HashSet::new(),
            had_tasks: false,
            in_record: false,
            is_lost: false,
            retired: false,
            first_changes: None,
            outcome: None,
        }
    }

    /// What is pending, if no commit is on its way; there is one now.
    pub(super) fn take_off(&mut self) -> Option<Pending> {
        if self.in_flight || self.pending.is_empty() {
            return None;
        }
        self.in_flight = true;
        let mut flying = std::mem::take(&mut self.pending);
        flying.events_upto = self.history.len();
        Some(flying)
    }

    /// What was decided up to `events_upto` is durable. Answers its events if they are `wanted`; of Express executions,
    /// whose history nobody reads, none are kept.
    pub(super) fn durable(
        &mut self,
        events_upto: usize,
        stored: bool,
        wanted: bool,
    ) -> Vec<HistoryEvent> {
        if !stored {
            return std::mem::take(&mut self.history);
        }
        let from = std::mem::replace(&mut self.durable_events, events_upto);
        match self.history.get(from..events_upto) {
            Some(events) if wanted => events.to_vec(),
            _ => Vec::new(),
        }
    }

    /// Resolves when everything decided so far is durable; `None` when it is already, as it is of one that has ended or
    /// fallen asleep: nothing of it is carried any more that could bring an answer.
    pub(super) fn answer(&mut self) -> Option<oneshot::Receiver<Result<(), Error>>> {
        let is_over = self.outcome.is_some() || self.retired;
        if is_over || (!self.in_flight && self.pending.is_empty()) {
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        if self.is_lost {
            let _there = sender.send(Err(Error::Closed));
        } else {
            self.pending.answers.push(sender);
        }
        Some(receiver)
    }
}

impl Live {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn arn(&self) -> &Arc<str> {
        &self.identity.execution_arn
    }

    /// The state machine that it, or the execution whose map runs it comes of, belongs to.
    pub(super) fn machine(&self) -> &str {
        base_machine(&self.identity.state_machine_arn)
    }

    /// What effect keys of this execution begin with. `#` cannot be part of an execution's name, so no other
    /// execution's keys begin with it.
    pub(super) fn effect_prefix(&self) -> String {
        format!("{}#", self.arn())
    }
}

/// The machine's ARN without the label of a map run.
pub(super) fn base_machine(state_machine_arn: &str) -> &str {
    state_machine_arn.split('/').next().unwrap_or(state_machine_arn)
}

/// A timer of a live execution.
#[derive(Clone)]
pub(crate) struct Timer {
    pub(super) live: Arc<Live>,
    pub(super) key: Key,
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && Arc::ptr_eq(&self.live, &other.live)
    }
}

impl Eq for Timer {}

impl Hash for Timer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.live).hash(state);
        self.key.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever found an execution in the table and got to its lock just after it had fallen asleep must look again, not
    /// wait for a commit that never comes.
    #[test]
    fn nobody_waits_for_one_that_sleeps() {
        let identity = Identity {
            execution_arn: "arn:aws:states:us-east-1:000000000000:execution:m:x".into(),
            name: "x".into(),
            state_machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:m".into(),
            state_machine_name: "m".into(),
            role_arn: "arn:aws:iam::000000000000:role/r".into(),
            state_machine_alias_arn: None,
            state_machine_version_arn: None,
            kind: engine::MachineKind::Standard,
            input: Value::Null.into(),
            start_ms: 0,
        };
        let mut state = State::new(Execution::new(identity));
        assert!(state.answer().is_none(), "all of it is durable");
        state.in_flight = true;
        assert!(state.answer().is_some(), "a commit is on its way");
        state.retired = true;
        assert!(state.answer().is_none());
    }
}
