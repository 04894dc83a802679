//! Durable work: runs each item when it is due, and commits what its run decided together with the item.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::FutureExt as _;
use service::{Clock, Ctx, Kit, WorkItem, WorkOutcome, WorkQueue};
use store::{Batch, Expect, Scan};
use tokio::sync::Semaphore;

use crate::Error;
use crate::alarms::Alarms;

/// The record kind of work items.
const KIND: &str = "work";
/// Records read at a time at start.
const PAGE: usize = 1000;
/// Items of one kind that run at the same time. There is no common limit: jobs that run for hours must not hold up
/// deliveries that take milliseconds.
const AT_ONCE_PER_KIND: usize = 4096;
/// How often a run is repeated at once when a record it decided on has changed meanwhile.
const CONFLICT_RETRIES: u32 = 64;
/// First wait after a failure.
const FIRST_BACKOFF_MS: i64 = 1_000;
/// Longest wait after a failure.
const LONGEST_BACKOFF_MS: i64 = 300_000;

/// Runs work items. One per server; hand it to [`Kit::join`] as the work queue.
pub struct Work {
    alarms: Arc<Alarms<String>>,
    clock: Arc<dyn Clock>,
    /// Keys being run, and whether to look at them again afterwards.
    running: Mutex<HashMap<String, bool>>,
    kinds: Mutex<HashMap<String, Arc<Semaphore>>>,
    kit: Weak<Kit>,
}

/// A run that is counted as going on as long as this is there.
struct Running;

impl Running {
    fn begin() -> Self {
        metrics::WORK_RUNNING.add(1);
        Self
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        metrics::WORK_RUNNING.add(-1);
    }
}

/// How a run ended.
enum Ran {
    /// Look at the record again at once.
    Again,
    /// Look at the record again at this time.
    At(i64),
    /// There is nothing more to do.
    Done,
}

impl Work {
    /// A queue whose items run after [`Work::start`].
    pub fn new(kit: &Arc<Kit>) -> Arc<Self> {
        Arc::new(Self {
            alarms: Alarms::new(kit.clock.clone()),
            clock: kit.clock.clone(),
            running: Mutex::default(),
            kinds: Mutex::default(),
            kit: Arc::downgrade(kit),
        })
    }

