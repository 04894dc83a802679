//! What can go wrong in a runner.

use std::io;
use std::path::PathBuf;

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong in a runner. How a *job* failed is not an error: see [`crate::Exit`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The id cannot be a folder name.
    #[error(
        "job id {0:?} must be 1 to 200 of the characters A-Z a-z 0-9 . _ - and must not begin with a dot"
    )]
    InvalidId(String),
    /// The specification cannot be run.
    #[error("job {id} cannot be run: {why}")]
    InvalidSpec {
        /// The job.
        id: String,
        /// What is wrong with it.
        why: String,
    },
    /// No job of that id was ever started.
    #[error("there is no job {0}")]
    UnknownJob(String),
    /// The job is running, so its folder cannot go.
    #[error("job {0} is still running")]
    StillRunning(String),
    /// The supervisor of a job could not be started, or died before it took the job over.
    #[error("the supervisor of job {id} did not start: {why}")]
    Supervisor {
        /// The job.
        id: String,
        /// What the supervisor said last, or the reason it could not be spawned.
        why: String,
    },
    /// A file of the job folder could not be read or written.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: "read", "write", "lock".
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// A record of the job folder is not what this version writes.
    #[error("{} is not a valid record", path.display())]
    Record {
        /// The record.
        path: PathBuf,
        /// What the parser said.
        #[source]
        source: serde_json::Error,
    },
    /// There is no Python to run scripts with.
    #[error(
        "there is no Python to run it with: {why}; install Python 3.8 or newer with its venv module, or uv and a Python, \
         or name an interpreter in REFIT_PYTHON, and run the job again"
    )]
    NoPython {
        /// What was looked for.
        why: String,
    },
    /// A Python environment could not be made.
    #[error("the Python environment could not be made: {why}")]
    Environment {
        /// The last words of what made it.
        why: String,
    },
    /// The container engine refused, or is not there.
    #[error("the container engine {what}: {why}")]
    Engine {
        /// What was asked of it.
        what: String,
        /// What it said.
        why: String,
    },
    /// The kernel does not give us the means to watch job folders.
    #[error("cannot watch job folders")]
    Watch(#[source] io::Error),
    /// A task of this runner was cancelled because the runtime is shutting down.
    #[error("the runtime is shutting down")]
    ShuttingDown,
}

impl Error {
    /// An I/O error with the file and the action it happened on.
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
