//! Live Step Functions executions: turns, effects, answers.
//!
//! A live execution is in memory. Each input makes a turn under the execution's lock; what the turn did joins the
//! execution's next commit. One commit of an execution is on its way at a time, so its rows are in order whatever
//! fails, and inputs that arrive meanwhile share the next one. Commits of different executions share the store's fsync.
//!
//! When an execution ends, the commit of its last turn replaces its log by its record and history. One that waits for a
//! time that is far away sleeps in its record until then.

mod activity;
mod commit;
mod common;
mod effects;
mod forget;
mod form;
mod forward;
mod live;
mod map_run;
mod observer;
mod programs;
mod queries;
mod record;
mod recover;
mod redrive;
mod rows;
mod sleep;
mod start;
mod turn;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use engine::{Data, Input, Key};
use service::{Clock, Entropy, Kit, WorkItem};
use store::Store;
use tokio::sync::oneshot;

use crate::alarms::Alarms;
use crate::{Error, TaskFailure, TaskHandler};
use live::{Live, Timer};

pub use activity::ActivityTask;
pub use effects::{CANCEL_TASK_WORK, CancelledTask};
pub use forget::{Forgotten, ForgottenDefinitions};
pub use map_run::{ChildPage, MapRunChange, MapRunView, Tallies, Tally};
pub use observer::Observer;
pub use programs::Definition;
pub use queries::{HistoryPage, ListPage};
pub use record::ExecutionRecord;
pub use start::{Start, StartSpec};

pub(crate) use effects::Reports;

/// All live executions, and the way to those that have ended. Clones share them.
#[derive(Clone)]
pub struct Executions(Arc<Inner>);

pub(crate) struct Inner {
    kit: Weak<Kit>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    handler: OnceLock<Arc<dyn TaskHandler>>,
    observer: OnceLock<Arc<dyn Observer>>,
    alarms: Arc<Alarms<Timer>>,
    table: Mutex<HashMap<Arc<str>, Arc<Live>>>,
    programs: programs::Programs,
    commons: common::Commons,
    activities: activity::Activities,
    runs: map_run::Runs,
    next_stream: AtomicU64,
    sleepers: sleep::Sleepers,
    histories: queries::Histories,
    /// How many may live.
    most_live: AtomicUsize,
}

/// How many executions may live unless somebody says otherwise.
// AWS: quotas page: 1,000,000 open executions of an account in a region.
const MOST_LIVE: usize = 1_000_000;

impl Executions {
    /// No executions yet. [`Executions::join`] the handler, then [`Executions::recover`].
    pub fn new(kit: &Arc<Kit>) -> Self {
        Self(Arc::new(Inner {
            kit: Arc::downgrade(kit),
            store: kit.store.clone(),
            clock: kit.clock.clone(),
            entropy: kit.entropy.clone(),
            handler: OnceLock::new(),
            observer: OnceLock::new(),
            alarms: Alarms::counted(kit.clock.clone(), Some(&metrics::TIMER_LATENESS)),
            table: Mutex::default(),
            programs: programs::Programs::default(),
            commons: common::Commons::default(),
            activities: activity::Activities::default(),
            runs: map_run::Runs::default(),
            next_stream: AtomicU64::new(1),
            sleepers: sleep::Sleepers::new(kit.clock.clone()),
            histories: queries::Histories::default(),
            most_live: AtomicUsize::new(MOST_LIVE),
        }))
    }

    /// Joins whoever carries out tasks, once.
    ///
    /// # Panics
    /// When called twice.
    pub fn join(&self, handler: Arc<dyn TaskHandler>) {
        assert!(self.0.handler.set(handler).is_ok(), "the task handler is joined once");
    }

