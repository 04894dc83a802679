//! Python environments: made once for what they hold, shared by the jobs that want the same, and
//! deleted when nobody has used them for long.
//!
//! ```text
//! <root>/<key>.json          the environment is complete; the record names its folder
//!        <key>.used          touched when a job takes it
//!        <key>-<random>/     a virtual environment; without a record it is being made or was given up
//! ```
//!
//! The key is a digest of the interpreter and of everything that is to be installed. A build that
//! died half-way has no record, so nobody ever sees half an environment.

mod build;
mod digest;
mod interpreter;
mod sweep;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::folder::{read_record, sync_file_system, write_record};
use crate::{Error, Result};

use interpreter::Tools;

/// How old the mark of a use may be before it is written again.
const USE_MARK_AGE: Duration = Duration::from_hours(1);

/// What an environment holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipe {
    /// Requirements in pip's notation, markers and all.
    pub packages: Vec<String>,
    /// A `requirements.txt`, relative to [`Recipe::source`].
    pub requirements: Option<PathBuf>,
    /// The folder in which requirements are read; installed itself when [`Recipe::install_source`].
    pub source: Option<PathBuf>,
    /// The source folder is a Python package to be installed.
    pub install_source: bool,
}

/// An environment that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The key: what a job folder's `environment` file says, so that the environment is kept.
    pub key: String,
    /// The folder to put first on the `PATH`.
    pub bin: PathBuf,
    /// The folder of the environment (`VIRTUAL_ENV`).
    pub folder: PathBuf,
    /// Its interpreter.
    pub python: PathBuf,
}

/// The record of a complete environment.
#[derive(Debug, Serialize, Deserialize)]
struct Made {
    folder: String,
    python: String,
    packages: Vec<String>,
    requirements: Option<String>,
}

/// The environments below a folder.
pub struct Environments {
    root: PathBuf,
    /// One build at a time per key.
    builds: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    tools: tokio::sync::Mutex<Option<Tools>>,
}

impl Environments {
    /// The environments below `root`, which is made when it is needed.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), builds: Mutex::default(), tools: tokio::sync::Mutex::default() }
    }

    /// The environment of a recipe; made when it is not there, which may take minutes. May be
    /// dropped: what was begun is ended and done again by the next who asks.
    ///
    /// # Errors
    /// [`Error::NoPython`] where there is no interpreter, [`Error::Environment`] with the last words
    /// of the installer where something cannot be installed.
    pub async fn get(&self, recipe: &Recipe) -> Result<Environment> {
        let tools = self.tools().await?;
        let (wanted, used) = (recipe.clone(), tools.clone());
        let key = blocking(move || digest::key(&wanted, &used)).await?;
        if let Some(found) = self.find(&key)? {
            return Ok(found);
        }
        let turn = self.turn(&key);
        let _mine = turn.lock().await;
        if let Some(found) = self.find(&key)? {
            return Ok(found);
        }
        fs::create_dir_all(&self.root).map_err(Error::io("create", &self.root))?;
        let folder = self.root.join(format!("{key}-{}", unique()));
        or_nothing(&folder, || build::build(&tools, recipe, &folder)).await?;
        let made = Made {
            folder: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            python: tools.version.clone(),
            packages: recipe.packages.clone(),
            requirements: digest::requirements_text(recipe)?,
        };
        // The record says that it is whole, also after a power cut.
        let built = folder.clone();
        blocking(move || sync_file_system(&built).map_err(Error::io("sync", built))).await?;
        write_record(&self.record(&key), &made)?;
        self.find(&key)?
            .ok_or_else(|| Error::Environment { why: "it vanished while it was made".to_owned() })
    }

    /// Deletes what no job folder below `jobs` names and nobody has used for `unused`, and what
    /// builds left that were given up. Answers how many folders went.
    pub async fn sweep(&self, jobs: &Path, unused: Duration) -> Result<usize> {
        let (root, jobs) = (self.root.clone(), jobs.to_owned());
        blocking(move || sweep::sweep(&root, &jobs, unused, SystemTime::now())).await
    }

    fn record(&self, key: &str) -> PathBuf {
        self.root.join(format!("{key}.json"))
    }

    /// The complete environment of a key, whose interpreter is still there.
    fn find(&self, key: &str) -> Result<Option<Environment>> {
        let Some(made) = read_record::<Made>(&self.record(key))? else { return Ok(None) };
        let folder = self.root.join(made.folder);
        let bin = folder.join("bin");
        let python = bin.join("python");
        if !python.exists() {
            return Ok(None);
        }
        let mark = self.root.join(format!("{key}.used"));
        let is_fresh = mark
            .metadata()
            .and_then(|it| it.modified())
            .is_ok_and(|at| at.elapsed().is_ok_and(|age| age < USE_MARK_AGE));
        if !is_fresh {
            fs::write(&mark, "").map_err(Error::io("write", &mark))?;
        }
        Ok(Some(Environment { key: key.to_owned(), bin, folder, python }))
    }

    fn turn(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut builds = self.builds.lock().unwrap_or_else(PoisonError::into_inner);
        builds.entry(key.to_owned()).or_default().clone()
    }

    /// Interpreter and installer, looked for once; again while there is none.
    async fn tools(&self) -> Result<Tools> {
        let mut known = self.tools.lock().await;
        if let Some(tools) = known.as_ref().filter(|tools| tools.python.exists()) {
            return Ok(tools.clone());
        }
        let found = interpreter::find().await?;
        *known = Some(found.clone());
        Ok(found)
    }
}

/// Runs a build; what a failed one left is removed.
async fn or_nothing<F>(folder: &Path, work: impl FnOnce() -> F) -> Result<()>
where
    F: Future<Output = Result<()>>,
{
    let built = work().await;
    if built.is_err() {
        fs::remove_dir_all(folder).ok();
    }
    built
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Error::ShuttingDown))
}

/// Tells apart the builds of one key: by process and instant.
fn unique() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{:x}{:x}", std::process::id(), now.as_nanos() & 0xffff_ffff)
}
