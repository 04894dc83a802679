//! Jobs as processes of this machine.

mod held;
mod inspect;
mod watcher;

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, PipeReader};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use async_trait::async_trait;

use crate::folder::{JobFolder, write_note, write_record};
use crate::{Error, Exit, JobSpec, JobState, LogPage, Result, Runner, lock, log};

use held::{Held, HeldJobs};
use inspect::{Found, inspect};
use watcher::Watcher;

/// Runs jobs as processes of this machine, each under a supervisor process of its own.
///
/// It holds nothing that is not in the job folders, but for supervisors that wait for its word and end with
/// it, so a server that died is replaced by one that makes a new runner over the same folder.
pub struct ProcessRunner {
    jobs: PathBuf,
    supervisor: Arc<[OsString]>,
    watcher: Watcher,
    held: HeldJobs,
}

impl ProcessRunner {
    /// A runner whose job folders lie in `jobs_directory` (made if it is not there), and whose
    /// supervisors are started as `supervisor_argv` plus the job folder. That command must call
    /// [`crate::supervise`] with its last argument before it starts any thread. A program name of
    /// `/proc/self/exe` goes on working when the binary is replaced under a running server.
    ///
    /// No two servers may use one folder at the same time.
    pub fn new(jobs_directory: impl Into<PathBuf>, supervisor_argv: Vec<OsString>) -> Result<Self> {
        let jobs = jobs_directory.into();
        fs::create_dir_all(&jobs).map_err(Error::io("create", &jobs))?;
        let jobs = jobs.canonicalize().map_err(Error::io("find", &jobs))?;
        let watcher = Watcher::start().map_err(Error::Watch)?;
        Ok(Self { jobs, supervisor: supervisor_argv.into(), watcher, held: HeldJobs::default() })
    }

    fn folder(&self, id: &str) -> Result<JobFolder> {
        JobFolder::new(&self.jobs, id)
    }

    async fn inspect(&self, folder: &JobFolder) -> Result<Found> {
        let folder = folder.clone();
        blocking(move || inspect(&folder)).await
    }

    /// Waits until a supervisor has taken a job over that was just started.
    async fn wait_for_supervisor(&self, folder: &JobFolder) -> Result<()> {
        let mut changes = self.watcher.subscribe(folder)?;
        loop {
            match self.inspect(folder).await? {
                Found::Supervised(_) if folder.pid().exists() => return Ok(()),
                Found::Supervised(_) => changes.changed().await,
                Found::Ended(_) => return Ok(()),
                Found::NeverStarted => {
                    let said = fs::read(folder.supervisor_log()).unwrap_or_default();
                    let said = String::from_utf8_lossy(&said).trim().to_owned();
                    let why = if said.is_empty() { "it ended at once".to_owned() } else { said };
                    return Err(Error::Supervisor { id: folder.id(), why });
                }
            }
        }
    }

    /// Starts a supervisor that begins at once.
    async fn start_now(&self, folder: &JobFolder, spec: &JobSpec) -> Result<()> {
        // One that waits in vain, because its server is gone, is about to notice.
        self.settled(folder).await?;
        let (task_folder, spec) = (folder.clone(), spec.clone());
        let supervisor = Arc::clone(&self.supervisor);
        blocking(move || start_supervisor(&task_folder, &spec, &supervisor, None)).await?;
        self.wait_for_supervisor(folder).await
    }

    /// Returns when no supervisor waits for a word about the job any more.
    async fn settled(&self, folder: &JobFolder) -> Result<()> {
        if !folder.held().exists() {
            return Ok(());
        }
        let mut changes = self.watcher.subscribe(folder)?;
        let is_held = || lock::is_held(&folder.lock()).map_err(Error::io("read", folder.lock()));
        while folder.held().exists() && is_held()? {
            changes.changed().await;
        }
        Ok(())
    }

    /// Lets the supervisor begin that was started ahead; `false` when it has ended meanwhile.
    async fn give_word(&self, folder: &JobFolder, spec: &JobSpec, held: Held) -> Result<bool> {
        let (task_folder, spec) = (folder.clone(), spec.clone());
        blocking(move || held.begin(&task_folder, &spec)).await?;
        match self.wait_for_supervisor(folder).await {
            Err(Error::Supervisor { .. }) => Ok(false),
            other => other.map(|()| true),
        }
    }
}

/// Runs what touches the disk where it may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Error::ShuttingDown))
}

