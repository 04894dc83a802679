//! All numbers at a moment, with names and meanings: what texts and exports are made of.

use crate::number::{Counter, Gauge, Histogram};
use crate::process::process_use;

/// What kind of number a family has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows while the process lives.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Values by size.
    Histogram,
}

/// A number.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// Of a counter or a gauge.
    Number(f64),
    /// Of a histogram: see [`Histogram::read`].
    Sizes {
        /// Upper bounds.
        bounds: Vec<f64>,
        /// Values per bound, and those above all.
        counts: Vec<u64>,
        /// The sum of all values.
        sum: f64,
    },
}

/// A number with its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Names and values.
    pub labels: Vec<(&'static str, String)>,
    /// The number.
    pub reading: Reading,
}

/// Numbers of one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// The name, as Prometheus spells names.
    pub name: &'static str,
    /// What it means.
    pub help: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// The numbers.
    pub samples: Vec<Sample>,
}

/// A gauge without labels, read by the caller.
pub fn gauge(name: &'static str, help: &'static str, value: f64) -> Family {
    plain(name, help, Kind::Gauge, value)
}

fn plain(name: &'static str, help: &'static str, kind: Kind, value: f64) -> Family {
    let samples = vec![Sample { labels: Vec::new(), reading: Reading::Number(value) }];
    Family { name, help, kind, samples }
}

fn counter(name: &'static str, help: &'static str, of: &Counter) -> Family {
    plain(name, help, Kind::Counter, of.get() as f64)
}

fn level(name: &'static str, help: &'static str, of: &Gauge) -> Family {
    plain(name, help, Kind::Gauge, of.get() as f64)
}

fn histogram(name: &'static str, help: &'static str, of: &Histogram) -> Family {
    let samples = vec![Sample { labels: Vec::new(), reading: sizes(of) }];
    Family { name, help, kind: Kind::Histogram, samples }
}

fn sizes(of: &Histogram) -> Reading {
    let (bounds, counts, sum) = of.read();
    Reading::Sizes { bounds, counts, sum }
}

fn labelled(
    name: &'static str,
    help: &'static str,
    label: &'static str,
    of: &crate::Labelled,
) -> Family {
    let sample = |(value, count): (String, u64)| Sample {
        labels: vec![(label, value)],
        reading: Reading::Number(count as f64),
    };
    let samples = of.read().into_iter().map(sample).collect();
    Family { name, help, kind: Kind::Counter, samples }
}

/// Every number that is counted everywhere in the process.
pub fn snapshot() -> Vec<Family> {
    let mut all = store();
    all.extend(executions());
    all.extend(work());
    all.extend(requests());
    all.extend(process());
    all
}

fn store() -> Vec<Family> {
    vec![
        counter("refit_store_commits_total", "Batches made durable.", &crate::COMMITS),
        level("refit_store_queue", "Batches that wait for the writer.", &crate::COMMIT_QUEUE),
        histogram(
            "refit_store_group_size",
            "Batches that shared a transaction and its fsync.",
            &crate::COMMIT_GROUP,
        ),
        histogram(
            "refit_store_transaction_seconds",
            "Transactions, fsync included.",
            &crate::TRANSACTION,
        ),
        histogram("refit_store_fsync_seconds", "Making transactions durable.", &crate::FSYNC),
        counter(
            "refit_store_disk_full_total",
            "Commits refused because the disk was full.",
            &crate::DISK_FULL,
        ),
        counter(
            "refit_store_failures_total",
            "Commits that failed for another reason.",
            &crate::COMMITS_FAILED,
        ),
    ]
}

fn executions() -> Vec<Family> {
    vec![
        counter("refit_turns_total", "Turns of executions.", &crate::TURNS),
        counter("refit_transitions_total", "States entered.", &crate::TRANSITIONS),
        counter(
            "refit_executions_started_total",
            "Executions started.",
            &crate::EXECUTIONS_STARTED,
        ),
        labelled(
            "refit_executions_ended_total",
            "Executions ended.",
            "status",
            &crate::EXECUTIONS_ENDED,
        ),
        counter(
            "refit_executions_forgotten_total",
            "Executions deleted after their time.",
            &crate::EXECUTIONS_FORGOTTEN,
        ),
        histogram(
            "refit_timer_lateness_seconds",
            "How late timers of executions rang.",
            &crate::TIMER_LATENESS,
        ),
    ]
}

fn work() -> Vec<Family> {
    vec![
        labelled("refit_work_runs_total", "Runs of durable work.", "kind", &crate::WORK_RUNS),
        labelled(
            "refit_work_failures_total",
            "Runs of durable work that failed and are tried again.",
            "kind",
            &crate::WORK_FAILURES,
        ),
        level("refit_work_running", "Durable work being run.", &crate::WORK_RUNNING),
        histogram(
            "refit_schedule_lateness_seconds",
            "How late firings of schedules began.",
            &crate::SCHEDULE_LATENESS,
        ),
        histogram(
            "refit_work_lateness_seconds",
            "How late other durable work began.",
            &crate::WORK_LATENESS,
        ),
    ]
}

fn requests() -> Vec<Family> {
    let (mut counts, mut durations) = (Vec::new(), Vec::new());
    crate::REQUESTS.read(|service, operation, series| {
        let labels = || vec![("service", service.to_owned()), ("operation", operation.to_owned())];
        for (status, count) in &series.statuses {
            let mut labels = labels();
            labels.push(("status", status.to_string()));
            counts.push(Sample { labels, reading: Reading::Number(*count as f64) });
        }
        durations.push(Sample { labels: labels(), reading: sizes(&series.took) });
    });
    vec![
        Family {
            name: "refit_requests_total",
            help: "Requests answered.",
            kind: Kind::Counter,
            samples: counts,
        },
        Family {
            name: "refit_request_seconds",
            help: "Time from a request's head to its answer's.",
            kind: Kind::Histogram,
            samples: durations,
        },
        counter(
            "refit_requests_throttled_total",
            "Requests refused because there were too many at a time.",
            &crate::THROTTLED,
        ),
        level("refit_connections", "Open connections.", &crate::CONNECTIONS),
        counter(
            "refit_telemetry_sent_total",
            "Spans taken by the collector.",
            &crate::TELEMETRY_SENT,
        ),
        counter(
            "refit_telemetry_dropped_total",
            "Spans dropped because the collector did not take them.",
            &crate::TELEMETRY_DROPPED,
        ),
    ]
}

fn process() -> Vec<Family> {
    let Some(used) = process_use() else { return Vec::new() };
    vec![
        gauge("process_resident_memory_bytes", "Resident memory.", used.memory_bytes as f64),
        plain(
            "process_cpu_seconds_total",
            "Processor time, user and system.",
            Kind::Counter,
            used.processor_seconds,
        ),
        gauge("process_open_fds", "Open file descriptors.", used.open_files as f64),
    ]
}
