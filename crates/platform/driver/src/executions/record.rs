//! The record of an execution: what is left of it when it has ended, and what lists and descriptions show.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::stored_history::StoredHistory;
use engine::{Data, HistoryEvent, Identity, Progress, Status};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::{Batch, Expect};

use super::common::Common;
use super::live::{End, Live, State};
use super::map_run::{BY_RUN, child_key, child_of};
use super::sleep::Asleep;

/// The record kind of executions; the key is the ARN.
pub(super) const KIND: &str = "states/execution";
/// The record kind of histories that are too long to be part of the record; the key is the ARN.
pub(super) const HISTORY_KIND: &str = "states/history";
/// The record kind of what a redrive goes on with; the key is the ARN.
pub(super) const REMAINS_KIND: &str = "states/remains";
/// Index: executions of a machine by start.
pub(super) const BY_MACHINE: &str = "machine";
/// Index: executions of a machine in one status by start.
pub(super) const BY_STATUS: &str = "status";
/// Index: executions that have ended by their end, but for children of map runs, which go with their parents.
pub(super) const BY_END: &str = "ended";
/// Index: executions that have a log stream, by how they stand and stream.
pub(super) const BY_STREAM: &str = "stream";

/// Histories up to this size are part of the record.
const INLINE_HISTORY_BYTES: usize = 8192;

/// An execution as described and listed.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutionRecord {
    /// ARN, name, state machine, role, type, input, start.
    pub identity: Arc<Identity>,
    /// What was given along with its start.
    pub attributes: Arc<Value>,
    /// How it stands.
    pub status: Status,
    /// Its output, once succeeded.
    pub output: Option<Data>,
    /// Its error, once failed, timed out or aborted.
    pub error: Option<Arc<str>>,
    /// The error's cause.
    pub cause: Option<Arc<str>>,
    /// When it ended, Unix milliseconds.
    pub stop_ms: Option<i64>,
    /// Number of redrives.
    pub redrive_count: u32,
    /// When it was last redriven, Unix milliseconds.
    pub redrive_ms: Option<i64>,
    /// Whether what [`crate::Executions::redrive`] goes on with is stored.
    pub has_remains: bool,
    /// Hash of its definition; see [`crate::Executions::definition`].
    pub definition: Arc<str>,
    /// Number of its events, once ended.
    pub events: u64,
    /// Why it was set aside: a broken invariant that took nothing else down. Its log is kept.
    pub set_aside: Option<String>,
    /// Its log stream while it has one.
    pub(super) stream: Option<u64>,
    /// What it goes on with, while it sleeps.
    pub(super) asleep: Option<Box<Asleep>>,
    /// Its history, once ended, if it is short.
    pub(super) history: Option<Vec<HistoryEvent>>,
    /// What of it is in a record that it shares.
    pub(super) common: Option<Arc<Common>>,
}

/// A child of a map run, as a page of its run has it.
pub(super) struct FromPage {
    pub(super) identity: Identity,
    pub(super) attributes: Arc<Value>,
    pub(super) definition: Arc<str>,
    pub(super) status: Status,
    pub(super) output: Option<Data>,
    pub(super) error: Option<Arc<str>>,
    pub(super) cause: Option<Arc<str>>,
    pub(super) time_ms: i64,
    pub(super) events: u64,
}

impl ExecutionRecord {
    /// The record of a child that has none of its own.
    pub(super) fn of_page(child: FromPage) -> Self {
        let status = child.status;
        Self {
            // Failed in its first turn: that can be taken again.
            has_remains: status != Status::Succeeded
                && child.identity.kind == engine::MachineKind::Standard,
            identity: Arc::new(child.identity),
            attributes: child.attributes,
            status,
            output: child.output,
            error: child.error,
            cause: child.cause,
            stop_ms: Some(child.time_ms),
            redrive_count: 0,
            redrive_ms: None,
            definition: child.definition,
            events: child.events,
            set_aside: None,
            stream: None,
            asleep: None,
            history: None,
            common: None,
        }
    }

    /// The record of a running execution.
    pub(super) fn running(live: &Live, state: &State) -> Self {
        Self {
            identity: live.identity.clone(),
            attributes: live.attributes.clone(),
            status: Status::Running,
            output: None,
            error: None,
            cause: None,
            stop_ms: None,
            redrive_count: state.execution.progress.redrive_count,
            redrive_ms: state.execution.progress.redrive_ms,
            has_remains: false,
            definition: live.definition.clone(),
            events: 0,
            set_aside: None,
            stream: live.stored.then_some(live.stream),
            asleep: None,
            history: None,
            common: live.common.clone(),
        }
    }

