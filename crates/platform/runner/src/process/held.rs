//! Supervisors that were started ahead of their jobs' turn and wait for the word.
//!
//! The word comes through a pipe whose other end only this process has: without it they end, and nothing has
//! begun. A note in the job folder tells such a supervisor from one that begins at once.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, PipeWriter, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::folder::write_note;
use crate::{Error, JobFolder, JobSpec, Limits, Result};

/// A supervisor that waits. Dropped, it ends.
pub(super) struct Held {
    word: PipeWriter,
    /// What it has made ready for.
    spec: JobSpec,
}

/// All that wait, by their jobs.
#[derive(Default)]
pub(super) struct HeldJobs {
    by_id: Mutex<HashMap<String, Held>>,
}

impl HeldJobs {
    pub(super) fn keep(&self, id: &str, held: Held) {
        self.lock().insert(id.to_owned(), held);
    }

    pub(super) fn take(&self, id: &str) -> Option<Held> {
        self.lock().remove(id)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Held>> {
        // A panic elsewhere cannot leave it half-changed: every change is one call.
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    pub(super) fn new(word: PipeWriter, spec: JobSpec) -> Self {
        Self { word, spec }
    }

    /// Whether what was made ready is what this specification needs.
    pub(super) fn fits(&self, spec: &JobSpec) -> bool {
        let lasting = |spec: &JobSpec| JobSpec {
            env: BTreeMap::default(),
            limits: Limits::default(),
            ..spec.clone()
        };
        lasting(&self.spec) == lasting(spec)
    }

    /// Lets it begin with this specification.
    pub(super) fn begin(mut self, folder: &JobFolder, spec: &JobSpec) -> Result<()> {
        write_note(&folder.spec(), spec)?;
        note(folder, false)?;
        // One that has ended meanwhile is noticed by whoever waits for it.
        self.word.write_all(b"g").or_else(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Ok(()),
            _ => Err(Error::io("begin", folder.path())(error)),
        })
    }
}

/// Notes whether a supervisor of the job is to wait.
pub(super) fn note(folder: &JobFolder, waits: bool) -> Result<()> {
    if waits {
        return write_note(&folder.held(), &std::process::id());
    }
    match fs::remove_file(folder.held()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io("remove", folder.held())(error))
        }
        _ => Ok(()),
    }
}