    /// Joins whoever wants to hear of ends, once.
    ///
    /// # Panics
    /// When called twice.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        assert!(self.0.observer.set(observer).is_ok(), "the observer is joined once");
    }

    /// Number of timers set, those of executions that sleep included as far as they are due soon.
    pub fn timers(&self) -> usize {
        self.0.alarms.len() + self.0.sleepers.len()
    }

    /// Whether as many executions live as may. Those that sleep do not count: they cost a record on disk.
    pub fn is_full(&self) -> bool {
        self.live_count() >= self.0.most_live.load(Ordering::Relaxed)
    }

    /// Says how many may live.
    pub fn set_most_live(&self, most: usize) {
        self.0.most_live.store(most, Ordering::Relaxed);
    }

    /// Number of live (not Express) executions; those that sleep until a time that is far away are not counted.
    pub fn live_count(&self) -> usize {
        self.0.lock_table().len()
    }

    /// Stops an execution and answers when it ended (Unix milliseconds); of one that has ended already, when that was.
    ///
    /// # Errors
    /// [`Error::ExecutionDoesNotExist`] or a storage error.
    pub async fn stop(
        &self,
        execution_arn: &str,
        error: Option<Arc<str>>,
        cause: Option<Arc<str>>,
    ) -> Result<i64, Error> {
        while let Some(live) = self.0.wake(execution_arn).await? {
            let stop = Input::Stop { error: error.clone(), cause: cause.clone() };
            self.0.give_and_wait(&live, stop).await?;
            // It may have fallen asleep just before.
            if !live.lock().retired {
                break;
            }
        }
        let record = self.describe(execution_arn).await?;
        Ok(record.stop_ms.unwrap_or_else(|| self.0.clock.now_ms()))
    }

    /// The task that waits for this token succeeded.
    ///
    /// # Errors
    /// [`Error::InvalidToken`], [`Error::TaskTimedOut`], [`Error::TaskDoesNotExist`] or a storage error.
    pub async fn task_succeeded(&self, token: &str, output: Data) -> Result<(), Error> {
        self.task_answered(token, Ok(output), None).await
    }

    /// The task that waits for this token succeeded or failed. The effect of that key, of the call that says so, is recorded
    /// with it.
    ///
    /// # Errors
    /// As of [`Executions::task_succeeded`].
    pub async fn task_answered(
        &self,
        token: &str,
        result: Result<Data, TaskFailure>,
        effect_key: Option<String>,
    ) -> Result<(), Error> {
        let input = |key| match result {
            Ok(output) => Input::TaskSucceeded { key, output },
            Err(TaskFailure { error, cause }) => Input::TaskFailed { key, error, cause },
        };
        self.0.give_by_token(token, input, effect_key).await
    }

    /// The task that waits for this token failed.
    ///
    /// # Errors
    /// [`Error::InvalidToken`], [`Error::TaskTimedOut`], [`Error::TaskDoesNotExist`] or a storage error.
    pub async fn task_failed(&self, token: &str, failure: TaskFailure) -> Result<(), Error> {
        self.task_answered(token, Err(failure), None).await
    }

    /// The task that waits for this token is alive.
    ///
    /// # Errors
    /// [`Error::InvalidToken`], [`Error::TaskTimedOut`], [`Error::TaskDoesNotExist`] or a storage error.
    pub async fn task_heartbeat(&self, token: &str) -> Result<(), Error> {
        self.0.give_by_token(token, |key| Input::TaskHeartbeat { key }, None).await
    }
}

impl Inner {
    fn find(&self, execution_arn: &str) -> Option<Arc<Live>> {
        self.lock_table().get(execution_arn).cloned()
    }

    fn lock_table(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Live>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn handler(&self) -> &Arc<dyn TaskHandler> {
        self.handler.get().expect("the task handler is joined before the first execution")
    }

    /// Gives an input; nobody waits for what comes of it.
    fn give(self: &Arc<Self>, live: &Arc<Live>, input: Input) {
        let mut state = live.lock();
        self.turn(live, &mut state, input);
        self.submit(live, state);
    }

    /// Gives an input and waits until what came of it is durable. Answers whether anything did.
    async fn give_and_wait(
        self: &Arc<Self>,
        live: &Arc<Live>,
        input: Input,
    ) -> Result<bool, Error> {
        let answer = {
            let mut state = live.lock();
            let changed = self.turn(live, &mut state, input);
            let answer = state.answer();
            self.submit(live, state);
            answer.map(|answer| (answer, changed))
        };
        match answer {
            Some((answer, changed)) => wait(answer).await.map(|()| changed),
            None => Ok(false),
        }
    }

    /// The same, until the store has taken it: what it refuses is tried again, and said in the log. Fails only when the
    /// store has closed.
    async fn give_surely(self: &Arc<Self>, live: &Arc<Live>, input: Input) -> Result<bool, Error> {
        let (mut answer, changed) = {
            let mut state = live.lock();
            let changed = self.turn(live, &mut state, input);
            let answer = state.answer();
            self.submit(live, state);
            (answer, changed)
        };
        while let Some(durable) = answer {
            match wait(durable).await {
                Ok(()) => break,
                Err(closed @ Error::Store(store::Error::Closed)) => return Err(closed),
                Err(_) => answer = live.lock().answer(),
            }
        }
        Ok(changed)
    }

    async fn give_by_token(
        self: &Arc<Self>,
        token: &str,
        input: impl FnOnce(Key) -> Input,
        effect_key: Option<String>,
    ) -> Result<(), Error> {
        let (execution_arn, _) = engine::read_token(token).ok_or(Error::InvalidToken)?;
        let Some(live) = self.find(&execution_arn) else {
            return Err(match self.read_record(&execution_arn).await {
                Ok(_) => Error::TaskTimedOut,
                Err(Error::ExecutionDoesNotExist(_)) => Error::TaskDoesNotExist,
                Err(other) => other,
            });
        };
        let answer = {
            let mut state = live.lock();
            let key = state.execution.task_with_token(token).ok_or(Error::TaskTimedOut)?;
            self.turn(&live, &mut state, input(key));
            state.pending.performed.extend(effect_key);
            let answer = state.answer();
            self.submit(&live, state);
            answer
        };
        match answer {
            Some(answer) => wait(answer).await,
            None => Ok(()),
        }
    }

    /// These work items have been committed.
    fn scheduled(&self, work: Vec<WorkItem>) {
        if !work.is_empty()
            && let Some(kit) = self.kit.upgrade()
        {
            kit.queue().scheduled(work);
        }
    }
}

async fn wait(answer: oneshot::Receiver<Result<(), store::Error>>) -> Result<(), Error> {
    match answer.await {
        Ok(result) => Ok(result?),
        Err(_) => Err(Error::Store(store::Error::Closed)),
    }
}
