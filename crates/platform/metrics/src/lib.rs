//! What the server counts: atomics that cost a few nanoseconds, and their text for Prometheus.
//!
//! One process is one server, so the counters are statics: the store, the loops and the gateway count without being
//! handed anything. Numbers start at zero with the process.
//!
//! **Invariant:** nothing here names a resource of a user: labels are services, operations, statuses and kinds of work.

mod number;
mod process;
mod requests;
mod snapshot;
mod text;

pub use number::{Counter, Gauge, Histogram};
pub use process::{ProcessUse, process_use};
pub use requests::Requests;
pub use snapshot::{Family, Kind, Reading, Sample, gauge, snapshot};
pub use text::prometheus;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Bounds of durations, in microseconds.
const SECONDS: &[u64] = &[
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000, 60_000_000,
];
/// Bounds of how late something was, in milliseconds.
const LATENESS: &[u64] =
    &[1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 60_000, 300_000, 3_600_000, 86_400_000];
/// Bounds of how many batches shared a transaction.
const SIZES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 4_096];

/// Microseconds in a second: what durations are divided by.
const MICROSECONDS: f64 = 1e6;
/// Milliseconds in a second.
const MILLISECONDS: f64 = 1e3;

/// Batches made durable.
pub static COMMITS: Counter = Counter::new();
/// Batches that wait for the store's writer.
pub static COMMIT_QUEUE: Gauge = Gauge::new();
/// Batches that shared a transaction, and so an fsync.
pub static COMMIT_GROUP: Histogram = Histogram::new(SIZES, 1.0);
/// Transactions of the store, from the first change to the last fsync, in microseconds.
pub static TRANSACTION: Histogram = Histogram::new(SECONDS, MICROSECONDS);
/// Making a transaction durable, in microseconds.
pub static FSYNC: Histogram = Histogram::new(SECONDS, MICROSECONDS);
/// Commits that failed because the disk was full.
pub static DISK_FULL: Counter = Counter::new();
/// Commits that failed for another reason than a conflict or a full disk.
pub static COMMITS_FAILED: Counter = Counter::new();

/// Turns of executions.
pub static TURNS: Counter = Counter::new();
/// States entered.
pub static TRANSITIONS: Counter = Counter::new();
/// Executions started (children of map runs that end at once are not counted).
pub static EXECUTIONS_STARTED: Counter = Counter::new();
/// Executions ended, by status.
pub static EXECUTIONS_ENDED: Labelled = Labelled::new();
/// Executions deleted after their time.
pub static EXECUTIONS_FORGOTTEN: Counter = Counter::new();
/// How late timers of executions rang, in milliseconds.
pub static TIMER_LATENESS: Histogram = Histogram::new(LATENESS, MILLISECONDS);

/// Runs of work items, by kind.
pub static WORK_RUNS: Labelled = Labelled::new();
/// Runs of work items that failed, by kind.
pub static WORK_FAILURES: Labelled = Labelled::new();
/// Work items being run.
pub static WORK_RUNNING: Gauge = Gauge::new();
/// How late firings of schedules began to be carried out, in milliseconds.
pub static SCHEDULE_LATENESS: Histogram = Histogram::new(LATENESS, MILLISECONDS);
/// How late other work items began to run, in milliseconds.
pub static WORK_LATENESS: Histogram = Histogram::new(LATENESS, MILLISECONDS);

/// Requests answered.
pub static REQUESTS: Requests = Requests::new();
/// Requests refused because there were too many at a time.
pub static THROTTLED: Counter = Counter::new();
/// Connections open.
pub static CONNECTIONS: Gauge = Gauge::new();

/// Spans and metrics handed to a collector.
pub static TELEMETRY_SENT: Counter = Counter::new();
/// Spans that were dropped because the collector did not keep up or could not be reached.
pub static TELEMETRY_DROPPED: Counter = Counter::new();

/// Counters by one label. For labels of which there are few.
pub struct Labelled(Mutex<BTreeMap<String, u64>>);

impl Labelled {
    const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Counts one.
    pub fn count(&self, label: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(label) {
            Some(count) => *count += 1,
            None => drop(counts.insert(label.to_owned(), 1)),
        }
    }

    /// All counts by label.
    pub fn read(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
