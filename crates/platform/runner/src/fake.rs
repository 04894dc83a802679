//! A runner that plays scripted jobs in tokio time, for simulations under a paused clock.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, io};

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::{
    Error, Exit, ExitReason, JobFolder, JobSpec, JobState, LogLine, LogPage, LogStream, OptMl,
    Outcome, Result, Runner,
};

/// What one fake job does.
#[derive(Debug, Clone)]
pub struct FakeScript {
    /// It ends by itself after this many milliseconds; never when absent.
    pub exit_after_ms: Option<u64>,
    /// How it ends by itself.
    pub outcome: Outcome,
    /// Lines it writes: milliseconds after its start, stream, text.
    pub lines: Vec<(u64, LogStream, String)>,
    /// Files it writes just before it ends by itself: path below `ml/`, content.
    pub files: Vec<(PathBuf, Vec<u8>)>,
    /// What it does when it is told to stop.
    pub on_stop: FakeStop,
    /// When present, its program cannot be started, for this reason.
    pub spawn_error: Option<String>,
}

/// What a fake job does when it gets SIGTERM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FakeStop {
    /// It ends after some milliseconds.
    Exit {
        /// Milliseconds from the signal to the end.
        after_ms: u64,
        /// How it ends.
        outcome: Outcome,
    },
    /// It ignores the signal and is killed when the grace is over.
    Ignore,
}

impl FakeScript {
    /// A job that ends with a code after some milliseconds, and dies of SIGTERM.
    pub fn exits(after_ms: u64, code: i32) -> Self {
        Self {
            exit_after_ms: Some(after_ms),
            outcome: Outcome::Code(code),
            lines: Vec::new(),
            files: Vec::new(),
            on_stop: FakeStop::Exit { after_ms: 0, outcome: Outcome::Signal(15) },
            spawn_error: None,
        }
    }

    /// A job that runs until it is stopped.
    pub fn runs_forever() -> Self {
        Self { exit_after_ms: None, ..Self::exits(0, 0) }
    }

    /// The same job, which also writes a line to a stream after some milliseconds.
    #[must_use]
    pub fn line(mut self, after_ms: u64, stream: LogStream, text: impl Into<String>) -> Self {
        self.lines.push((after_ms, stream, text.into()));
        self
    }

    /// The same job, which also leaves a file below `ml/`.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.into(), content.into()));
        self
    }
}

type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;
type Script = Box<dyn Fn(&JobSpec) -> FakeScript + Send + Sync>;

/// A runner without processes. Clones share their jobs, so dropping one and using another plays a
/// restart of the server.
#[derive(Clone)]
pub struct FakeRunner {
    inner: Arc<Inner>,
    /// Whoever has this handle, or a clone of it, is dead.
    is_cut_off: Arc<AtomicBool>,
}

struct Inner {
    jobs_directory: PathBuf,
    clock: Clock,
    script: Script,
    jobs: Mutex<BTreeMap<String, Job>>,
}

struct Job {
    state: JobState,
    lines: Vec<LogLine>,
    change: watch::Sender<u64>,
    command: watch::Sender<Command>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Command {
    Run,
    Stop,
    Lose,
}

impl FakeRunner {
    /// A runner whose job folders (only their `ml/` trees are used) lie in `jobs_directory`, whose
    /// time stamps come from `clock` (Unix milliseconds), and whose jobs do what `script` says.
    pub fn new(
        jobs_directory: impl Into<PathBuf>,
        clock: impl Fn() -> i64 + Send + Sync + 'static,
        script: impl Fn(&JobSpec) -> FakeScript + Send + Sync + 'static,
    ) -> Self {
        let inner = Inner {
            jobs_directory: jobs_directory.into(),
            clock: Arc::new(clock),
            script: Box::new(script),
            jobs: Mutex::default(),
        };
        Self { inner: Arc::new(inner), is_cut_off: Arc::default() }
    }

    /// The same jobs for another server.
    #[must_use]
    pub fn of_another_server(&self) -> Self {
        Self { inner: self.inner.clone(), is_cut_off: Arc::default() }
    }

    /// Plays the death of the server that has this handle and its clones: nothing that it asks for happens any more, and
    /// nothing is answered.
    pub fn cut_off(&self) {
        self.is_cut_off.store(true, Ordering::SeqCst);
    }

    /// Never returns to the dead.
    async fn reach(&self) {
        if self.is_cut_off.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }

