//! Live runs: the table, and the loop of one.

use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use asl::Program;
use engine::{Failure, Input, Key, MapRun, Status, Tolerance};
use futures_util::FutureExt as _;
use store::Batch;
use tokio::sync::{Notify, oneshot};

use super::super::Inner;
use super::super::live::Live;
use super::admit::Admission;
use super::child::{Family, items_of};
use super::names;
use super::record::{Outcome, Plan, Progress, Tallies};
use crate::Error;

/// Most children that live at the same time, whatever a run asks for. AWS has 10,000; on one machine more than this do
/// not get done sooner.
const MOST_LIVE: u64 = 1_000;
/// First and longest wait before a failed commit is tried again.
const RETRY: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

/// Runs that are being carried out, by tag.
#[derive(Default)]
pub(in super::super) struct Runs(Mutex<HashMap<String, Slot>>);

/// A run in the table.
#[derive(Default)]
struct Slot {
    /// None until it has been read.
    live: Option<Arc<RunLive>>,
    /// It was called off before it had been read.
    cancelled: bool,
    /// The run is asked for again, by this execution, before the one that has the place is wound down.
    next: Option<(Arc<str>, MapRun)>,
}

impl Runs {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn find(&self, tag: &str) -> Option<Arc<RunLive>> {
        self.lock().get(tag)?.live.clone()
    }

    /// Takes the place of a run; false when it is carried out already.
    pub(super) fn claim(&self, tag: &str) -> bool {
        let mut table = self.lock();
        if table.contains_key(tag) {
            return false;
        }
        table.insert(tag.to_owned(), Slot::default());
        true
    }

    fn enter(&self, run: &Arc<RunLive>) {
        let mut table = self.lock();
        if let Some(slot) = table.get_mut(&run.family.tag) {
            slot.live = Some(run.clone());
            if slot.cancelled {
                run.lock().cancelled = true;
            }
        }
    }

    /// Takes the place of a run for its execution; if somebody has it, it is this one's turn afterwards.
    fn claim_for(&self, tag: &str, parent: &Arc<str>, run: &MapRun) -> bool {
        let mut table = self.lock();
        if let Some(slot) = table.get_mut(tag) {
            slot.next = Some((parent.clone(), run.clone()));
            return false;
        }
        table.insert(tag.to_owned(), Slot::default());
        true
    }

    /// Gives up the place; answers whose turn it is now.
    fn leave(&self, tag: &str) -> Option<(Arc<str>, MapRun)> {
        self.lock().remove(tag)?.next
    }

    fn cancel(&self, tag: &str) {
        if let Some(slot) = self.lock().get_mut(tag) {
            slot.cancelled = true;
            slot.next = None;
            if let Some(run) = &slot.live {
                run.lock().cancelled = true;
                run.wake.notify_one();
            }
        }
    }
}

/// One run in memory.
pub(super) struct RunLive {
    pub(super) plan: Plan,
    pub(super) family: Family,
    /// The program of the execution that asked for the run.
    pub(super) parent_program: Arc<Program>,
    state: Mutex<RunState>,
    /// Rung when a child has ended, the run is called off, or its settings are to change.
    pub(super) wake: Notify,
}

pub(super) struct RunState {
    /// As it is stored.
    pub(super) progress: Progress,
    /// Children that live, by number.
    pub(super) alive: BTreeMap<u64, Arc<Live>>,
    /// Children with records of their own that have ended.
    pub(super) singles: Tallies,
    pub(super) cancelled: bool,
    pub(super) changes: Vec<Change>,
}

/// A change of settings that somebody waits for.
pub(super) struct Change {
    pub(super) max_concurrency: Option<u64>,
    pub(super) tolerated_count: Option<u64>,
    pub(super) tolerated_percentage: Option<f64>,
    pub(super) answer: oneshot::Sender<()>,
}

impl Change {
    /// It is durable.
    pub(super) fn done(self) {
        let _nobody = self.answer.send(());
    }
}

impl RunState {
    /// Makes the changes that are asked for; who asked is to be told once they are durable.
    pub(super) fn take_over_changes(&mut self) -> Vec<Change> {
        let changes = std::mem::take(&mut self.changes);
        let progress = &mut self.progress;
        for change in &changes {
            if let Some(most) = change.max_concurrency {
                progress.max_concurrency = most;
            }
            let Tolerance { count, percentage } = progress.tolerance;
            progress.tolerance = Tolerance {
                count: change.tolerated_count.or(count),
                percentage: change.tolerated_percentage.or(percentage),
            };
        }
        changes
    }
}

/// Why a run stopped before its items were done.
pub(super) enum Broken {
    /// It failed.
    Failed(Failure),
    /// Nobody waits for it any more.
    Cancelled,
    /// The server is going down.
    Down,
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(store::Error::Closed) => Self::Down,
            other => Self::Failed(Failure {
                error: Some("States.Runtime".into()),
                cause: Some(format!("refit could not carry out the map run: {other}").into()),
            }),
        }
    }
}

