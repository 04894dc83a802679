//! How much memory the processes of a job hold: looked at regularly where the kernel keeps no limit
//! (a control group is not always ours to make). Where it does, this sees that it has killed.

use std::fs;
use std::time::{Duration, Instant};

use crate::groups::Group;
use crate::kernel;

/// The watch over one job's memory.
pub(super) struct MemoryWatch {
    limit_bytes: u64,
    /// What keeps the limit.
    group: Option<Group>,
    /// When to look next.
    pub(super) next: Instant,
}

impl MemoryWatch {
    /// A watch for a limit.
    pub(super) fn new(limit_bytes: u64, group: Option<Group>) -> Self {
        Self { limit_bytes, group, next: Instant::now() + Duration::from_millis(250) }
    }

    /// Whether the kernel has killed for want of memory: what the job held, and its limit.
    pub(super) fn killed(&self) -> Option<(u64, u64)> {
        let group = self.group.as_ref().filter(|group| group.was_out_of_memory())?;
        Some((group.most_memory().unwrap_or(self.limit_bytes), self.limit_bytes))
    }

    /// Looks when it is time; answers what the job holds and its limit when that is too much.
    pub(super) fn look(&mut self) -> Option<(u64, u64)> {
        let now = Instant::now();
        if now < self.next {
            return None;
        }
        if let Some(group) = &self.group {
            // What was forked while the program was put into the group is not in it.
            group.adopt(&descendants());
            // A worker was killed perhaps, and the others wait for it for ever.
            self.next = now + Duration::from_secs(1);
            return self.killed();
        }
        let used = held_by(&descendants(), self.limit_bytes);
        // The nearer the limit, the sooner the next look: a job can fill a GiB in a second.
        let pause_ms = if used < self.limit_bytes / 2 { 1000 } else { 250 };
        self.next = now + Duration::from_millis(pause_ms);
        (used > self.limit_bytes).then_some((used, self.limit_bytes))
    }
}

/// All processes below this one, which is the reaper of the job's orphans.
pub(super) fn descendants() -> Vec<i32> {
    let own = std::process::id().cast_signed();
    let mut found = Vec::new();
    let mut next = vec![own];
    while let Some(pid) = next.pop() {
        let Some(children) = children(pid) else { return by_parents(own) };
        next.extend(&children);
        found.extend(children);
    }
    found
}

/// The children of a process; `None` where the kernel does not list them.
fn children(pid: i32) -> Option<Vec<i32>> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Some(Vec::new()) };
    let mut children = Vec::new();
    for thread in threads.flatten() {
        match fs::read_to_string(thread.path().join("children")) {
            Ok(text) => {
                children
                    .extend(text.split_ascii_whitespace().filter_map(|it| it.parse::<i32>().ok()));
            }
            Err(_) if thread.path().exists() => return None,
            Err(_) => {}
        }
    }
    Some(children)
}

/// The same by looking at every process of the machine.
fn by_parents(own: i32) -> Vec<i32> {
    let all = kernel::processes();
    let mut found = vec![own];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(all.iter().filter(|it| it.parent == parent).map(|it| it.pid));
        at += 1;
    }
    found.remove(0);
    found
}

/// Memory that the processes hold together; pages of files do not count, for the kernel takes them
/// back when it wants. The first look is cheap and counts what processes share once for each; only
/// where that would be too much is it asked what each has its part in.
fn held_by(pids: &[i32], limit_bytes: u64) -> u64 {
    let roughly = sum(pids, "status", &["RssAnon:", "RssShmem:", "VmSwap:"]);
    if roughly <= limit_bytes {
        return roughly;
    }
    let exactly = sum(pids, "smaps_rollup", &["Pss_Anon:", "Pss_Shmem:", "SwapPss:"]);
    if exactly == 0 { roughly } else { exactly }
}

/// The sum of some members of a file of `/proc/<pid>`, bytes.
fn sum(pids: &[i32], file: &str, names: &[&str]) -> u64 {
    let of_one = |pid: &i32| {
        let text = fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
        let kib = |name: &&str| {
            let line = text.lines().find_map(|line| line.strip_prefix(*name));
            line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<u64>().ok())
        };
        names.iter().filter_map(kib).fold(0, u64::saturating_add).saturating_mul(1024)
    };
    pids.iter().map(of_one).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_found_both_ways() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id().cast_signed();
        let own = std::process::id().cast_signed();
        assert!(descendants().contains(&pid));
        assert!(by_parents(own).contains(&pid));
        assert!(held_by(&[own], 0) > 0 && held_by(&[i32::MAX], 0) == 0);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
