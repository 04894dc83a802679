//! Durable work: things to do later, at least once, that survive a crash.
//!
//! A work item is a record of kind `work`. It is scheduled in the batch of the operation that wants it, runs when due,
//! and what its run decided is committed together with its removal (or its next due time). Schedules that fire,
//! deliveries with retries, and jobs to supervise are all work items.

use crate::{AwsError, Notices};
use std::sync::Arc;
use store::Batch;

/// One thing to do at or after `due_ms`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct WorkItem {
    /// `"<service>/<noun>"`: the part before the slash says whose [`crate::Service::work`] runs it.
    pub kind: String,
    /// Unique within the kind. Scheduling the same key again replaces the item.
    pub key: String,
    /// The region whose resources it is about.
    pub region: String,
    /// When it is due, Unix milliseconds.
    pub due_ms: i64,
    /// How often it has been tried since it was scheduled or last succeeded.
    pub attempts: u32,
    /// The handler's own data.
    pub body: serde_json::Value,
}

impl WorkItem {
    /// An item that is due at `due_ms`.
    pub fn new(
        kind: &str,
        key: impl Into<String>,
        region: &str,
        due_ms: i64,
        body: &impl serde::Serialize,
    ) -> Self {
        let body = serde_json::to_value(body).expect("work bodies are plain data");
        Self {
            kind: kind.to_owned(),
            key: key.into(),
            region: region.to_owned(),
            due_ms,
            attempts: 0,
            body,
        }
    }

    /// The key of the item's record (kind `work`).
    pub fn record_key(&self) -> String {
        record_key(&self.kind, &self.key)
    }
}

/// The record key of an item of `kind` and `key`.
pub(crate) fn record_key(kind: &str, key: &str) -> String {
    format!("{kind}:{key}")
}

/// What a run of a work item decided.
#[derive(Debug, Clone, Default)]
pub struct WorkOutcome {
    /// `None`: the item is done and removed. `Some`: it stays, with this due time, attempts and body.
    pub again: Option<WorkItem>,
    /// What else changes, in the same commit.
    pub batch: Batch,
    /// Other items to schedule, in the same commit.
    pub work: Vec<WorkItem>,
    /// Bells to ring after the commit.
    pub notices: Vec<String>,
}

impl WorkOutcome {
    /// The item is done.
    pub fn done() -> Self {
        Self::default()
    }

    /// The item runs again at `due_ms`.
    pub fn again(item: &WorkItem, due_ms: i64) -> Self {
        let again = WorkItem { due_ms, attempts: item.attempts.saturating_add(1), ..item.clone() };
        Self { again: Some(again), ..Self::default() }
    }
}

/// The port to whoever runs work: the driver.
pub trait WorkQueue: Send + Sync + 'static {
    /// These items have been committed (scheduled or replaced): see that they run when due.
    fn scheduled(&self, items: Vec<WorkItem>);

    /// These items have been removed before they ran. A run in progress goes on, but what it decides is discarded.
    fn cancelled(&self, items: Vec<(String, String)>);
}

/// Acts on what was committed: arms work, rings bells.
pub(crate) fn act(
    queue: &Arc<dyn WorkQueue>,
    notices: &Notices,
    work: Vec<WorkItem>,
    cancel: Vec<(String, String)>,
    bells: &[String],
) {
    if !cancel.is_empty() {
        queue.cancelled(cancel);
    }
    if !work.is_empty() {
        queue.scheduled(work);
    }
    for topic in bells {
        notices.ring(topic);
    }
}

/// The answer of a service asked to run a kind of work it does not know.
pub fn unknown_kind(kind: &str) -> AwsError {
    AwsError::fault("InternalFailure", format!("no service runs work of kind {kind}"), 500)
}