    /// The record of an execution that has ended.
    pub(super) fn ended(live: &Live, state: &State, end: &End) -> Self {
        let mut record = Self::running(live, state);
        record.events = state.history.len() as u64;
        match end {
            End::Finished => {
                let progress: &Progress = &state.execution.progress;
                record.status = progress.status;
                record.output.clone_from(&progress.output);
                record.error.clone_from(&progress.error);
                record.cause.clone_from(&progress.cause);
                record.stop_ms = Some(progress.stop_ms.unwrap_or(state.last_ms));
                record.has_remains = state.execution.remains.is_some();
                record.stream = None;
            }
            End::SetAside(reason) => record.set_aside(reason, state.last_ms),
        }
        record
    }

    /// As shown: the history is asked for by itself, and how it is stored is nobody's concern.
    pub(super) fn without_history(mut self) -> Self {
        self.history = None;
        self.asleep = None;
        self.common = None;
        self
    }

    /// Marks it with a broken invariant; its log stays.
    pub(super) fn set_aside(&mut self, reason: &str, now_ms: i64) {
        self.status = Status::Failed;
        self.error = Some("States.Runtime".into());
        self.cause = Some(format!("The execution was set aside by refit: {reason}").into());
        self.stop_ms = Some(now_ms);
        self.set_aside = Some(reason.to_owned());
    }

    /// Its index entries.
    pub(super) fn index(&self) -> Vec<(&'static str, String)> {
        let start_ms = self.identity.start_ms.max(0);
        let mut index = Vec::with_capacity(3);
        if let Some((tag, number)) = child_of(&self.identity.execution_arn) {
            index.push((BY_RUN, child_key(tag, number)));
        } else {
            let machine = match &self.common {
                Some(common) => Cow::Borrowed(&*common.machine_mark),
                None => Cow::Owned(machine_mark(&self.identity.state_machine_arn)),
            };
            index.push((BY_MACHINE, format!("{machine}{start_ms:012x}")));
            index.push((
                BY_STATUS,
                format!("{}{start_ms:012x}", with_status(&machine, self.status)),
            ));
            let end = self.stop_ms.map(|stop_ms| (BY_END, format!("{:012x}", stop_ms.max(0))));
            index.extend(end);
        }
        if let Some(asleep) = &self.asleep {
            index.push((BY_STREAM, format!("{ASLEEP}{:012x}", asleep.due_ms.max(0))));
        } else if let Some(stream) = self.stream {
            let prefix = if self.set_aside.is_some() { ASIDE } else { RUNNING };
            index.push((BY_STREAM, format!("{prefix}{stream:016x}")));
        }
        index
    }

    /// Adds its put.
    pub(super) fn put(&self, batch: &mut Batch, expect: Expect) {
        batch.put_indexed(KIND, &*self.identity.execution_arn, self, self.index(), expect);
    }

    /// Adds its put together with its history.
    pub(super) fn put_with_history(
        mut self,
        batch: &mut Batch,
        history: &[HistoryEvent],
        expect: Expect,
    ) {
        self.history = None;
        let at = batch.puts.len();
        self.put(batch, expect);
        let mut text = Vec::with_capacity(64 * history.len());
        serde_json::to_writer(&mut text, &StoredHistory(history)).expect("events always serialise");
        if text.len() <= INLINE_HISTORY_BYTES {
            // Written once, as the record's last field.
            let body = &mut batch.puts[at].body;
            body.pop();
            body.reserve(text.len() + 16);
            body.extend_from_slice(b",\"history\":");
            body.append(&mut text);
            body.push(b'}');
        } else {
            batch.puts.push(store::Put {
                kind: HISTORY_KIND.to_owned(),
                key: self.identity.execution_arn.to_string(),
                body: text,
                index: Vec::new(),
                expect: Expect::Any,
            });
        }
    }
}

/// What stands for a machine in the keys of indexes: 16 characters instead of its ARN, two times with every execution.
/// No machine can be named so that it has the mark of another one.
pub(super) fn machine_mark(state_machine_arn: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(state_machine_arn)[..12])
}

/// What [`BY_STATUS`] keys of a machine's executions in one status begin with.
pub(super) fn with_status(machine_mark: &str, status: Status) -> String {
    // Words begin with different letters.
    let letter = status.word().chars().next().unwrap_or_default();
    format!("{machine_mark}{letter}")
}

/// What [`BY_STREAM`] keys of running executions begin with.
pub(super) const RUNNING: &str = "running:";
/// What [`BY_STREAM`] keys of executions that sleep begin with; when they are due follows.
pub(super) const ASLEEP: &str = "asleep:";
/// What [`BY_STREAM`] keys of executions set aside begin with.
pub(super) const ASIDE: &str = "aside:";