    /// Loads every stored item and begins to run those that are due. Once, after services have been joined.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn start(self: &Arc<Self>) -> Result<(), Error> {
        let Some(kit) = self.kit.upgrade() else { return Ok(()) };
        let mut after: Option<String> = None;
        loop {
            let scan = Scan { after: after.as_deref(), ..Scan::of(KIND, "", PAGE) };
            let page = kit.store.scan(scan).await?;
            for record in page.records {
                match serde_json::from_slice::<WorkItem>(&record.body) {
                    Ok(item) => self.alarms.set(record.key, item.due_ms),
                    Err(error) => {
                        tracing::error!(key = record.key, %error, "a work item cannot be read and will not run");
                    }
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let work = Arc::downgrade(self);
        self.alarms.spawn(move |key| {
            if let Some(work) = work.upgrade() {
                work.due(key);
            }
        });
        Ok(())
    }

    /// The item of this key is due: runs it, unless it runs already.
    fn due(self: &Arc<Self>, key: String) {
        let mut running = self.lock_running();
        if let Some(again) = running.get_mut(&key) {
            *again = true;
            return;
        }
        running.insert(key.clone(), false);
        drop(running);
        tokio::spawn(self.clone().run(key));
    }

    /// Runs the item of a key until there is nothing to do now.
    async fn run(self: Arc<Self>, key: String) {
        loop {
            let ran = AssertUnwindSafe(self.run_once(&key)).catch_unwind().await;
            match ran.unwrap_or_else(|_| self.panicked(&key)) {
                Ran::Again => continue,
                // An item that was put meanwhile may be due earlier.
                Ran::At(due_ms) => self.alarms.set_no_later(key.clone(), due_ms),
                Ran::Done => {}
            }
            let mut running = self.lock_running();
            if running.get(&key) == Some(&true) {
                running.insert(key.clone(), false);
            } else {
                running.remove(&key);
                return;
            }
        }
    }

    /// Only what is outside of its handler can do that to a run.
    fn panicked(&self, key: &str) -> Ran {
        tracing::error!(key, "the run of a work item panicked; tried again");
        Ran::At(self.clock.now_ms().saturating_add(LONGEST_BACKOFF_MS / 10))
    }

    async fn run_once(&self, key: &str) -> Ran {
        let Some(kit) = self.kit.upgrade() else { return Ran::Done };
        let record = match kit.store.get(KIND, key).await {
            Ok(Some(record)) => record,
            Ok(None) => return Ran::Done,
            Err(error) => {
                tracing::error!(key, %error, "a work item could not be read");
                return Ran::At(self.clock.now_ms().saturating_add(LONGEST_BACKOFF_MS / 10));
            }
        };
        let item: WorkItem = match serde_json::from_slice(&record.body) {
            Ok(item) => item,
            Err(error) => {
                tracing::error!(key, %error, "a work item cannot be read and will not run");
                return Ran::Done;
            }
        };
        if item.due_ms > self.clock.now_ms() {
            return Ran::At(item.due_ms);
        }
        let is_schedule = item.kind.ends_with("/schedule");
        let lateness =
            if is_schedule { &metrics::SCHEDULE_LATENESS } else { &metrics::WORK_LATENESS };
        lateness.late(item.due_ms, self.clock.now_ms());
        let Ok(_permit) = self.permit(&item.kind).acquire_owned().await else { return Ran::Done };
        metrics::WORK_RUNS.count(&item.kind);
        let _running = Running::begin();
        self.run_item(&kit, key, &item, record.version).await
    }

    async fn run_item(&self, kit: &Arc<Kit>, key: &str, item: &WorkItem, version: u64) -> Ran {
        for _ in 0..CONFLICT_RETRIES {
            let ctx = kit.platform_ctx(&item.region);
            let outcome = match handle(kit, &ctx, item).await {
                Ok(outcome) => outcome,
                Err(error) => return self.failed(kit, key, item, version, &error).await,
            };
            match self.commit_surely(kit, key, version, &outcome).await {
                Ok(ran) => return ran,
                Err(store::Error::Conflict { kind, key: changed }) => {
                    if kind == KIND && changed == key {
                        // Replaced or cancelled meanwhile: what this run decided does not count.
                        return Ran::Again;
                    }
                }
                Err(error) => {
                    tracing::error!(key, %error, "the outcome of a work item could not be stored");
                    return Ran::Done;
                }
            }
        }
        let error = "the records it decides on are changed too often";
        self.failed(kit, key, item, version, error).await
    }

    /// Commits what a run decided. What the disk refuses is tried again as it is: what the run has done outside would be done
    /// twice if it were run again. Fails with a conflict, or when the store has closed.
    async fn commit_surely(
        &self,
        kit: &Arc<Kit>,
        key: &str,
        version: u64,
        outcome: &WorkOutcome,
    ) -> Result<Ran, store::Error> {
        for attempts in 0.. {
            match self.commit(kit, key, version, outcome.clone()).await {
                Err(error @ (store::Error::Full { .. } | store::Error::Io { .. })) => {
                    let wait_ms = backoff_ms(attempts).min(LONGEST_BACKOFF_MS / 10);
                    tracing::error!(key, wait_ms, %error, "the outcome of a work item could not be stored; tried again");
                    tokio::time::sleep(Duration::from_millis(wait_ms as u64)).await;
                }
                done => return done,
            }
        }
        Err(store::Error::Closed)
    }

    async fn commit(
        &self,
        kit: &Arc<Kit>,
        key: &str,
        version: u64,
        outcome: WorkOutcome,
    ) -> Result<Ran, store::Error> {
        let mut batch = outcome.batch;
        let mut ran = Ran::Done;
        let mut work = outcome.work;
        match outcome.again {
            Some(again) if again.record_key() == key => {
                ran = Ran::At(again.due_ms);
                batch.put(KIND, key, &again, Expect::Version(version));
            }
            other => {
                batch.remove(KIND, key, Expect::Version(version));
                work.extend(other);
            }
        }
        for item in &work {
            batch.put(KIND, item.record_key(), item, Expect::Any);
        }
        kit.store.commit(batch).await?;
        self.scheduled(work);
        outcome.notices.iter().for_each(|topic| kit.notices.ring(topic));
        Ok(ran)
    }

    /// The handler failed: the item is tried again later, and it is stored that it was tried.
    async fn failed(
        &self,
        kit: &Arc<Kit>,
        key: &str,
        item: &WorkItem,
        version: u64,
        error: &str,
    ) -> Ran {
        metrics::WORK_FAILURES.count(&item.kind);
        let wait_ms = backoff_ms(item.attempts);
        tracing::warn!(
            key,
            attempts = item.attempts,
            wait_ms,
            error,
            "work failed and will be tried again"
        );
        let due_ms = self.clock.now_ms().saturating_add(wait_ms);
        let attempts = item.attempts.saturating_add(1);
        let again = WorkItem { due_ms, attempts, ..item.clone() };
        let mut batch = Batch::new();
        batch.put(KIND, key, &again, Expect::Version(version));
        match kit.store.commit(batch).await {
            Ok(()) => Ran::At(due_ms),
            Err(store::Error::Conflict { .. }) => Ran::Again,
            Err(error) => {
                tracing::error!(key, %error, "a failed attempt could not be stored");
                Ran::At(due_ms)
            }
        }
    }

    /// Number of items that wait until they are due.
    pub fn waiting(&self) -> usize {
        self.alarms.len()
    }

    /// How far behind the first item is that should run already, in milliseconds.
    pub fn overdue_ms(&self) -> i64 {
        let now_ms = self.clock.now_ms();
        self.alarms.next_due_ms().map_or(0, |due_ms| now_ms.saturating_sub(due_ms).max(0))
    }

    fn permit(&self, kind: &str) -> Arc<Semaphore> {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = kinds.get(kind) {
            return semaphore.clone();
        }
        let semaphore = Arc::new(Semaphore::new(AT_ONCE_PER_KIND));
        kinds.insert(kind.to_owned(), semaphore.clone());
        semaphore
    }

    fn lock_running(&self) -> MutexGuard<'_, HashMap<String, bool>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WorkQueue for Work {
    fn scheduled(&self, items: Vec<WorkItem>) {
        for item in items {
            self.alarms.set_no_later(item.record_key(), item.due_ms);
        }
    }

    fn cancelled(&self, items: Vec<(String, String)>) {
        for (kind, key) in items {
            let item = WorkItem::new(&kind, key, "", 0, &());
            // Another one may be there already: whoever looks finds that, or nothing.
            self.alarms.set_no_later(item.record_key(), self.clock.now_ms());
        }
    }
}

/// Has the owning service run the item. A panic is a failure like any other.
async fn handle(kit: &Arc<Kit>, ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, String> {
    let name = item.kind.split('/').next().unwrap_or_default();
    let Some(service) = kit.service(name) else {
        return Err(format!("there is no service {name} to run it"));
    };
    let run = AssertUnwindSafe(service.work(ctx, item));
    match run.catch_unwind().await {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(_) => Err("its handler panicked".to_owned()),
    }
}

/// The wait after the failure of an item that had been tried `attempts` times before.
fn backoff_ms(attempts: u32) -> i64 {
    let factor = 1_i64.checked_shl(attempts.min(32)).unwrap_or(i64::MAX);
    FIRST_BACKOFF_MS.saturating_mul(factor).min(LONGEST_BACKOFF_MS)
}
