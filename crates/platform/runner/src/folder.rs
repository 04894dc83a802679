//! The folder of a job: its layout and how records in it are read and written.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::job::check_id;
use crate::{Error, Exit, OptMl, Result};

/// The folder of one job.
///
/// ```text
/// <jobs>/<id>/spec.json        what to run (readable by the owner only: it holds the environment)
///             ml/              the /opt/ml tree
///             log              one line per line of output: milliseconds, stream, text
///             supervisor.lock  locked for as long as a supervisor lives; during which boot it was
///             held             present while a supervisor that was started ahead is to wait
///             supervisor.pid   written before the program is started
///             supervisor.log   what the supervisor itself had to say
///             status.json      written when the program runs
///             stop-request     present when a stop was asked for
///             changes/         what it changed of what it shares with others
///             groups.json      the control groups that keep its limits, where there are any
///             exit.json        written when the job has ended
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFolder {
    path: PathBuf,
}

impl JobFolder {
    /// The folder of the job of that id below `jobs`; nothing is made.
    pub fn new(jobs: &Path, id: &str) -> Result<Self> {
        check_id(id)?;
        Ok(Self { path: jobs.join(id) })
    }

    /// The folder at a path; nothing is made or checked.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The job's id: the folder's name.
    pub(crate) fn id(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The job's `/opt/ml` tree, as the server sees it.
    pub fn ml(&self) -> PathBuf {
        self.path.join("ml")
    }

    pub(crate) fn spec(&self) -> PathBuf {
        self.path.join("spec.json")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.path.join("supervisor.lock")
    }

    pub(crate) fn held(&self) -> PathBuf {
        self.path.join("held")
    }

    pub(crate) fn pid(&self) -> PathBuf {
        self.path.join("supervisor.pid")
    }

    pub(crate) fn supervisor_log(&self) -> PathBuf {
        self.path.join("supervisor.log")
    }

    pub(crate) fn status(&self) -> PathBuf {
        self.path.join("status.json")
    }

    pub(crate) fn stop_request(&self) -> PathBuf {
        self.path.join("stop-request")
    }

    /// Why the job's pipes could not be fed.
    pub(crate) fn feed_error(&self) -> PathBuf {
        self.path.join("feed-error")
    }

    pub(crate) fn changes(&self) -> PathBuf {
        self.path.join("changes")
    }

    pub(crate) fn groups(&self) -> PathBuf {
        self.path.join("groups.json")
    }

    pub(crate) fn exit(&self) -> PathBuf {
        self.path.join("exit.json")
    }

    /// Makes the folder and its `ml/` folder, for the owner only.
    pub(crate) fn create(&self) -> Result<()> {
        let ml = self.ml();
        let make = |path: &Path| DirBuilder::new().recursive(true).mode(0o700).create(path);
        make(&self.path).map_err(Error::io("create", &self.path))?;
        // The job's user may be another one than the server's: the tree itself is not secret.
        DirBuilder::new().recursive(true).mode(0o755).create(&ml).map_err(Error::io("create", &ml))
    }
}

/// What is known of a running program; stored as `status.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Status {
    pub(crate) version: u32,
    pub(crate) supervisor_pid: i32,
    pub(crate) program_pid: i32,
    /// Clock ticks from boot to the program's start.
    pub(crate) program_start_ticks: u64,
    pub(crate) boot_id: String,
    pub(crate) started_ms: i64,
    pub(crate) opt_ml: OptMl,
}

/// The end of a job; stored as `exit.json`.
///
/// It is told before it is on the disk, because the next job waits for it. What tells of an end that
/// a power cut overtook is the boot it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ended {
    #[serde(flatten)]
    pub(crate) exit: Exit,
    /// The boot during which it ended.
    #[serde(default)]
    pub(crate) boot_id: String,
    /// Everything that the job wrote, and this, is on the disk.
    #[serde(default = "yes")]
    pub(crate) is_on_disk: bool,
}

// Records of earlier versions were written when they were on the disk.
fn yes() -> bool {
    true
}

impl Ended {
    /// Whether a power cut may have taken parts of what the job left.
    pub(crate) fn is_doubtful(&self, this_boot: &str) -> bool {
        !self.is_on_disk && self.boot_id != this_boot
    }
}

/// Puts everything that was written to the file system of a folder on the disk.
pub(crate) fn sync_file_system(path: &Path) -> io::Result<()> {
    nix::unistd::syncfs(File::open(path)?).map_err(io::Error::from)
}

/// Reads a JSON record; `None` when the file is not there.
pub(crate) fn read_record<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("read", path)(error)),
    };
    let parsed = serde_json::from_slice(&bytes);
    parsed.map(Some).map_err(|source| Error::Record { path: path.to_owned(), source })
}

/// Writes a JSON record so that a reader, or a crash, finds either all of it or nothing.
pub(crate) fn write_record<T: Serialize>(path: &Path, record: &T) -> Result<()> {
    let text = serde_json::to_vec_pretty(record)
        .map_err(|source| Error::Record { path: path.to_owned(), source })?;
    write_whole(path, &text).map_err(Error::io("write", path))
}

/// The same without waiting for the disk, for what only matters while the machine runs: after a power
/// cut the record may be missing or empty.
pub(crate) fn write_note<T: Serialize>(path: &Path, record: &T) -> Result<()> {
    let text = serde_json::to_vec_pretty(record)
        .map_err(|source| Error::Record { path: path.to_owned(), source })?;
    write_draft(path, &text, false).map_err(Error::io("write", path))
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_draft(path, bytes, true)?;
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

fn write_draft(path: &Path, bytes: &[u8], is_durable: bool) -> io::Result<()> {
    // Two tasks may write the same record at once.
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_extension(format!("{}-{count}.tmp", std::process::id()));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(bytes)?;
    if is_durable {
        file.sync_all()?;
    }
    fs::rename(&temporary, path)
}

/// The names of the job folders below `jobs`, in order.
pub(crate) fn list(jobs: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(jobs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("read", jobs)(error)),
    };
    let mut ids = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io("read", jobs))?;
        let name = entry.file_name();
        // What cannot be a job's name is not ours.
        if let Some(name) = name.to_str().filter(|name| check_id(name).is_ok()) {
            ids.push(name.to_owned());
        }
    }
    ids.sort();
    Ok(ids)
}
