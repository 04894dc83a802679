//! Executions that only wait for a time: they are a record, and in memory no more than anything else on disk.
//!
//! What a live execution has in its log, one that sleeps has in its record; the record's index key says when it is due.
//! In memory are alarms of those that are due soon, [`MOST_ALARMS`] at most when they are read, and one alarm that reads
//! the next ones. So a million that wait for months cost a restart nothing.
//!
//! **Invariant:** an execution is in the table of the living or sleeps, and is woken by one at a time: what is given to
//! one that has fallen asleep meanwhile does nothing, and is given again.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{Changes, Detail, Execution, HistoryEvent, Identity, Phase, StateType};
use serde::{Deserialize, Serialize};
use service::Clock;
use store::{Batch, Expect, Scan};
use tokio::sync::Mutex as AsyncMutex;

use super::form::Standing;
use super::live::{Live, Pending, State};
use super::map_run::is_child;
use super::record::{self, ASLEEP, BY_STREAM, ExecutionRecord};
use super::recover::Recovering;
use super::turn::{read_seed, write_seed};
use super::{Executions, Inner};
use crate::Error;
use crate::alarms::Alarms;

/// Shorter waits are not worth a record.
const SHORTEST_SLEEP_MS: i64 = 300_000;
/// Executions due within this time are known by alarms of their own.
const SOON_MS: i64 = 3_600_000;
/// Those due next are read so long before they are due.
const AHEAD_MS: i64 = 600_000;
/// Alarms read at a time.
const MOST_ALARMS: usize = 50_000;
/// Records read at a time.
const PAGE: usize = 1000;
/// Longer histories stay in memory: they would be written with every sleep.
const MOST_EVENTS: usize = 64;
/// Wakings at the same time of different executions.
const WAKINGS: usize = 64;

/// What a sleeping execution's record has instead of a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Asleep {
    pub(super) seed: String,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub(super) turns: u64,
    pub(super) time_ms: i64,
    /// When it is due, Unix milliseconds.
    pub(super) due_ms: i64,
    /// What its only turn has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changes: Option<Changes>,
    /// After further turns: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    execution: Option<Execution>,
    /// None where they say no more than what else is here: see [`Asleep::events`].
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "engine::stored_history")]
    events: Vec<HistoryEvent>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_one(number: &u64) -> bool {
    *number == 1
}

fn one() -> u64 {
    1
}

/// What alarms are for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Waking {
    /// The execution of this ARN is due.
    One(Arc<str>),
    /// The next ones have to be read.
    More,
}

/// The alarms of those that sleep.
pub(super) struct Sleepers {
    alarms: Arc<Alarms<Waking>>,
    known: Mutex<Known>,
    wakings: [AsyncMutex<()>; WAKINGS],
}

struct Known {
    /// All that are due before this have alarms.
    upto_ms: i64,
    /// When the next ones will be read.
    more_ms: Option<i64>,
}

impl Sleepers {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let known = Mutex::new(Known { upto_ms: i64::MIN, more_ms: None });
        let wakings = std::array::from_fn(|_| AsyncMutex::new(()));
        Self { alarms: Alarms::new(clock), known, wakings }
    }

    /// Number of alarms.
    pub(super) fn len(&self) -> usize {
        self.alarms.len()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An execution sleeps from now on.
    fn add(&self, execution_arn: &Arc<str>, due_ms: i64) {
        let mut known = self.lock();
        if due_ms < known.upto_ms {
            self.alarms.set(Waking::One(execution_arn.clone()), due_ms);
        } else {
            self.read_more(&mut known, due_ms.saturating_sub(AHEAD_MS));
        }
    }

    /// Has the next ones read at this time, if that is not to happen earlier.
    fn read_more(&self, known: &mut Known, at_ms: i64) {
        if known.more_ms.is_none_or(|more_ms| at_ms < more_ms) {
            known.more_ms = Some(at_ms);
            self.alarms.set(Waking::More, at_ms);
        }
    }
}

impl Asleep {
    /// Its events so far.
    pub(super) fn events(&self, identity: &Identity) -> Vec<HistoryEvent> {
        if self.events.is_empty() {
            self.plain_events(identity).unwrap_or_default()
        } else {
            self.events.clone()
        }
    }

    /// The events of an execution that began and came to a Wait state at once, as most do that sleep.
    fn plain_events(&self, identity: &Identity) -> Option<Vec<HistoryEvent>> {
        let [(_, frame)] = self.changes.as_ref()?.frames.as_slice() else { return None };
        let started = Detail::ExecutionStarted {
            input: identity.input.clone(),
            role_arn: identity.role_arn.clone(),
            alias_arn: identity.state_machine_alias_arn.clone(),
            version_arn: identity.state_machine_version_arn.clone(),
        };
        let entered = Detail::StateEntered {
            state_type: StateType::Wait,
            name: frame.state.clone(),
            input: frame.input.clone(),
        };
        let event = |(id, detail)| HistoryEvent {
            id,
            previous_event_id: 0,
            timestamp_ms: self.time_ms,
            detail,
        };
        Some([(1, started), (2, entered)].map(event).into())
    }

