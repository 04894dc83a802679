//! What is stored of a run: its plan, its progress, and pages of children that ended at once.

use std::sync::Arc;

use engine::{Data, Identity, MapRun, Status, Tolerance};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Batch, Expect};

use super::super::live::Live;
use super::super::turn::new_seed;
use super::names;
use crate::MapRunRequest;

/// The record kind of plans; the key is the run's ARN. Written once.
pub(in super::super) const PLAN: &str = "states/mapRunPlan";
/// The record kind of progress; the key is the run's ARN.
pub(in super::super) const PROGRESS: &str = "states/mapRun";
/// The record kind of pages; the key is the run's tag, a slash and the number of the page's last child.
pub(in super::super) const CHILDREN: &str = "states/mapRunChildren";

/// Index of progress: runs by tag.
pub(super) const BY_TAG: &str = "tag";
/// Index of progress: runs of an execution by start.
pub(super) const BY_EXECUTION: &str = "execution";
/// Index of progress: runs that are not over.
pub(super) const BY_STATUS: &str = "status";
/// What [`BY_STATUS`] keys of runs that are not over are.
pub(super) const RUNNING: &str = "RUNNING";
/// Index of executions: children of a run that are records of their own, by number.
pub(in super::super) const BY_RUN: &str = "run";

/// Version of the stored forms.
const STORED_VERSION: u16 = 1;

/// What does not change about a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) v: u16,
    /// What is to be carried out.
    pub(super) run: MapRun,
    /// The execution that asked for it.
    pub(super) parent: Arc<Identity>,
    /// What was given along with that one's start.
    pub(super) attributes: Arc<Value>,
    /// Hash of that one's definition, which has the Map state.
    pub(super) definition: Arc<str>,
    /// Where the random numbers of children come from, as hexadecimal digits.
    pub(super) seed: String,
    /// When it started, Unix milliseconds.
    pub(super) start_ms: i64,
}

impl Plan {
    /// The run as whoever reads items and exports results is told of it.
    pub(super) fn request(&self) -> MapRunRequest {
        MapRunRequest { execution: self.parent.clone(), run: Arc::new(self.run.clone()) }
    }
}

/// Children, or items, by how they stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Ended with success.
    pub succeeded: u64,
    /// Failed.
    pub failed: u64,
    /// Took too long.
    pub timed_out: u64,
    /// Stopped.
    pub aborted: u64,
}

impl Tally {
    /// All that have ended.
    pub fn ended(&self) -> u64 {
        self.succeeded + self.failed + self.timed_out + self.aborted
    }

    fn of(&mut self, status: Status) -> Option<&mut u64> {
        match status {
            Status::Running => None,
            Status::Succeeded => Some(&mut self.succeeded),
            Status::Failed => Some(&mut self.failed),
            Status::TimedOut => Some(&mut self.timed_out),
            Status::Aborted => Some(&mut self.aborted),
        }
    }
}

/// Children and their items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tallies {
    /// Children.
    pub executions: Tally,
    /// Items.
    pub items: Tally,
}

impl Tallies {
    /// Counts a child with so many items that ended like this.
    pub(super) fn add(&mut self, status: Status, items: u64) {
        if let Some(count) = self.executions.of(status) {
            *count += 1;
        }
        if let Some(count) = self.items.of(status) {
            *count += items;
        }
    }

    /// Takes back what [`Tallies::add`] counted.
    pub(super) fn take(&mut self, status: Status, items: u64) {
        if let Some(count) = self.executions.of(status) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = self.items.of(status) {
            *count = count.saturating_sub(items);
        }
    }

    /// Both together.
    pub(super) fn plus(&self, other: &Self) -> Self {
        let plus = |a: &Tally, b: &Tally| Tally {
            succeeded: a.succeeded + b.succeeded,
            failed: a.failed + b.failed,
            timed_out: a.timed_out + b.timed_out,
            aborted: a.aborted + b.aborted,
        };
        Self {
            executions: plus(&self.executions, &other.executions),
            items: plus(&self.items, &other.items),
        }
    }
}

/// How far a run is: small, because every batch writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Progress {
    pub(super) v: u16,
    pub(super) map_run_arn: Arc<str>,
    pub(super) execution_arn: Arc<str>,
    pub(super) state_machine_arn: Arc<str>,
    pub(super) start_ms: i64,
    pub(super) status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stop_ms: Option<i64>,
    /// Most children at the same time; 0 is the service's own limit.
    pub(super) max_concurrency: u64,
    pub(super) tolerance: Tolerance,
    /// Children admitted: the next one has this number.
    pub(super) children: u64,
    /// Items of the children admitted.
    pub(super) items: u64,
    /// Whether there are no more items.
    pub(super) all_read: bool,
    /// How many items there are, once that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) total: Option<u64>,
    /// What the items of the children admitted were: when they are read again they must be the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) digest: Option<u64>,
    /// Children in pages.
    pub(super) paged: Tallies,
    #[serde(default)]
    pub(super) results_written: u64,
    #[serde(default)]
    pub(super) redrive_count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) redrive_ms: Option<i64>,
    /// While a redrive looks for children to run again: the next to look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) redrive_from: Option<u64>,
    /// How it ended, as the execution that asked for it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<Outcome>,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Outcome {
    /// The state's result.
    Output(Data),
    /// Error name and cause.
    Failure(engine::Failure),
}

