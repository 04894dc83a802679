//! The values a runner takes and gives: specification, state, exit, log lines.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The version of [`JobSpec`] this code writes.
pub const SPEC_VERSION: u32 = 1;

/// What to run and under which limits; stored as `spec.json` in the job folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// The version of this record.
    pub version: u32,
    /// Unique among all jobs of the runner, and the name of the job's folder: 1 to 200 of the
    /// characters `A-Z a-z 0-9 . _ -`, not beginning with a dot.
    pub id: String,
    /// The program and its arguments. A program without `/` is looked up on the job's `PATH`.
    pub argv: Vec<String>,
    /// The environment. Nothing else is set but what [`JobSpec::inherit_env`] names, `REFIT_JOB`
    /// (the job folder) and `REFIT_OPT_ML` (the path of the `/opt/ml` tree as the job sees it).
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Variables taken over from the server's own environment where [`JobSpec::env`] has not set
    /// them. Never name credentials here.
    #[serde(default = "default_inherited")]
    pub inherit_env: Vec<String>,
    /// The working directory, as the job sees it; the job's `ml/` folder when absent.
    #[serde(default)]
    pub working_directory: Option<PathBuf>,
    /// Whether the job sees its `ml/` folder as `/opt/ml`. Where the kernel refuses, `/opt/ml` in
    /// `argv`, `env` and `working_directory` is replaced by the real path of the `ml/` folder, and
    /// the state says so (see [`OptMl`]).
    #[serde(default)]
    pub mount_opt_ml: bool,
    /// The host name the job sees and can resolve to the loopback address (`algo-1`). Only
    /// honoured together with [`JobSpec::mount_opt_ml`], where the kernel lets us.
    #[serde(default)]
    pub hostname: Option<String>,
    /// Other host names that the job can resolve, with their addresses. Under the same conditions as
    /// [`JobSpec::hostname`], whose own address may be named here too (loopback otherwise).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hosts: BTreeMap<String, String>,
    /// Folders below `ml/` that the job may only read. Their files may be hard links to files of
    /// others: where they cannot be mounted read-only, the job gets copies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_only: Vec<PathBuf>,
    /// A folder of this machine of which the job sees only its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<Hidden>,
    /// The job reaches no network but its own loopback. Without the kernel's consent it is not run.
    #[serde(default)]
    pub isolate_network: bool,
    /// Named pipes that are fed while the job runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pipes: Vec<Pipe>,
    /// Runs the job in a container instead of as a process of this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Container>,
    /// Limits.
    #[serde(default)]
    pub limits: Limits,
    /// How much is logged.
    #[serde(default)]
    pub log: LogSettings,
}

fn default_inherited() -> Vec<String> {
    ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE"]
        .map(str::to_owned)
        .to_vec()
}

impl JobSpec {
    /// A specification with default limits and no environment of its own.
    pub fn new(id: impl Into<String>, argv: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            version: SPEC_VERSION,
            id: id.into(),
            argv: argv.into_iter().map(Into::into).collect(),
            env: BTreeMap::new(),
            inherit_env: default_inherited(),
            working_directory: None,
            mount_opt_ml: false,
            hostname: None,
            hosts: BTreeMap::new(),
            read_only: Vec::new(),
            hidden: None,
            isolate_network: false,
            pipes: Vec::new(),
            container: None,
            limits: Limits::default(),
            log: LogSettings::default(),
        }
    }

    /// Refuses what no runner could run.
    pub fn validate(&self) -> Result<()> {
        check_id(&self.id)?;
        let refuse =
            |why: &str| Err(Error::InvalidSpec { id: self.id.clone(), why: why.to_owned() });
        if self.version != SPEC_VERSION {
            return refuse("its specification is of another version");
        }
        // A container may bring its own program.
        if self.container.is_none() && self.argv.first().is_none_or(String::is_empty) {
            return refuse("it names no program");
        }
        let texts = self.argv.iter().chain(self.env.keys()).chain(self.env.values());
        if texts.chain(self.hostname.iter()).any(|text| text.contains('\0')) {
            return refuse("an argument or variable contains a null character");
        }
        if self.env.keys().any(|name| name.is_empty() || name.contains('=')) {
            return refuse("the name of a variable is empty or contains '='");
        }
        Ok(())
    }
}

