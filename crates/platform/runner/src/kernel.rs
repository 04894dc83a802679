//! What the kernel says about processes, read from `/proc`.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// One process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    pub(crate) session: i32,
    /// Clock ticks from boot to its start: with the pid, this names a process of this boot.
    pub(crate) start_ticks: u64,
    /// It has ended and only waits for its parent to take note.
    pub(crate) is_dead: bool,
}

/// Looks a process up.
pub(crate) fn process(pid: i32) -> Option<Process> {
    parse(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The fields behind the program's name, which may itself contain spaces and parentheses.
fn parse(pid: i32, stat: &str) -> Option<Process> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse().ok();
    Some(Process {
        pid,
        parent: number(1)?,
        group: number(2)?,
        session: number(3)?,
        start_ticks: fields.get(19)?.parse().ok()?,
        is_dead: matches!(*fields.first()?, "Z" | "X" | "x"),
    })
}

/// All processes that this process may see.
pub(crate) fn processes() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter_map(process).collect()
}

/// Whether a process was started with this variable set to this value.
pub(crate) fn has_variable(pid: i32, name: &str, value: &str) -> bool {
    let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { return false };
    let wanted = format!("{name}={value}");
    environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
}

/// Names this boot of the machine: after a restart no process of before is alive.
pub(crate) fn boot_id() -> String {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.trim().to_owned()
}

/// Kills a process; one that has gone is fine.
pub(crate) fn kill_now(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "7 (a) b (c) S 3 5 6 0 -1 4194304 1 0 0 0 1 2 3 4 20 0 1 0 98765 1 2";
        let wanted =
            Process { pid: 7, parent: 3, group: 5, session: 6, start_ticks: 98765, is_dead: false };
        assert_eq!(parse(7, stat), Some(wanted));
        assert_eq!(parse(7, "7 (a"), None);
    }

    #[test]
    fn this_process_is_found() {
        let own = process(std::process::id().try_into().unwrap()).unwrap();
        assert!(processes().contains(&own));
    }
}
