//! What the process itself uses, as Linux says it.

use std::fs;

/// Bytes of a page, as on every machine that refit runs on by default.
const PAGE_BYTES: u64 = 4096;
/// Ticks of processor time in a second: what Linux shows to programs, whatever it counts in.
const TICKS: f64 = 100.0;

/// What a process uses.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ProcessUse {
    /// Resident memory.
    pub memory_bytes: u64,
    /// Processor time so far, user and system together.
    pub processor_seconds: f64,
    /// Open file descriptors.
    pub open_files: u64,
}

/// What this process uses; `None` where there is no `/proc`.
pub fn process_use() -> Option<ProcessUse> {
    let memory = fs::read_to_string("/proc/self/statm").ok()?;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let open_files = fs::read_dir("/proc/self/fd").ok()?.count() as u64;
    let pages: u64 = memory.split_whitespace().nth(1)?.parse().ok()?;
    Some(ProcessUse {
        memory_bytes: pages * PAGE_BYTES,
        processor_seconds: processor_seconds(&stat)?,
        open_files,
    })
}

/// Fields 14 and 15; the second field is the program's name, which may hold anything.
fn processor_seconds(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) as f64 / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_have_any_name() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 5 1 1";
        assert_eq!(processor_seconds(stat), Some(3.0));
        assert_eq!(processor_seconds("7 (a"), None);
    }

    #[test]
    fn this_process_uses_something() {
        let used = process_use().unwrap();
        assert!(used.memory_bytes > 100_000 && used.open_files > 2, "{used:?}");
    }
}