    /// The execution as it fell asleep; `None` when the record has neither form of it.
    fn execution(&self, record: &ExecutionRecord) -> Option<Execution> {
        match (&self.execution, &self.changes) {
            (Some(execution), _) => Some(execution.clone()),
            (None, Some(changes)) => {
                let mut execution = Execution::new((*record.identity).clone());
                execution.apply(changes.clone());
                Some(execution)
            }
            (None, None) => None,
        }
    }
}

impl State {
    /// When it is due, if all it waits for is a time, and that is far enough away.
    pub(super) fn sleeps_until(&self, now_ms: i64) -> Option<i64> {
        let progress = &self.execution.progress;
        let is_busy = self.end.is_some()
            || progress.cut_at_ms.is_some()
            || !self.tasks.is_empty()
            || !self.stopping.is_empty()
            || self.history.len() > MOST_EVENTS
            // Their runs count those that are live.
            || is_child(&self.execution.identity.execution_arn);
        // One frame: several, as of a Map, are written faster as changes.
        let (false, Some((_, frame)), 1) =
            (is_busy, self.execution.frames.first_key_value(), self.execution.frames.len())
        else {
            return None;
        };
        let (Phase::WaitingTimer { due_ms } | Phase::WaitingRetry { due_ms }) = &frame.phase else {
            return None;
        };
        let due_ms = progress.timeout_at_ms.map_or(*due_ms, |timeout_ms| timeout_ms.min(*due_ms));
        (due_ms.saturating_sub(now_ms) >= SHORTEST_SLEEP_MS).then_some(due_ms)
    }
}

impl Live {
    /// Its record while it sleeps.
    pub(super) fn asleep(&self, state: &State, due_ms: i64) -> ExecutionRecord {
        let mut record = ExecutionRecord::running(self, state);
        let changes = state.first_changes.clone().filter(|_| state.turns == 1);
        let mut asleep = Asleep {
            seed: write_seed(&self.seed),
            turns: state.turns,
            time_ms: state.last_ms,
            due_ms,
            execution: changes.is_none().then(|| state.execution.clone()),
            changes,
            events: Vec::new(),
        };
        if asleep.plain_events(&self.identity).as_ref() != Some(&state.history) {
            asleep.events.clone_from(&state.history);
        }
        record.asleep = Some(Box::new(asleep));
        record
    }
}

impl Executions {
    /// Number of executions that sleep. Reads them all: for those who look, not for loops.
    ///
    /// # Errors
    /// A storage error.
    pub async fn asleep_count(&self) -> Result<usize, Error> {
        let mut count = 0;
        let mut after: Option<String> = None;
        loop {
            let scan = Scan {
                index: Some(BY_STREAM),
                after: after.as_deref(),
                ..Scan::of(record::KIND, ASLEEP, PAGE)
            };
            let page = self.0.store.scan(scan).await?;
            count += page.records.len();
            after = page.next;
            if after.is_none() {
                return Ok(count);
            }
        }
    }
}

impl Inner {
    /// Lets those that sleep be woken. Once, at start.
    pub(super) async fn recover_sleepers(self: &Arc<Self>) -> Result<(), Error> {
        let inner = Arc::downgrade(self);
        self.sleepers.alarms.spawn(move |waking| {
            let Some(inner) = inner.upgrade() else { return };
            tokio::spawn(async move {
                let result = match &waking {
                    Waking::One(execution_arn) => inner.wake(execution_arn).await.map(drop),
                    Waking::More => inner.read_sleepers().await,
                };
                if let Err(error) = result {
                    tracing::error!(%error, "executions that sleep could not be read; tried again");
                    let again_ms = inner.clock.now_ms().saturating_add(AHEAD_MS / 20);
                    inner.sleepers.alarms.set(waking, again_ms);
                }
            });
        });
        self.read_sleepers().await
    }

