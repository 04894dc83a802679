//! The folder of a job: its layout and how records in it are read and written.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::job::check_id;
use crate::{Error, Result};

/// The folder of one job.
///
/// ```text
/// <jobs>/<id>/spec.json        what to run (readable by the owner only: it holds the environment)
///             ml/              the /opt/ml tree
///             log              one line per line of output: milliseconds, stream, text
///             supervisor.lock  locked for as long as a supervisor lives
///             supervisor.pid   written before the program is started
///             supervisor.log   what the supervisor itself had to say
///             status.json      written when the program runs
///             stop-request     present when a stop was asked for
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

    /// Makes the folder and its `ml/` folder, for the owner only.
    pub(crate) fn create(&self) -> Result<()> {
        let ml = self.ml();
        let make = |path: &Path| DirBuilder::new().recursive(true).mode(0o700).create(path);
        make(&self.path).map_err(Error::io("create", &self.path))?;
        // The job's user may be another one than the server's: the tree itself is not secret.
        DirBuilder::new().recursive(true).mode(0o755).create(&ml).map_err(Error::io("create", &ml))
    }
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

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
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
