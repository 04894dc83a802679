//! The supervisor: a process of its own that runs one job to its end.
//!
//! It leads its own session, so it lives on when the server dies. It adopts every process of the
//! job whose parent has died, so none can outlive the job. It is single threaded and never waits on
//! anything but [`nix::poll`].

mod feed;
mod launch;
mod loopback;
mod memory;
mod namespace;
mod program;
mod ready;
mod watching;

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::unistd::setsid;

use crate::clock::now_ms;
use crate::folder::{
    Ended, JobFolder, Status, read_record, sync_file_system, write_note, write_record,
};
use crate::{
    Error, Exit, ExitReason, JobSpec, OptMl, Outcome, Result, SPEC_VERSION, container, groups,
    kernel, lock,
};

use program::Program;
use ready::{Ready, Word};
use watching::Watching;

/// How long the server has to take over what a job left before the supervisor puts it on the disk.
const TAKEOVER: Duration = Duration::from_secs(30);

/// Supervises the job of a folder to its end; what `refit supervise <folder>` does.
///
/// Call it from a process that has no other threads, as the first thing after reading the
/// arguments: it runs this same program with these same arguments once more to launch the job.
pub fn supervise(job_folder: &Path) -> ExitCode {
    let folder = JobFolder::at(job_folder);
    if feed::is_feeder() {
        return feed::feed(&folder);
    }
    if container::is_shim() {
        return container::run(&folder);
    }
    if let Some(mode) = launch::mode() {
        return launch::launch(&folder, mode);
    }
    match run(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error is the file that the server shows when a supervisor does not start.
            eprintln!("{}", describe(&error));
            ExitCode::FAILURE
        }
    }
}

fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

fn run(folder: &JobFolder) -> Result<()> {
    let _lock = take_lock(folder)?;
    if folder.pid().exists() || folder.exit().exists() {
        let why = "it already had a supervisor".to_owned();
        return Err(Error::Supervisor { id: folder.id(), why });
    }
    // Fails when this process leads a session already, which is as good.
    setsid().ok();
    nix::sys::prctl::set_child_subreaper(true).map_err(supervisor_error(folder))?;
    let watching = Watching::start(folder).map_err(supervisor_error(folder))?;
    let word = Word::awaited(folder).map_err(Error::io("wait for", folder.path()))?;
    // After that look: the word may come before it, and with it another specification.
    let mut spec = read_record::<JobSpec>(&folder.spec())?;
    let mut ready = None;
    if let Some(word) = word {
        let made = spec.as_ref().map(|spec| Ready::ahead(folder, spec));
        if !word.comes(&watching) {
            // The machine is not to be had, or the server is gone: nothing has begun.
            made.into_iter().for_each(Ready::give_up);
            return Ok(());
        }
        spec = read_record(&folder.spec())?;
        ready = made;
    }
    write_note(&folder.pid(), &std::process::id())?;
    // From here on the job counts as started: whatever happens, there must be an exit record.
    let started_ms = now_ms();
    let exit = match spec {
        Some(spec) => {
            let ready = ready.unwrap_or_else(|| Ready::now(folder, &spec));
            supervise_program(folder, &spec, ready, &watching, started_ms)
        }
        None => {
            spawn_failed("its specification is missing".to_owned(), started_ms, OptMl::NotAsked)
        }
    };
    let mut ended = Ended { exit, boot_id: kernel::boot_id(), is_on_disk: false };
    tell(folder, &ended)?;
    groups::remove_remains(folder);
    if stays(folder, &watching) {
        sync_file_system(folder.path()).map_err(Error::io("write", folder.path()))?;
        ended.is_on_disk = true;
        write_record(&folder.exit(), &ended)?;
    }
    Ok(())
}

/// Whether the folder is still there after a while, because no server runs or what it uploads is large.
fn stays(folder: &JobFolder, watching: &Watching) -> bool {
    let until = Instant::now() + TAKEOVER;
    let mut asked_to_end = false;
    // The record and not the folder: nobody tells when a folder goes in which a deleted file is open.
    while !asked_to_end && Instant::now() < until && folder.exit().exists() {
        asked_to_end = watching.wait(until);
    }
    folder.exit().exists()
}

fn supervisor_error(folder: &JobFolder) -> impl Fn(nix::Error) -> Error {
    move |errno| Error::Supervisor { id: folder.id(), why: errno.to_string() }
}

/// Takes over the locked file that the server handed down as standard input; started by hand,
/// takes the lock itself.
fn take_lock(folder: &JobFolder) -> Result<impl AsFd + use<>> {
    let failed = |action| Error::io(action, folder.lock());
    let own = lock::open(&folder.lock()).map_err(failed("open"))?;
    let own_inode = own.metadata().map_err(failed("read"))?.ino();
    let inherited = io::stdin().as_fd().try_clone_to_owned().map_err(failed("open"))?;
    let inherited = fs::File::from(inherited);
    let is_lock = inherited.metadata().is_ok_and(|it| it.is_file() && it.ino() == own_inode);
    let file = if is_lock { inherited } else { own };
    if lock::try_take(&file).map_err(failed("lock"))? {
        lock::mark(&file, &kernel::boot_id()).map_err(failed("write"))?;
        Ok(file)
    } else {
        let why = "another supervisor has it".to_owned();
        Err(Error::Supervisor { id: folder.id(), why })
    }
}

fn spawn_failed(why: String, started_ms: i64, opt_ml: OptMl) -> Exit {
    Exit {
        outcome: Outcome::Unknown,
        reason: ExitReason::SpawnFailed(why),
        started_ms,
        ended_ms: now_ms(),
        stderr_tail: String::new(),
        opt_ml,
        log_error: None,
    }
}

fn supervise_program(
    folder: &JobFolder,
    spec: &JobSpec,
    ready: Ready,
    watching: &Watching,
    started_ms: i64,
) -> Exit {
    let group = ready.limited_group(folder, spec);
    let started = ready.launcher.and_then(|launcher| Program::start(folder, spec, launcher));
    let program = match started {
        Ok(program) => program,
        Err(why) => return spawn_failed(why, started_ms, OptMl::NotAsked),
    };
    let status = Status {
        version: SPEC_VERSION,
        supervisor_pid: std::process::id().cast_signed(),
        program_pid: program.pid,
        program_start_ticks: kernel::process(program.pid).map_or(0, |it| it.start_ticks),
        boot_id: kernel::boot_id(),
        started_ms,
        opt_ml: program.opt_ml.clone(),
    };
    if let Err(error) = write_note(&folder.status(), &status) {
        eprintln!("{}", describe(&error));
    }
    // Where it was not made ready the program runs already: nobody waits for the kernel to move it.
    let group = group.filter(|group| {
        group.adopt(&[program.pid]);
        group.adopt(&memory::descendants());
        let is_in =
            group.has(program.pid) || kernel::process(program.pid).is_none_or(|it| it.is_dead);
        if !is_in {
            eprintln!("the program could not be put into its control group; its memory is watched");
        }
        is_in
    });
    program.supervise(folder, spec, watching, group, started_ms)
}

/// Tells how the job ended, at once: somebody waits for its place. Where the disk is full, tries again
/// for ten minutes, because without the record the job counts as lost.
fn tell(folder: &JobFolder, ended: &Ended) -> Result<()> {
    let mut attempts_left = 600;
    loop {
        match write_note(&folder.exit(), ended) {
            Err(error) if attempts_left > 0 && folder.path().exists() => {
                eprintln!("{}", describe(&error));
                attempts_left -= 1;
                std::thread::sleep(Duration::from_secs(1));
            }
            other => return other,
        }
    }
}