    /// Plays the death of a job's supervisor: the job ends as [`ExitReason::Lost`].
    pub fn lose(&self, id: &str) {
        if let Some(job) = self.inner.jobs().get(id) {
            job.command.send_replace(Command::Lose);
        }
    }
}

impl Inner {
    fn jobs(&self) -> MutexGuard<'_, BTreeMap<String, Job>> {
        // A panic elsewhere cannot leave a half-changed map: every change is one assignment.
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Job)) {
        if let Some(job) = self.jobs().get_mut(id) {
            change(job);
            job.change.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    fn append(&self, id: &str, stream: LogStream, text: String) {
        let line = LogLine { timestamp_ms: (self.clock)(), stream, text };
        self.change(id, |job| job.lines.push(line));
    }

    fn watch(&self, id: &str) -> Result<watch::Receiver<u64>> {
        let jobs = self.jobs();
        let job = jobs.get(id).ok_or_else(|| Error::UnknownJob(id.to_owned()))?;
        Ok(job.change.subscribe())
    }

    fn end(&self, id: &str, started_ms: i64, outcome: Outcome, reason: ExitReason) {
        let ended_ms = (self.clock)();
        self.change(id, |job| {
            let errors = job.lines.iter().filter(|line| line.stream == LogStream::Stderr);
            let stderr_tail: String = errors.flat_map(|line| [line.text.as_str(), "\n"]).collect();
            job.state = JobState::Exited(Exit {
                outcome,
                reason,
                started_ms,
                ended_ms,
                stderr_tail,
                opt_ml: OptMl::NotAsked,
                log_error: None,
            });
        });
    }
}

/// Plays one job to its end.
async fn play(
    inner: Arc<Inner>,
    spec: JobSpec,
    folder: JobFolder,
    mut command: watch::Receiver<Command>,
) {
    let mut script = (inner.script)(&spec);
    let started_ms = (inner.clock)();
    if let Some(why) = script.spawn_error.take() {
        return inner.end(&spec.id, started_ms, Outcome::Unknown, ExitReason::SpawnFailed(why));
    }
    let running = JobState::Running { started_ms, opt_ml: OptMl::NotAsked };
    inner.change(&spec.id, |job| job.state = running);
    script.lines.sort_by_key(|line| line.0);
    let start = Instant::now();
    let at = |after_ms: Option<u64>| {
        after_ms.and_then(|ms| start.checked_add(Duration::from_millis(ms)))
    };
    let limit_ms = spec.limits.max_runtime_seconds.map(|seconds| seconds.saturating_mul(1000));
    let (own_end, limit) = (at(script.exit_after_ms), at(limit_ms));
    let mut lines = std::mem::take(&mut script.lines).into_iter().peekable();
    loop {
        let line_at = lines.peek().and_then(|line| at(Some(line.0)));
        let next = [line_at, own_end, limit].into_iter().flatten().min();
        tokio::select! {
            biased;
            changed = command.changed() => if changed.is_err() { return },
            () = sleep_to(next) => {}
        }
        let asked = *command.borrow_and_update();
        let now = Instant::now();
        if asked == Command::Lose {
            return inner.end(&spec.id, started_ms, Outcome::Unknown, ExitReason::Lost);
        } else if asked == Command::Stop {
            let outcome = stopping(&script, &spec).await;
            return inner.end(&spec.id, started_ms, outcome, ExitReason::Stopped);
        } else if line_at.is_some_and(|due| due <= now) {
            if let Some((_, stream, text)) = lines.next() {
                inner.append(&spec.id, stream, text);
            }
        } else if own_end.is_some_and(|due| due <= now) {
            let outcome = finishing(&inner, &spec.id, &script, &folder);
            return inner.end(&spec.id, started_ms, outcome, ExitReason::Exited);
        } else if limit.is_some_and(|due| due <= now) {
            let outcome = stopping(&script, &spec).await;
            return inner.end(&spec.id, started_ms, outcome, ExitReason::MaxRuntimeExceeded);
        }
    }
}

async fn sleep_to(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

async fn stopping(script: &FakeScript, spec: &JobSpec) -> Outcome {
    let grace_ms = spec.limits.stop_grace_seconds.saturating_mul(1000);
    let (after_ms, outcome) = match script.on_stop {
        FakeStop::Exit { after_ms, outcome } if after_ms <= grace_ms => (after_ms, outcome),
        _ => (grace_ms, Outcome::Signal(9)),
    };
    tokio::time::sleep(Duration::from_millis(after_ms)).await;
    outcome
}

/// Writes the files of a job that ends by itself; one that cannot be written fails the job, as it
/// would fail a real one.
fn finishing(inner: &Inner, id: &str, script: &FakeScript, folder: &JobFolder) -> Outcome {
    for (path, content) in &script.files {
        let path = folder.ml().join(path);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        if let Err(error) = made.and_then(|()| fs::write(&path, content)) {
            inner.append(
                id,
                LogStream::Stderr,
                format!("cannot write {}: {error}", path.display()),
            );
            return Outcome::Code(1);
        }
    }
    script.outcome
}

#[async_trait]
impl Runner for FakeRunner {
    async fn prepare(&self, id: &str) -> Result<JobFolder> {
        self.reach().await;
        let folder = JobFolder::new(&self.inner.jobs_directory, id)?;
        folder.create()?;
        Ok(folder)
    }

    async fn start(&self, spec: &JobSpec) -> Result<()> {
        self.reach().await;
        spec.validate()?;
        let folder = self.prepare(&spec.id).await?;
        let (command, receiver) = watch::channel(Command::Run);
        let mut jobs = self.inner.jobs();
        if !jobs.contains_key(&spec.id) {
            let change = watch::Sender::new(0);
            let job = Job { state: JobState::Starting, lines: Vec::new(), change, command };
            jobs.insert(spec.id.clone(), job);
            tokio::spawn(play(Arc::clone(&self.inner), spec.clone(), folder, receiver));
        }
        Ok(())
    }

    async fn state(&self, id: &str) -> Result<JobState> {
        self.reach().await;
        crate::job::check_id(id)?;
        Ok(self.inner.jobs().get(id).map_or(JobState::Unknown, |job| job.state.clone()))
    }

    async fn wait(&self, id: &str) -> Result<Exit> {
        let mut change = self.inner.watch(id)?;
        loop {
            change.borrow_and_update();
            match self.state(id).await? {
                JobState::Exited(exit) => return Ok(exit),
                JobState::Unknown => return Err(Error::UnknownJob(id.to_owned())),
                JobState::Starting | JobState::Running { .. } => {}
            }
            // An error means that the job was removed: the next look says so.
            change.changed().await.ok();
        }
    }

    async fn stop(&self, id: &str) -> Result<()> {
        self.reach().await;
        let jobs = self.inner.jobs();
        let job = jobs.get(id).ok_or_else(|| Error::UnknownJob(id.to_owned()))?;
        job.command.send_if_modified(|command| {
            let first = *command == Command::Run;
            if first {
                *command = Command::Stop;
            }
            first
        });
        Ok(())
    }

    async fn read_log(&self, id: &str, from_offset: u64) -> Result<LogPage> {
        self.reach().await;
        let jobs = self.inner.jobs();
        let job = jobs.get(id).ok_or_else(|| Error::UnknownJob(id.to_owned()))?;
        let from = usize::try_from(from_offset).unwrap_or(usize::MAX);
        let lines = job.lines.get(from..).unwrap_or_default().to_vec();
        let next_offset = from_offset.saturating_add(lines.len() as u64);
        Ok(LogPage { lines, next_offset })
    }

    async fn wait_log(&self, id: &str, from_offset: u64) -> Result<bool> {
        let mut change = self.inner.watch(id)?;
        loop {
            change.borrow_and_update();
            let ended = matches!(self.state(id).await?, JobState::Exited(_) | JobState::Unknown);
            let more = !self.read_log(id, from_offset).await?.lines.is_empty();
            if more || ended {
                return Ok(more);
            }
            change.changed().await.ok();
        }
    }

    async fn discard(&self, id: &str) -> Result<()> {
        self.reach().await;
        crate::job::check_id(id)?;
        if self.inner.jobs().contains_key(id) { Ok(()) } else { self.remove(id).await }
    }

    async fn remove(&self, id: &str) -> Result<()> {
        self.reach().await;
        let folder = JobFolder::new(&self.inner.jobs_directory, id)?;
        let mut jobs = self.inner.jobs();
        match jobs.get(id).map(|job| &job.state) {
            Some(JobState::Starting | JobState::Running { .. }) => {
                return Err(Error::StillRunning(id.to_owned()));
            }
            Some(_) | None => jobs.remove(id),
        };
        match fs::remove_dir_all(folder.path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io("remove", folder.path())(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn boot_id(&self) -> String {
        "fake".to_owned()
    }

    async fn list(&self) -> Result<Vec<String>> {
        crate::folder::list(&self.inner.jobs_directory)
    }
}
