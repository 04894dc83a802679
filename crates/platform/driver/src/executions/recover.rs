//! After a restart: executions as their logs say, and what they had asked for asked for again.
//!
//! Stored changes are applied as data; no turn is taken again. An execution that cannot be read is set aside and takes
//! no other down.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use engine::{Execution, HistoryEvent, MachineKind};
use serde_json::Value;
use store::{Batch, Expect, LogRow, Scan};

use super::common::Common;
use super::form::Standing;
use super::live::{Live, State};
use super::record::{self, ASIDE, BY_STREAM, RUNNING};
use super::rows::{Row, StartRow};
use super::start::Parts;
use super::turn::read_seed;
use super::{Executions, Inner};
use crate::Error;

/// Records read at a time.
const PAGE: usize = 1000;

/// What a stream says so far.
enum Found {
    Good(Box<Recovering>),
    Broken { execution_arn: Option<Arc<str>>, history: Vec<HistoryEvent>, reason: String },
}

pub(super) struct Recovering {
    pub(super) definition: Arc<str>,
    pub(super) attributes: Arc<Value>,
    pub(super) seed: [u8; 32],
    pub(super) turns: u64,
    pub(super) time_ms: i64,
    pub(super) execution: Execution,
    pub(super) history: Vec<HistoryEvent>,
    pub(super) common: Option<Arc<Common>>,
}

impl Executions {
    /// Brings back every live execution and lets timers run. Once, after services and handler have been joined and
    /// before the first request. Answers how many live.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn recover(&self) -> Result<usize, Error> {
        self.0.bring_forward().await?;
        let inner = Arc::downgrade(&self.0);
        self.0.alarms.spawn(move |timer| {
            if let Some(inner) = inner.upgrade() {
                inner.timer_fired(&timer);
            }
        });
        let aside: HashSet<u64> = self.0.streams(ASIDE).await?.into_keys().collect();
        let running = self.0.streams(RUNNING).await?;
        let mut streams = BTreeMap::new();
        // Those that sleep get new ones when they wake.
        let mut last_stream = running.keys().chain(&aside).copied().max().unwrap_or(0);
        self.0
            .store
            .replay(&mut |row: LogRow| {
                last_stream = last_stream.max(row.stream);
                if !aside.contains(&row.stream) {
                    read_row(&mut streams, &row);
                }
            })
            .await?;
        self.0.next_stream.fetch_max(last_stream + 1, Ordering::Relaxed);
        let lives = self.0.bring_back(streams, running).await?;
        let count = lives.len();
        self.0.revive(lives.iter().cloned());
        for live in &lives {
            let mut state = live.lock();
            let effects = state.execution.outstanding();
            self.0.act(live, &mut state, effects);
        }
        self.0.recover_runs().await?;
        self.0.recover_sleepers().await?;
        Ok(count)
    }
}