/// Refuses ids that cannot be a folder name.
pub(crate) fn check_id(id: &str) -> Result<()> {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
    if (1..=200).contains(&id.len()) && !id.starts_with('.') && id.bytes().all(allowed) {
        Ok(())
    } else {
        Err(Error::InvalidId(id.to_owned()))
    }
}

/// Limits of one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// After this many seconds the job is stopped; none means no limit.
    #[serde(default)]
    pub max_runtime_seconds: Option<u64>,
    /// Seconds between SIGTERM and SIGKILL when a job is stopped.
    // AWS: StopTrainingJob: SIGTERM, then SIGKILL after 120 seconds.
    #[serde(default = "default_grace")]
    pub stop_grace_seconds: u64,
    /// A job whose processes together hold more memory than this is killed; none means no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Its share of the processors, beside others that want them: as many as this. What nobody else
    /// wants it may have too. Only where the kernel gives the job a control group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vcpus: Option<u32>,
}

/// A folder that is hidden from a job, so that what it does by mistake harms only itself. Only honoured together with
/// [`JobSpec::mount_opt_ml`], where the kernel lets us, and not when the job's program or working directory lies there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    /// The folder. The job sees it empty and read-only, but for its own job folder.
    pub folder: PathBuf,
    /// What it sees of it nevertheless; folders that are not there are fine. What it changes there is seen by itself
    /// alone, where the kernel can do that.
    #[serde(default)]
    pub shown: Vec<PathBuf>,
}

/// A named pipe per epoch, `input/data/<channel>_<epoch>`: each gives the same files one after the
/// other, and the next appears when the one before has been closed.
// AWS: your-algorithms-training-algo-running-container, Pipe mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipe {
    /// The channel.
    pub channel: String,
    /// What each pipe gives, in order.
    pub parts: Vec<PipePart>,
    /// Each part becomes one RecordIO record.
    #[serde(default)]
    pub record_io: bool,
    /// The parts are given in another order each epoch, which this number decides.
    #[serde(default)]
    pub shuffle_seed: Option<u64>,
}

/// One file of a [`Pipe`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipePart {
    /// The file, relative to the job folder.
    pub file: PathBuf,
    /// From where in the file, bytes.
    #[serde(default)]
    pub offset: u64,
    /// How much of it, bytes; to its end when absent.
    #[serde(default)]
    pub length: Option<u64>,
    /// It is gzip and given as what it unpacks to.
    #[serde(default)]
    pub gzip: bool,
}

/// How a job runs in a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// The image's name.
    pub image: String,
    /// The address of the engine: `unix:///…` or `tcp://host:port`.
    pub engine: String,
    /// Replaces the image's entrypoint.
    #[serde(default)]
    pub entrypoint: Option<Vec<String>>,
    /// A program of this machine, with its arguments, that asks the container: it is started with the job's environment
    /// when the container runs, and its end is the job's. Without one the container's end is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<String>,
    /// When the image is fetched.
    #[serde(default)]
    pub pull: Pull,
    /// The engine's network: `host`, `bridge`, `none` or a name.
    pub network: String,
    /// Processors, in thousandths; all when absent.
    #[serde(default)]
    pub cpu_thousandths: Option<u64>,
    /// The indices of the GPUs that it sees.
    #[serde(default)]
    pub gpus: Vec<u32>,
    /// Size of `/dev/shm`, bytes.
    #[serde(default)]
    pub shm_bytes: Option<u64>,
}

/// When an image is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Pull {
    /// When the engine does not have it.
    #[default]
    Missing,
    /// Each time.
    Always,
    /// Never: it must be there.
    Never,
}

fn default_grace() -> u64 {
    120
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_runtime_seconds: None,
            stop_grace_seconds: default_grace(),
            memory_bytes: None,
            vcpus: None,
        }
    }
}

