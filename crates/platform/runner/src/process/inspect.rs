//! What a job folder and its lock say about the job; the one place that decides it.

use crate::clock::now_ms;
use crate::folder::{Ended, JobFolder, Status, read_record, write_record};
use crate::{Error, Exit, ExitReason, OptMl, Outcome, Result, kernel, lock};

/// What was found.
pub(super) enum Found {
    /// No supervisor ever took it over; one may be waiting for the word.
    NeverStarted,
    /// A supervisor has it (or is just being started); the status when the program runs.
    Supervised(Option<Status>),
    /// It has ended.
    Ended(Exit),
}

/// Looks at a job. One whose supervisor was killed is put to its end here: what is left of it is
/// killed, and the exit record written, by whoever looks first.
pub(super) fn inspect(folder: &JobFolder) -> Result<Found> {
    if let Some(exit) = ended(folder)? {
        return Ok(Found::Ended(exit));
    }
    if lock::is_held(&folder.lock()).map_err(Error::io("read", folder.lock()))? {
        if folder.held().exists() {
            return Ok(Found::NeverStarted);
        }
        return Ok(Found::Supervised(read_record(&folder.status())?));
    }
    if !folder.pid().exists() {
        return Ok(Found::NeverStarted);
    }
    let lock_file = lock::open(&folder.lock()).map_err(Error::io("open", folder.lock()))?;
    if !lock::try_take(&lock_file).map_err(Error::io("lock", folder.lock()))? {
        // Somebody else is putting it to its end.
        return Ok(Found::Supervised(read_record(&folder.status())?));
    }
    // The supervisor may have written its record between the first look and the lock.
    if let Some(exit) = ended(folder)? {
        return Ok(Found::Ended(exit));
    }
    end_lost(folder).map(Found::Ended)
}

/// How the job ended. An end that a power cut overtook is none: nobody knows what of the job's files is
/// whole.
fn ended(folder: &JobFolder) -> Result<Option<Exit>> {
    let ended = match read_record::<Ended>(&folder.exit()) {
        Ok(ended) => ended,
        // It was written whole, so a power cut has emptied it.
        Err(Error::Record { .. }) => return lost_with_the_machine(folder, None).map(Some),
        Err(error) => return Err(error),
    };
    match ended {
        Some(ended) if ended.is_doubtful(&kernel::boot_id()) => {
            lost_with_the_machine(folder, Some(ended.exit)).map(Some)
        }
        other => Ok(other.map(|ended| ended.exit)),
    }
}

fn lost_with_the_machine(folder: &JobFolder, told: Option<Exit>) -> Result<Exit> {
    let now_ms = now_ms();
    let exit = Exit {
        outcome: Outcome::Unknown,
        reason: ExitReason::MachineRestarted,
        started_ms: told.as_ref().map_or(now_ms, |exit| exit.started_ms),
        ended_ms: now_ms,
        stderr_tail: String::new(),
        opt_ml: told.map_or(OptMl::NotAsked, |exit| exit.opt_ml),
        log_error: None,
    };
    record(folder, exit)
}

fn record(folder: &JobFolder, exit: Exit) -> Result<Exit> {
    let ended = Ended { exit, boot_id: kernel::boot_id(), is_on_disk: true };
    write_record(&folder.exit(), &ended)?;
    Ok(ended.exit)
}

fn end_lost(folder: &JobFolder) -> Result<Exit> {
    // After a power cut the note may be missing, or there without its content.
    let status = match read_record::<Status>(&folder.status()) {
        Ok(status) => status,
        Err(Error::Record { .. }) => None,
        Err(error) => return Err(error),
    };
    let this_boot = kernel::boot_id();
    let is_other_boot = match &status {
        Some(status) => status.boot_id != this_boot,
        None => !lock::is_of_boot(&folder.lock(), &this_boot),
    };
    kill_remains(folder, status.as_ref());
    crate::groups::remove_remains(folder);
    crate::container::remove_remains(folder);
    let now_ms = now_ms();
    let exit = Exit {
        outcome: Outcome::Unknown,
        reason: if is_other_boot { ExitReason::MachineRestarted } else { ExitReason::Lost },
        started_ms: status.as_ref().map_or(now_ms, |status| status.started_ms),
        ended_ms: now_ms,
        stderr_tail: String::new(),
        opt_ml: status.map_or(OptMl::NotAsked, |status| status.opt_ml),
        log_error: None,
    };
    record(folder, exit)
}

/// Kills every process that is certainly of this job: those that carry its mark in their
/// environment, and those of its process group and session.
fn kill_remains(folder: &JobFolder, status: Option<&Status>) {
    let mark = folder.path().to_string_lossy();
    let this_boot = kernel::boot_id();
    let status = status.filter(|status| status.boot_id == this_boot);
    let in_group = |process: &kernel::Process| {
        status.is_some_and(|status| {
            process.group == status.program_pid
                && process.session == status.supervisor_pid
                && process.start_ticks >= status.program_start_ticks
        })
    };
    // What is killed may just have forked, so look until nothing is found; bounded, for a process
    // in uninterruptible sleep does not vanish.
    for _ in 0..100 {
        let ours: Vec<_> = kernel::processes()
            .into_iter()
            .filter(|process| !process.is_dead)
            .filter(|it| in_group(it) || kernel::has_variable(it.pid, "REFIT_JOB", &mark))
            .collect();
        if ours.is_empty() {
            return;
        }
        for process in ours {
            kernel::kill_now(process.pid);
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