impl Progress {
    fn new(run: &MapRun, parent: &Identity, start_ms: i64) -> Self {
        Self {
            v: STORED_VERSION,
            map_run_arn: run.map_run_arn.clone(),
            execution_arn: parent.execution_arn.clone(),
            state_machine_arn: names::machine_arn(&run.map_run_arn).into(),
            start_ms,
            status: Status::Running,
            stop_ms: None,
            max_concurrency: run.max_concurrency,
            tolerance: run.tolerance,
            children: 0,
            items: 0,
            all_read: false,
            total: run.items.as_ref().map(|items| count(items.value())),
            digest: Some(0),
            paged: Tallies::default(),
            results_written: 0,
            redrive_count: 0,
            redrive_ms: None,
            redrive_from: None,
            outcome: None,
        }
    }

    /// How many items there are, if that is known.
    pub(super) fn known_total(&self) -> Option<u64> {
        if self.all_read { Some(self.items) } else { self.total }
    }

    /// Adds its put.
    pub(super) fn put(&self, batch: &mut Batch) {
        let start_ms = self.start_ms.max(0);
        let mut index = vec![
            (BY_TAG, names::tag(&self.map_run_arn)),
            (BY_EXECUTION, format!("{}\n{start_ms:015}", self.execution_arn)),
        ];
        if self.status == Status::Running {
            index.push((BY_STATUS, RUNNING.to_owned()));
        }
        batch.put_indexed(PROGRESS, &*self.map_run_arn, self, index, Expect::Any);
    }
}

fn count(items: &Value) -> u64 {
    let count = match items {
        Value::Array(items) => items.len(),
        Value::Object(entries) => entries.len(),
        _ => 0,
    };
    count as u64
}

/// Adds the records of runs that a turn asks for. Of one that is redriven they are there already.
pub(in super::super) fn put_runs(
    runs: &[MapRun],
    live: &Live,
    start_ms: i64,
    entropy: &Arc<dyn service::Entropy>,
    batch: &mut Batch,
) {
    for run in runs.iter().filter(|run| run.redrive_count == 0) {
        let plan = Plan {
            v: STORED_VERSION,
            run: run.clone(),
            parent: live.identity.clone(),
            attributes: live.attributes.clone(),
            definition: live.definition.clone(),
            seed: hex::encode(new_seed(entropy)),
            start_ms,
        };
        batch.put(PLAN, &*run.map_run_arn, &plan, Expect::Any);
        Progress::new(run, &live.identity, start_ms).put(batch);
    }
}

/// Children that ended in their first turn, all at one time.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Page {
    pub(super) v: u16,
    /// When, Unix milliseconds.
    pub(super) time_ms: i64,
    /// In the order of their numbers; not every number is here.
    pub(super) children: Vec<Ended>,
}

impl Page {
    pub(super) fn new(time_ms: i64) -> Self {
        Self { v: STORED_VERSION, time_ms, children: Vec::new() }
    }

    /// Adds its put; its key is its last child's.
    pub(super) fn put(&self, tag: &str, batch: &mut Batch) {
        if let Some(last) = self.children.last() {
            batch.put(CHILDREN, page_key(tag, last.index), self, Expect::Any);
        }
    }
}

/// The key of the page that ends with a child.
pub(super) fn page_key(tag: &str, last: u64) -> String {
    format!("{tag}/{last:020}")
}

/// The key of a child in [`BY_RUN`].
pub(in super::super) fn child_key(tag: &str, index: u64) -> String {
    format!("{tag}\n{index:020}")
}

/// A child that ended in its first turn: the events in between are worked out again when somebody asks for them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ended {
    #[serde(rename = "i")]
    pub(super) index: u64,
    /// How many items it stood for, if not one.
    #[serde(rename = "n", default = "one", skip_serializing_if = "is_one")]
    pub(super) items: u32,
    /// JSON text.
    #[serde(rename = "in")]
    pub(super) input: Box<str>,
    /// None when it is the input, or there is none.
    #[serde(rename = "out", default, skip_serializing_if = "Option::is_none")]
    pub(super) output: Option<Box<str>>,
    /// How it ended, if it did not succeed.
    #[serde(rename = "end", default, skip_serializing_if = "Option::is_none")]
    pub(super) failed: Option<Box<Unsuccessful>>,
    /// Number of its events.
    #[serde(rename = "ev")]
    pub(super) events: u64,
}

/// How a child ended that did not succeed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Unsuccessful {
    pub(super) status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cause: Option<Arc<str>>,
}

impl Ended {
    /// The text of its output.
    pub(super) fn output(&self) -> Option<&str> {
        match (&self.output, &self.failed) {
            (Some(output), _) => Some(output),
            (None, None) => Some(&self.input),
            (None, Some(_)) => None,
        }
    }

    pub(super) fn status(&self) -> Status {
        self.failed.as_ref().map_or(Status::Succeeded, |failed| failed.status)
    }
}

fn one() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_one(count: &u32) -> bool {
    *count == 1
}