/// Starts a supervisor unless the job has or had one; whether it did. Given the reading end of a pipe, it waits for a
/// word from it.
fn start_supervisor(
    folder: &JobFolder,
    spec: &JobSpec,
    supervisor: &[OsString],
    word: Option<PipeReader>,
) -> Result<bool> {
    folder.create()?;
    let lock_file = lock::open(&folder.lock()).map_err(Error::io("open", folder.lock()))?;
    let is_ours = lock::try_take(&lock_file).map_err(Error::io("lock", folder.lock()))?;
    if !is_ours || folder.pid().exists() || folder.exit().exists() {
        return Ok(false);
    }
    let copy = lock_file.try_clone().map_err(Error::io("open", folder.lock()))?;
    let spawned = held::note(folder, word.is_some())
        .and_then(|()| spawn_supervisor(folder, spec, supervisor, lock_file, word));
    if spawned.is_err() {
        lock::release(copy);
    }
    spawned.map(|()| true)
}

fn spawn_supervisor(
    folder: &JobFolder,
    spec: &JobSpec,
    supervisor: &[OsString],
    lock_file: File,
    word: Option<PipeReader>,
) -> Result<()> {
    write_note(&folder.spec(), spec)?;
    let failed =
        |error: io::Error| Error::Supervisor { id: spec.id.clone(), why: error.to_string() };
    let mut argv = supervisor.iter();
    let program = argv.next().ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
    let output = supervisor_log(folder)?;
    let mut child = Command::new(program)
        .args(argv)
        .arg(folder.path())
        .current_dir("/")
        .stdin(Stdio::from(lock_file))
        .stdout(word.map_or_else(Stdio::null, Stdio::from))
        .stderr(Stdio::from(output))
        .spawn()
        .map_err(failed)?;
    // Somebody must take the exit status of each child, or the dead pile up: one small thread each.
    let reaper = std::thread::Builder::new().name("supervisor".to_owned()).stack_size(64 * 1024);
    reaper.spawn(move || child.wait()).map_err(Error::io("watch", folder.path()))?;
    Ok(())
}

/// Deletes a job folder that nobody uses any more.
fn delete(folder: &JobFolder) -> Result<()> {
    open_up(&folder.changes());
    let mut attempts_left = 3;
    loop {
        match fs::remove_dir_all(folder.path()) {
            // The program has left folders that it may not write to itself.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && attempts_left > 0 => {
                attempts_left -= 1;
                unlock(folder.path(), 0);
            }
            // Its supervisor has just written that everything is on the disk.
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty && attempts_left > 0 => {
                attempts_left -= 1;
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::io("remove", folder.path())(error));
            }
            Ok(()) | Err(_) => return Ok(()),
        }
    }
}

/// Folders deeper than this are left as they are.
const UNLOCKED_LEVELS: usize = 256;

/// Makes folders writable for their owner, as far as they are the server's. Links are not followed.
fn unlock(folder: &Path, level: usize) {
    let Ok(found) = folder.symlink_metadata() else { return };
    if !found.is_dir() || level > UNLOCKED_LEVELS {
        return;
    }
    // What is somebody else's stays as it is, and deleting it says so.
    fs::set_permissions(folder, Permissions::from_mode(found.permissions().mode() | 0o700)).ok();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        unlock(&entry.path(), level + 1);
    }
}

/// Lets what the kernel keeps for itself of each layer of changes be deleted.
fn open_up(changes: &Path) {
    for layer in fs::read_dir(changes).into_iter().flatten().flatten() {
        let own = layer.path().join("work/work");
        // Most jobs have none.
        fs::set_permissions(own, Permissions::from_mode(0o700)).ok();
    }
}

fn supervisor_log(folder: &JobFolder) -> Result<File> {
    let path = folder.supervisor_log();
    let file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&path);
    file.map_err(Error::io("open", path))
}

#[async_trait]
impl Runner for ProcessRunner {
    async fn prepare(&self, id: &str) -> Result<JobFolder> {
        let folder = self.folder(id)?;
        // What it made ready may be replaced now.
        drop(self.held.take(id));
        blocking(move || folder.create().map(|()| folder)).await
    }

