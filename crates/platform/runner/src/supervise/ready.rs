//! What can be done for a job before the machine is free for it: its launcher and its control group.
//! A supervisor that was started ahead waits with both for the server's word.

use std::fs::File;
use std::io::{self, Read as _};

use crate::{JobFolder, JobSpec, Limits, groups};

use super::launch::{self, Launcher};
use super::watching::Watching;

/// A launcher that waits, and the group that it is to run in.
pub(super) struct Ready {
    /// The error says why there is none.
    pub(super) launcher: Result<Launcher, String>,
    group: Option<groups::Group>,
    limits: Limits,
}

impl Ready {
    /// For a job that starts at once: the kernel moves the program into its group while it runs.
    pub(super) fn now(folder: &JobFolder, spec: &JobSpec) -> Self {
        // The launcher first: it takes longer.
        let launcher = launch::begin(spec);
        Self { launcher, group: own_group(folder, spec), limits: spec.limits }
    }

    /// For a job that waits: the launcher is in the group before it becomes the program.
    pub(super) fn ahead(folder: &JobFolder, spec: &JobSpec) -> Self {
        let ready = Self::now(folder, spec);
        if let (Ok(launcher), Some(group)) = (&ready.launcher, &ready.group) {
            group.adopt(&[launcher.pid]);
        }
        ready
    }

    /// Takes everything back.
    pub(super) fn give_up(self) {
        drop(self.launcher);
        if let Some(group) = self.group {
            group.remove();
        }
    }

    /// The group with the limits that hold now, which are known when the job is granted its place.
    pub(super) fn limited_group(
        &self,
        folder: &JobFolder,
        spec: &JobSpec,
    ) -> Option<groups::Group> {
        if spec.limits == self.limits {
            return self.group.clone();
        }
        own_group(folder, spec)
    }
}

/// The control group of a process that has limits; the supervisor's log says what keeps them.
fn own_group(folder: &JobFolder, spec: &JobSpec) -> Option<groups::Group> {
    let has_limits = spec.limits.memory_bytes.is_some() || spec.limits.vcpus.is_some();
    if !has_limits || spec.container.is_some() {
        return None;
    }
    match groups::make(folder, &spec.limits) {
        Ok(group) => Some(group),
        Err(why) => {
            eprintln!("no control group ({why}); the job's memory is watched");
            None
        }
    }
}

/// The server's word, which comes through the pipe that it handed down as standard output.
pub(super) struct Word {
    pipe: File,
}

impl Word {
    /// The word that this supervisor is to wait for; none when it was started to begin at once.
    pub(super) fn awaited(folder: &JobFolder) -> io::Result<Option<Self>> {
        use std::os::fd::AsFd as _;
        // The server takes the note away before it gives the word.
        if !folder.held().exists() {
            return Ok(None);
        }
        let pipe = io::stdout().as_fd().try_clone_to_owned()?;
        Ok(Some(Self { pipe: File::from(pipe) }))
    }

    /// Waits for it; `false` when it will not come, because the server is gone or wants the job no more.
    pub(super) fn comes(mut self, watching: &Watching) -> bool {
        loop {
            let (has_word, asked_to_end) = watching.wait_for(&self.pipe);
            if has_word {
                return self.pipe.read(&mut [0]).is_ok_and(|count| count > 0);
            }
            if asked_to_end {
                return false;
            }
        }
    }
}
