//! The runner port: where jobs run.
//!
//! A *job* is one run of user code. [`Runner`] is the port; [`ProcessRunner`] runs a job as a process
//! of this machine under a supervisor process of its own, so that the server may die and come back
//! without the job noticing; [`FakeRunner`] plays scripted jobs in tokio time for simulations.
//!
//! Everything about a job lies in one folder (see [`JobFolder`]); there is no other state. What a
//! runner answers is always what that folder and the kernel's locks say at that moment.

mod clock;
pub mod container;
pub mod environments;
mod error;
mod fake;
mod folder;
pub mod groups;
mod job;
mod kernel;
mod lock;
mod log;
mod process;
pub mod resources;
mod supervise;
pub mod testing;

pub use error::{Error, Result};
pub use fake::{FakeRunner, FakeScript, FakeStop};
pub use folder::JobFolder;
pub use job::{
    Container, Exit, ExitReason, Hidden, JobSpec, JobState, Limits, LogLine, LogPage, LogSettings,
    LogStream, OptMl, Outcome, Pipe, PipePart, Pull, SPEC_VERSION,
};

pub use process::ProcessRunner;
pub use supervise::supervise;

use async_trait::async_trait;

/// Where jobs run. Every implementation passes the suite of this crate's `testing` module.
///
/// All methods may be called at any time, from several tasks, and after a restart of the server
/// with a fresh runner over the same folder.
#[async_trait]
pub trait Runner: Send + Sync {
    /// The folder of a job, made if it is not there, so that the `ml/` tree can be filled before
    /// [`Runner::start`]. Does not start anything: the job's state stays [`JobState::Unknown`].
    async fn prepare(&self, id: &str) -> Result<JobFolder>;

    /// Makes everything ready for a start that comes soon, so that it takes less time. The folder must be filled; the
    /// specification given to [`Runner::start`] may differ from this one in its environment and its limits. Nothing of
    /// it counts as started: the job's state stays [`JobState::Unknown`], and [`Runner::prepare`] and
    /// [`Runner::remove`] take it back, as does the end of this process. A runner that starts quickly does nothing.
    async fn make_ready(&self, spec: &JobSpec) -> Result<()> {
        spec.validate()
    }

    /// Starts the job. A second start of an id that is running or has ended attaches to that run
    /// and starts nothing. When it returns `Ok`, the job will be supervised to its end even if
    /// this process dies at once.
    async fn start(&self, spec: &JobSpec) -> Result<()>;

    /// What the job is doing now.
    async fn state(&self, id: &str) -> Result<JobState>;

    /// Waits for the job's end. An id that was never started is [`Error::UnknownJob`].
    async fn wait(&self, id: &str) -> Result<Exit>;

    /// Asks the job to stop: SIGTERM to its processes, and SIGKILL when the grace of its
    /// [`Limits`] is over. Returns as soon as the request is recorded; asking again, or asking a
    /// job that has ended, changes nothing.
    async fn stop(&self, id: &str) -> Result<()>;

    /// Reads complete log lines from a byte offset (0 is the beginning, afterwards
    /// [`LogPage::next_offset`]). A page is bounded; read on until it comes back empty.
    async fn read_log(&self, id: &str, from_offset: u64) -> Result<LogPage>;

    /// Waits until the log has lines after the offset (`true`), or the job has ended and there is
    /// nothing after the offset (`false`).
    async fn wait_log(&self, id: &str, from_offset: u64) -> Result<bool>;

    /// Deletes what a beginning left of a job that never started; of one that runs or ran, nothing: such a job can only
    /// be [`Runner::remove`]d, and never starts again before it is.
    async fn discard(&self, id: &str) -> Result<()>;

    /// Deletes the folder of a job that is not running; [`Error::StillRunning`] otherwise. An id
    /// that has no folder is fine.
    async fn remove(&self, id: &str) -> Result<()>;

    /// The ids of all jobs that have a folder, in order of name.
    async fn list(&self) -> Result<Vec<String>>;

    /// Names this boot of the machine: what ran during another runs no more.
    fn boot_id(&self) -> String {
        kernel::boot_id()
    }
}