    async fn make_ready(&self, spec: &JobSpec) -> Result<()> {
        spec.validate()?;
        let folder = self.folder(&spec.id)?;
        // What an engine does takes its time when it does it.
        if spec.container.is_some() {
            return Ok(());
        }
        drop(self.held.take(&spec.id));
        self.settled(&folder).await?;
        let (reader, word) = io::pipe().map_err(Error::io("make a pipe for", folder.path()))?;
        let (task_spec, supervisor) = (spec.clone(), Arc::clone(&self.supervisor));
        let started =
            blocking(move || start_supervisor(&folder, &task_spec, &supervisor, Some(reader)));
        if started.await? {
            self.held.keep(&spec.id, Held::new(word, spec.clone()));
        }
        Ok(())
    }

    async fn start(&self, spec: &JobSpec) -> Result<()> {
        spec.validate()?;
        let folder = self.folder(&spec.id)?;
        let held = self.held.take(&spec.id).filter(|held| held.fits(spec));
        if let Some(held) = held
            && self.give_word(&folder, spec, held).await?
        {
            return Ok(());
        }
        self.start_now(&folder, spec).await
    }

    async fn state(&self, id: &str) -> Result<JobState> {
        Ok(match self.inspect(&self.folder(id)?).await? {
            Found::NeverStarted => JobState::Unknown,
            Found::Supervised(None) => JobState::Starting,
            Found::Supervised(Some(status)) => {
                JobState::Running { started_ms: status.started_ms, opt_ml: status.opt_ml }
            }
            Found::Ended(exit) => JobState::Exited(exit),
        })
    }

    async fn wait(&self, id: &str) -> Result<Exit> {
        let folder = self.folder(id)?;
        if !folder.path().exists() {
            return Err(Error::UnknownJob(id.to_owned()));
        }
        let mut changes = self.watcher.subscribe(&folder)?;
        loop {
            match self.inspect(&folder).await? {
                Found::Ended(exit) => return Ok(exit),
                Found::NeverStarted => return Err(Error::UnknownJob(id.to_owned())),
                Found::Supervised(_) => changes.changed().await,
            }
        }
    }

    async fn stop(&self, id: &str) -> Result<()> {
        let folder = self.folder(id)?;
        match self.inspect(&folder).await? {
            Found::NeverStarted => Err(Error::UnknownJob(id.to_owned())),
            Found::Ended(_) => Ok(()),
            Found::Supervised(_) => {
                let path = folder.stop_request();
                blocking(move || write_record(&path, &crate::clock::now_ms())).await
            }
        }
    }

    async fn read_log(&self, id: &str, from_offset: u64) -> Result<LogPage> {
        let folder = self.folder(id)?;
        blocking(move || {
            if folder.path().exists() {
                log::read_page(&folder.log(), from_offset)
            } else {
                Err(Error::UnknownJob(folder.id()))
            }
        })
        .await
    }

    async fn wait_log(&self, id: &str, from_offset: u64) -> Result<bool> {
        let folder = self.folder(id)?;
        if !folder.path().exists() {
            return Err(Error::UnknownJob(id.to_owned()));
        }
        let mut changes = self.watcher.subscribe(&folder)?;
        loop {
            // The state first: lines that come between the two looks are then seen.
            let is_running = matches!(self.inspect(&folder).await?, Found::Supervised(_));
            let has_more = !self.read_log(id, from_offset).await?.lines.is_empty();
            if has_more || !is_running {
                return Ok(has_more);
            }
            changes.changed().await;
        }
    }

    async fn discard(&self, id: &str) -> Result<()> {
        let folder = self.folder(id)?;
        drop(self.held.take(id));
        self.settled(&folder).await?;
        blocking(move || match inspect(&folder)? {
            Found::NeverStarted => {
                crate::groups::remove_remains(&folder);
                delete(&folder)
            }
            Found::Supervised(_) | Found::Ended(_) => Ok(()),
        })
        .await
    }

    async fn remove(&self, id: &str) -> Result<()> {
        let folder = self.folder(id)?;
        drop(self.held.take(id));
        self.settled(&folder).await?;
        blocking(move || {
            match inspect(&folder)? {
                Found::Supervised(_) => return Err(Error::StillRunning(folder.id())),
                Found::NeverStarted => crate::groups::remove_remains(&folder),
                Found::Ended(_) => {}
            }
            delete(&folder)
        })
        .await
    }

    async fn list(&self) -> Result<Vec<String>> {
        let jobs = self.jobs.clone();
        blocking(move || crate::folder::list(&jobs)).await
    }
}