/// How much of a job's output is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSettings {
    /// A longer line is written as several lines of at most this many bytes.
    pub max_line_bytes: usize,
    /// When the log has grown to this many bytes, output is left out; a line of the log says how
    /// much, and the last lines of the job follow it.
    pub max_total_bytes: u64,
    /// How many bytes of the end of standard error are kept in the [`Exit`].
    pub stderr_tail_bytes: usize,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            max_line_bytes: 64 * 1024,
            max_total_bytes: 256 * 1024 * 1024,
            stderr_tail_bytes: 4 * 1024,
        }
    }
}

/// What a job is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobState {
    /// Never started (it may have a folder).
    Unknown,
    /// A supervisor has it; its program does not run yet.
    Starting,
    /// Its program runs.
    Running {
        /// When the program was started, Unix milliseconds.
        started_ms: i64,
        /// How the job sees its `/opt/ml` tree.
        opt_ml: OptMl,
    },
    /// It has ended.
    Exited(Exit),
}

/// How a job sees its `ml/` folder.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OptMl {
    /// It did not ask for `/opt/ml`.
    #[default]
    NotAsked,
    /// As `/opt/ml`, by a private mount namespace.
    PrivateMount,
    /// As `/opt/ml`, by a private mount namespace inside a user namespace.
    UserNamespace,
    /// By its real path only: `/opt/ml` in arguments and environment was replaced by it.
    Environment {
        /// Why the kernel did not let us mount.
        why: String,
    },
}

/// The end of a job; stored as `exit.json` in the job folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// How the program ended.
    pub outcome: Outcome,
    /// Why it ended.
    pub reason: ExitReason,
    /// When the program was started (or the attempt was made), Unix milliseconds.
    pub started_ms: i64,
    /// When its end was recorded, Unix milliseconds.
    pub ended_ms: i64,
    /// The end of what it wrote to standard error.
    #[serde(default)]
    pub stderr_tail: String,
    /// How it saw its `/opt/ml` tree.
    #[serde(default)]
    pub opt_ml: OptMl,
    /// Why the log is incomplete, when writing it failed (a full disk, for instance).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_error: Option<String>,
}

impl Exit {
    /// Whether the program ended by itself with code 0.
    pub fn is_success(&self) -> bool {
        self.reason == ExitReason::Exited && self.outcome == Outcome::Code(0)
    }

    /// The exit code as a shell shows it: the code, 128 + signal, or none when it is not known.
    pub fn shell_code(&self) -> Option<i32> {
        match self.outcome {
            Outcome::Code(code) => Some(code),
            Outcome::Signal(signal) => Some(128_i32.saturating_add(signal)),
            Outcome::Unknown => None,
        }
    }
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// With an exit code.
    Code(i32),
    /// By a signal of this number.
    Signal(i32),
    /// Nobody knows: it never ran, or its supervisor was killed.
    Unknown,
}

/// Why a job ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExitReason {
    /// Its program ended by itself.
    Exited,
    /// It was asked to stop.
    Stopped,
    /// It ran longer than [`Limits::max_runtime_seconds`].
    MaxRuntimeExceeded,
    /// Its processes held more memory than [`Limits::memory_bytes`].
    MemoryExceeded {
        /// What they held when they were killed, bytes.
        used_bytes: u64,
        /// The limit, bytes.
        limit_bytes: u64,
    },
    /// Its supervisor was killed; what was left of it was killed.
    Lost,
    /// The machine was restarted while it ran.
    MachineRestarted,
    /// Its program could not be started.
    SpawnFailed(String),
    /// What it was to read from a pipe could not be given to it; it was killed.
    InputFailed(String),
}

/// Which stream a line was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A remark of the supervisor (output left out).
    Supervisor,
}

/// One line of a job's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When the line was read from the job, Unix milliseconds.
    pub timestamp_ms: i64,
    /// Where it was written to.
    pub stream: LogStream,
    /// The line without its line feed; bytes that are not UTF-8 are replaced.
    pub text: String,
}

/// A piece of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LogPage {
    /// Complete lines, oldest first; empty when there is nothing after the offset now.
    pub lines: Vec<LogLine>,
    /// Where to read on.
    pub next_offset: u64,
}