impl Inner {
    /// Executions that have a log stream and whose [`BY_STREAM`] key begins with `prefix`.
    async fn streams(&self, prefix: &str) -> Result<HashMap<u64, Arc<str>>, Error> {
        let mut streams = HashMap::new();
        let mut after: Option<String> = None;
        loop {
            let scan = Scan {
                index: Some(BY_STREAM),
                after: after.as_deref(),
                ..Scan::of(record::KIND, prefix, PAGE)
            };
            let page = self.store.scan(scan).await?;
            for record in page.records {
                match serde_json::from_slice::<Standing>(&record.body) {
                    Ok(found) => {
                        streams.extend(found.stream.map(|stream| (stream, record.key.into())));
                    }
                    Err(error) => {
                        tracing::error!(execution = record.key, %error, "an execution's record cannot be read");
                    }
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(streams);
            }
        }
    }

    async fn bring_back(
        &self,
        streams: BTreeMap<u64, Found>,
        mut running: HashMap<u64, Arc<str>>,
    ) -> Result<Vec<Arc<Live>>, Error> {
        let mut lives = Vec::new();
        for (stream, found) in streams {
            let arn = running.remove(&stream);
            let (execution_arn, history, reason) = match found {
                Found::Good(good) => {
                    let (own_arn, history) =
                        (good.execution.identity.execution_arn.clone(), good.history.clone());
                    match self.bring_back_one(stream, *good).await {
                        Ok(live) => {
                            lives.push(live);
                            continue;
                        }
                        Err(error @ Error::Store(_)) => return Err(error),
                        Err(error) => (Some(own_arn), history, error.to_string()),
                    }
                }
                Found::Broken { execution_arn, history, reason } => {
                    (execution_arn, history, reason)
                }
            };
            match execution_arn.or(arn) {
                Some(arn) => self.set_aside_stored(&arn, stream, &history, &reason).await?,
                None => {
                    tracing::error!(stream, reason, "rows of an unknown execution cannot be read");
                }
            }
        }
        for (stream, arn) in running {
            self.set_aside_stored(&arn, stream, &[], "E102: its log is missing").await?;
        }
        Ok(lives)
    }

    pub(super) async fn bring_back_one(
        &self,
        stream: u64,
        good: Recovering,
    ) -> Result<Arc<Live>, Error> {
        let express = good.execution.identity.kind == MachineKind::Express;
        let program = if let Some(known) = self.programs.known(&good.definition, express) {
            known
        } else {
            let text = self.read_definition(&good.definition).await?;
            self.programs.compile(&good.definition, &text, express)?
        };
        let Recovering { definition, attributes, seed, turns, time_ms, execution, history, common } =
            good;
        let mut state = State::new(execution);
        state.turns = turns;
        state.last_ms = time_ms;
        state.durable_events = history.len();
        state.history = history;
        // Whether there were any is not known; forgetting nothing is cheap.
        state.had_tasks = true;
        Ok(self.live(Parts { definition, attributes, seed, stream, program, common }, state))
    }

    /// Marks the record of an execution that cannot be brought back. Its rows stay for whoever looks into it.
    pub(super) async fn set_aside_stored(
        &self,
        execution_arn: &str,
        stream: u64,
        history: &[HistoryEvent],
        reason: &str,
    ) -> Result<(), Error> {
        tracing::error!(execution = execution_arn, stream, reason, "an execution was set aside");
        let mut record = match self.read_record(execution_arn).await {
            Ok(record) => record,
            Err(error @ Error::Store(_)) => return Err(error),
            Err(error) => {
                tracing::error!(execution = execution_arn, %error, "and its record cannot be read either");
                return Ok(());
            }
        };
        record.stream = Some(stream);
        record.asleep = None;
        record.events = history.len() as u64;
        record.set_aside(reason, self.clock.now_ms());
        let mut batch = Batch::new();
        let work = self.announced(&record);
        record.put_with_history(&mut batch, history, Expect::Any);
        super::commit::put_work(&work, &mut batch);
        self.store.commit(batch).await?;
        self.scheduled(work);
        // Whoever waits for its end has it.
        if let Some(kit) = self.kit.upgrade() {
            kit.notices.ring(execution_arn);
        }
        Ok(())
    }
}

fn read_row(streams: &mut BTreeMap<u64, Found>, row: &LogRow) {
    let read = serde_json::from_slice::<Row>(&row.body).map_err(|error| error.to_string());
    let broken = match (streams.get_mut(&row.stream), read) {
        (None, Ok(Row::Start(start))) => match begin(*start) {
            Ok(good) => {
                streams.insert(row.stream, Found::Good(Box::new(good)));
                return;
            }
            Err(reason) => reason,
        },
        (Some(Found::Good(good)), Ok(row)) => match good.follow(row) {
            Ok(()) => return,
            Err(reason) => reason,
        },
        // The first thing that was wrong is what is said.
        (Some(Found::Broken { .. }), _) => return,
        (None, Ok(_)) => "E101: its log begins in the middle".to_owned(),
        (_, Err(error)) => format!("E100: a row cannot be read: {error}"),
    };
    let (execution_arn, history) = match streams.remove(&row.stream) {
        Some(Found::Good(good)) => {
            (Some(good.execution.identity.execution_arn.clone()), good.history)
        }
        _ => (None, Vec::new()),
    };
    let found = Found::Broken { execution_arn, history, reason: broken };
    streams.insert(row.stream, found);
}

fn begin(start: StartRow) -> Result<Recovering, String> {
    let StartRow { definition, attributes, seed, turns, time_ms, execution, events } = start;
    let seed = read_seed(&seed).ok_or_else(|| "E100: a row cannot be read: its seed".to_owned())?;
    known_version(execution.v)?;
    Ok(Recovering {
        definition,
        attributes,
        seed,
        turns,
        time_ms,
        execution,
        history: events,
        common: None,
    })
}

fn known_version(version: u16) -> Result<(), String> {
    if version == engine::STORED_VERSION {
        return Ok(());
    }
    Err(engine::Quarantine::UnknownVersion(version).to_string())
}

impl Recovering {
    fn follow(&mut self, row: Row) -> Result<(), String> {
        match row {
            Row::Start(_) => Err("E103: its log begins twice".to_owned()),
            Row::Turn(turn) => {
                if turn.turns != self.turns + 1 {
                    return Err(format!("E104: turn {} follows turn {}", turn.turns, self.turns));
                }
                known_version(turn.changes.v)?;
                (self.turns, self.time_ms) = (turn.turns, turn.time_ms);
                self.execution.apply(turn.changes);
                self.history.extend(turn.events);
                Ok(())
            }
            Row::Whole(whole) => {
                known_version(whole.execution.v)?;
                (self.turns, self.time_ms) = (whole.turns, whole.time_ms);
                self.execution = whole.execution;
                self.history.extend(whole.events);
                Ok(())
            }
        }
    }
}