    /// Sets alarms for those that are due next.
    async fn read_sleepers(&self) -> Result<(), Error> {
        let soon_ms = self.clock.now_ms().saturating_add(SOON_MS);
        {
            // What falls asleep while this reads, and is due before the end of it, gets its alarm by itself.
            let mut known = self.sleepers.lock();
            (known.upto_ms, known.more_ms) = (soon_ms, None);
        }
        let mut found = 0;
        let mut after: Option<String> = None;
        loop {
            let scan = Scan {
                index: Some(BY_STREAM),
                after: after.as_deref(),
                ..Scan::of(record::KIND, ASLEEP, if found == 0 { 10 } else { PAGE })
            };
            let page = self.store.scan(scan).await?;
            for record in page.records {
                let Some(due_ms) = self.due_of(&record).await? else { continue };
                let mut known = self.sleepers.lock();
                if due_ms >= soon_ms || found >= MOST_ALARMS {
                    known.upto_ms = known.upto_ms.min(due_ms);
                    self.sleepers.read_more(&mut known, due_ms.saturating_sub(AHEAD_MS));
                    return Ok(());
                }
                self.sleepers.alarms.set(Waking::One(record.key.into()), due_ms);
                found += 1;
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// When a sleeping execution is due; one whose record cannot be read is set aside.
    async fn due_of(&self, record: &store::Record) -> Result<Option<i64>, Error> {
        match serde_json::from_slice::<Standing>(&record.body) {
            Ok(found) => Ok(found.asleep.map(|asleep| asleep.due_ms)),
            Err(error) => {
                tracing::error!(execution = record.key, %error, "an execution's record cannot be read");
                Ok(None)
            }
        }
    }

    /// The live execution of an ARN, woken if it sleeps; `None` when it has ended or is none.
    pub(super) async fn wake(
        self: &Arc<Self>,
        execution_arn: &str,
    ) -> Result<Option<Arc<Live>>, Error> {
        let lane = execution_arn
            .bytes()
            .fold(0, |sum: usize, byte| sum.wrapping_mul(31) + usize::from(byte));
        let _one_at_a_time = self.sleepers.wakings[lane % WAKINGS].lock().await;
        if let Some(live) = self.find(execution_arn) {
            return Ok(Some(live));
        }
        let record = match self.read_record(execution_arn).await {
            Ok(record) => record,
            Err(Error::ExecutionDoesNotExist(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(asleep) = &record.asleep else { return Ok(None) };
        // Not the one that it had before: after a restart that may be another one's.
        let stream = self.next_stream.fetch_add(1, Ordering::Relaxed);
        let live = match self.revive_one(&record, asleep, stream).await {
            Ok(live) => live,
            Err(error @ Error::Store(_)) => return Err(error),
            Err(error) => {
                let reason = error.to_string();
                let events = asleep.events(&record.identity);
                self.set_aside_stored(execution_arn, stream, &events, &reason).await?;
                return Ok(None);
            }
        };
        self.revive([live.clone()]);
        let mut state = live.lock();
        let effects = state.execution.outstanding();
        self.act(&live, &mut state, effects);
        drop(state);
        Ok(Some(live))
    }

    async fn revive_one(
        &self,
        record: &ExecutionRecord,
        asleep: &Asleep,
        stream: u64,
    ) -> Result<Arc<Live>, Error> {
        let unreadable = |detail: &str| Error::Unreadable {
            key: record.identity.execution_arn.to_string(),
            detail: detail.to_owned(),
        };
        let seed = read_seed(&asleep.seed).ok_or_else(|| unreadable("E100: its seed"))?;
        let execution = asleep.execution(record).ok_or_else(|| unreadable("E102: its state"))?;
        if execution.v != engine::STORED_VERSION {
            return Err(unreadable(&engine::Quarantine::UnknownVersion(execution.v).to_string()));
        }
        let live = self
            .bring_back_one(
                stream,
                Recovering {
                    definition: record.definition.clone(),
                    attributes: record.attributes.clone(),
                    seed,
                    turns: asleep.turns,
                    time_ms: asleep.time_ms,
                    execution,
                    history: asleep.events(&record.identity),
                    common: record.common.clone(),
                },
            )
            .await?;
        live.lock().in_record = true;
        Ok(live)
    }

    /// What made it fall asleep is durable: it leaves memory, unless there is something to do again. Answers whether it
    /// has left.
    pub(super) fn fall_asleep(&self, live: &Arc<Live>, state: &mut State, due_ms: i64) -> bool {
        state.in_record = true;
        if !state.pending.is_empty() || state.sleeps_until(i64::MIN) != Some(due_ms) {
            return false;
        }
        state.retired = true;
        self.clear_up(live, state);
        self.lock_table().remove(live.arn());
        live.ended.notify_waiters();
        self.sleepers.add(live.arn(), due_ms);
        true
    }

    /// The batch of an execution that sleeps from its commit on, or did until now.
    pub(super) fn load_sleep(live: &Live, state: &State, flying: &mut Pending, batch: &mut Batch) {
        if let Some(due_ms) = flying.sleeps_until {
            live.asleep(state, due_ms).put(batch, Expect::Any);
            if !state.in_record {
                batch.drop_streams.push(live.stream);
            }
        } else {
            if flying.end.is_none() {
                ExecutionRecord::running(live, state).put(batch, Expect::Any);
            }
            let body = super::rows::start(live, state);
            batch.appends.push(store::Append { stream: live.stream, body });
        }
        flying.rows.clear();
    }
}
