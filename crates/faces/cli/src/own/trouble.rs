//! What is wrong, in words. Pure.

use crate::follow::duration_text;
use std::collections::BTreeMap;

/// Work that is later than this is said.
const LATE_MS: i64 = 10_000;
/// A longer queue before the writer is said.
const LONG_QUEUE: i64 = 1_000;
/// Less room than this is said.
const LITTLE_ROOM: u64 = 1 << 30;

/// The file system of the data directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Disk {
    /// Room that the server may use.
    pub(crate) free_bytes: u64,
    /// Its size.
    pub(crate) total_bytes: u64,
}

/// What is judged.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) overdue_ms: i64,
    pub(crate) commit_queue: i64,
    pub(crate) disk_full: u64,
    pub(crate) commits_failed: u64,
    pub(crate) throttled: u64,
    pub(crate) dropped: u64,
    pub(crate) disk: Option<Disk>,
    /// Work that failed and is tried again, by kind.
    pub(crate) retried: BTreeMap<String, usize>,
}

/// What is wrong; nothing when all is well.
pub(crate) fn words(facts: &Facts) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(disk) = facts.disk.filter(|disk| is_short(*disk)) {
        words.push(format!(
            "the disk of the data directory has only {} MiB left: nothing can be stored once it is full",
            disk.free_bytes >> 20
        ));
    }
    if facts.disk_full > 0 {
        words.push(format!(
            "the disk was full {}: what was asked then was refused, executions went on once there was room",
            times(facts.disk_full)
        ));
    }
    if facts.commits_failed > 0 {
        words.push(format!("storing failed {}: see the log", times(facts.commits_failed)));
    }
    if facts.overdue_ms > LATE_MS {
        let late = duration_text(facts.overdue_ms);
        words.push(format!("schedules and deliveries are {late} behind: the machine is too busy"));
    }
    if facts.commit_queue > LONG_QUEUE {
        words.push(format!("{} changes wait for the disk", facts.commit_queue));
    }
    if facts.throttled > 0 {
        let often = times(facts.throttled);
        words.push(format!("requests were refused {often}: too many at a time"));
    }
    for (kind, count) in &facts.retried {
        let what = what(kind);
        words.push(format!("{count} {what} failed and will be tried again: see the log"));
    }
    if facts.dropped > 0 {
        let dropped = facts.dropped;
        words.push(format!("{dropped} spans were dropped: the collector did not take them"));
    }
    words
}

/// Less than a gibibyte, or, on small file systems, less than a twentieth.
fn is_short(disk: Disk) -> bool {
    disk.free_bytes < LITTLE_ROOM.min(disk.total_bytes / 20)
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn what(kind: &str) -> String {
    match kind {
        "events/deliver" | "scheduler/deliver" | "sns/deliver" => "deliveries".to_owned(),
        "events/schedule" => "schedules".to_owned(),
        "lambda/invoke" => "asynchronous invocations".to_owned(),
        other => format!("pieces of work ({other})"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Disk, Facts, words};

    #[test]
    fn nothing_is_said_when_all_is_well() {
        let disk = Some(Disk { free_bytes: 50 << 30, total_bytes: 100 << 30 });
        assert!(words(&Facts { disk, overdue_ms: 900, ..Facts::default() }).is_empty());
        let small = Some(Disk { free_bytes: 20 << 20, total_bytes: 100 << 20 });
        assert!(words(&Facts { disk: small, ..Facts::default() }).is_empty());
    }

    #[test]
    fn trouble_is_said() {
        let facts = Facts {
            overdue_ms: 125_000,
            commit_queue: 5_000,
            disk_full: 1,
            commits_failed: 2,
            throttled: 3,
            dropped: 4,
            disk: Some(Disk { free_bytes: 1 << 20, total_bytes: 100 << 30 }),
            retried: [("events/deliver".to_owned(), 7)].into(),
        };
        let words = words(&facts);
        assert_eq!(words.len(), 8, "{words:?}");
        assert!(words[0].contains("only 1 MiB left") && words[1].contains("full once"));
        assert!(words[3].contains("2 min") && words[6].starts_with("7 deliveries failed"));
    }
}