impl From<crate::TaskFailure> for Broken {
    fn from(failure: crate::TaskFailure) -> Self {
        Self::Failed(Failure { error: failure.error, cause: failure.cause })
    }
}

impl RunLive {
    pub(super) fn new(
        plan: Plan,
        family: Family,
        parent_program: Arc<Program>,
        progress: Progress,
    ) -> Arc<Self> {
        let state = RunState {
            progress,
            alive: BTreeMap::new(),
            singles: Tallies::default(),
            cancelled: false,
            changes: Vec::new(),
        };
        Arc::new(Self {
            plan,
            family,
            parent_program,
            state: Mutex::new(state),
            wake: Notify::new(),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, RunState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn run(&self) -> &MapRun {
        &self.plan.run
    }

    /// A child has ended, and that is durable.
    pub(super) fn child_ended(&self, index: u64, live: &Live) {
        let status = live.lock().outcome.as_ref().map(|record| record.status);
        let mut state = self.lock();
        if state.alive.remove(&index).is_some()
            && let Some(status) = status
        {
            let items = items_of(&live.identity.input, self.run().batcher.is_some());
            state.singles.add(status, items);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// How many more children may live.
    pub(super) fn room(&self) -> usize {
        let state = self.lock();
        let most = match state.progress.max_concurrency {
            0 => MOST_LIVE,
            wanted => wanted.min(MOST_LIVE),
        };
        usize::try_from(most.saturating_sub(state.alive.len() as u64)).unwrap_or(0)
    }

    /// What stands in the way of going on.
    pub(super) fn check(&self) -> Result<(), Broken> {
        let state = self.lock();
        if state.cancelled {
            return Err(Broken::Cancelled);
        }
        let items = state.progress.paged.plus(&state.singles).items;
        // AWS: tolerated failure threshold page: failed or timed out ones count, of all items.
        let failed = items.failed + items.timed_out;
        if state.progress.tolerance.is_exceeded(failed, state.progress.known_total()) {
            return Err(Broken::Failed(Failure {
                error: Some(engine::EXCEED_TOLERATED_FAILURES.into()),
                cause: Some("The specified tolerated failure threshold was exceeded".into()),
            }));
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.lock().alive.is_empty()
    }
}

/// Reads all items to know how many there are, while the run waits for children: shares of all items are judged by
/// it, and shown. Ends when dropped.
struct Counting(tokio::task::JoinHandle<()>);

impl Counting {
    fn begin(inner: &Arc<Inner>, run: &Arc<RunLive>) -> Self {
        let (inner, run) = (inner.clone(), run.clone());
        Self(tokio::spawn(async move {
            if let Some(total) = inner.count_items(&run).await {
                run.lock().progress.total = Some(total);
                run.wake.notify_one();
            }
        }))
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Inner {
    /// A durable turn of this execution asked for a run; after a restart it is asked for again.
    pub(in super::super) fn start_map_run(self: &Arc<Self>, parent: &Arc<str>, run: &MapRun) {
        let tag = names::tag(&run.map_run_arn);
        if !self.runs.claim_for(&tag, parent, run) {
            return;
        }
        let (inner, parent, run) = (self.clone(), parent.clone(), run.clone());
        tokio::spawn(async move {
            let (key, arn) = (run.key, &run.map_run_arn);
            let carried_out = inner.carry_out_safely(arn, Some((key, run.redrive_count))).await;
            // Before anybody is told: a redrive may ask for the run at once.
            inner.leave_run(&tag);
            let told = carried_out.unwrap_or_else(|error| {
                tracing::error!(map_run = &**arn, %error, "a map run could not be carried out");
                let cause = format!("refit could not carry out the map run: {error}");
                let (error, cause) = (Some("States.Runtime".into()), Some(cause.into()));
                Some(Input::MapRunFailed { key, error, cause })
            });
            if let (Some(input), Some(parent)) = (told, inner.find(&parent)) {
                inner.give(&parent, input);
            }
        });
    }

    /// A run is no longer carried out, and whoever has asked for it meanwhile has its turn.
    pub(super) fn leave_run(self: &Arc<Self>, tag: &str) {
        if let Some((parent, run)) = self.runs.leave(tag) {
            self.start_map_run(&parent, &run);
        }
    }

    /// Nobody waits for a run any more.
    pub(in super::super) fn cancel_map_run(&self, map_run_arn: &str) {
        self.runs.cancel(&names::tag(map_run_arn));
    }

    /// A child has ended, and that is durable.
    pub(in super::super) fn child_ended(&self, live: &Live) {
        if let Some((tag, index)) = names::child_of(live.arn())
            && let Some(run) = self.runs.find(tag)
        {
            run.child_ended(index, live);
        }
    }

    /// Carries a run out; a panic is a failure like any other.
    pub(super) async fn carry_out_safely(
        self: &Arc<Self>,
        map_run_arn: &str,
        wanted: Option<(Key, u32)>,
    ) -> Result<Option<Input>, Error> {
        let carried_out = AssertUnwindSafe(self.carry_out(map_run_arn, wanted)).catch_unwind();
        carried_out.await.unwrap_or_else(|_| {
            let (execution_arn, reason) = (map_run_arn.to_owned(), "E000: it panicked".to_owned());
            Err(Error::SetAside { execution_arn, reason })
        })
    }

    /// Carries a run out until its outcome is durable; answers what to tell its execution. Without a key, nobody waits: it
    /// is given up.
    async fn carry_out(
        self: &Arc<Self>,
        map_run_arn: &str,
        wanted: Option<(Key, u32)>,
    ) -> Result<Option<Input>, Error> {
        let Some(run) = self.bring_up(map_run_arn).await? else {
            let (key, detail) = (map_run_arn.to_owned(), "E102: it is missing".to_owned());
            return wanted.map_or(Ok(None), |_| Err(Error::Unreadable { key, detail }));
        };
        self.runs.enter(&run);
        self.gather_children(&run).await?;
        match wanted {
            None => run.lock().cancelled = true,
            Some((_, redrive_count)) => self.begin_redrive(&run, redrive_count).await?,
        }
        let known = run.lock().progress.outcome.clone();
        let outcome = if known.is_some() {
            known
        } else {
            let broken = self.run_children(&run).await.err();
            self.finish_run(&run, broken).await?
        };
        Ok(wanted.zip(outcome).map(|((key, _), outcome)| match outcome {
            Outcome::Output(output) => Input::MapRunSucceeded { key, output },
            Outcome::Failure(Failure { error, cause }) => Input::MapRunFailed { key, error, cause },
        }))
    }

    /// Admits children as long as there are items and room, and waits for those that live.
    async fn run_children(self: &Arc<Self>, run: &Arc<RunLive>) -> Result<(), Broken> {
        self.redrive_children(run).await?;
        let mut admission = Admission::open(self, run).await?;
        admission.catch_up(run).await?;
        let mut counting = None;
        loop {
            run.check()?;
            self.apply_changes(run).await?;
            let room = run.room();
            if !run.lock().progress.all_read && room > 0 {
                admission.admit(self, run, room).await?;
                continue;
            }
            if run.is_empty() && run.lock().progress.all_read {
                return run.check();
            }
            if counting.is_none() && run.lock().progress.known_total().is_none() {
                counting = Some(Counting::begin(self, run));
            }
            run.wake.notified().await;
        }
    }

    /// How many items there are; none when they cannot be read: the run itself will say so.
    async fn count_items(self: &Arc<Self>, run: &RunLive) -> Option<u64> {
        let request = run.plan.request();
        let mut source = self.handler().open_items(request).await.ok()?;
        let mut total = 0;
        loop {
            let items = source.next().await.ok()?;
            if items.is_empty() {
                return Some(total);
            }
            total += items.len() as u64;
        }
    }

    /// Stops what still lives, and waits until it has ended.
    pub(super) async fn stop_children(self: &Arc<Self>, run: &RunLive) {
        let alive: Vec<Arc<Live>> = run.lock().alive.values().cloned().collect();
        for child in alive {
            self.give(&child, Input::Stop { error: None, cause: None });
        }
        while !run.is_empty() {
            run.wake.notified().await;
        }
    }

    /// Makes changes of settings durable, and answers who asked for them.
    pub(super) async fn apply_changes(&self, run: &RunLive) -> Result<(), Broken> {
        let (changes, progress) = {
            let mut state = run.lock();
            if state.changes.is_empty() {
                return Ok(());
            }
            (state.take_over_changes(), state.progress.clone())
        };
        let mut batch = Batch::new();
        progress.put(&mut batch);
        self.commit_surely(batch).await?;
        changes.into_iter().for_each(Change::done);
        Ok(())
    }

    /// Commits, again and again until it works.
    pub(super) async fn commit_surely(&self, batch: Batch) -> Result<(), Error> {
        let mut retry = RETRY.0;
        loop {
            match self.store.commit(batch.clone()).await {
                Ok(()) => return Ok(()),
                Err(error @ (store::Error::Closed | store::Error::Conflict { .. })) => {
                    return Err(error.into());
                }
                Err(error) => {
                    tracing::error!(%error, "progress of a map run could not be stored");
                    tokio::time::sleep(retry).await;
                    retry = (retry * 2).min(RETRY.1);
                }
            }
        }
    }
}

/// Whether a status is one to run again in a redrive.
pub(super) fn is_unsuccessful(status: Status) -> bool {
    matches!(status, Status::Failed | Status::TimedOut | Status::Aborted)
}
