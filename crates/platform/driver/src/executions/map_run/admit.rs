//! Admission: items become children, many in one commit.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use engine::{
    Batched, Batcher, Data, Entropy, Execution, Failure, HistoryEvent, Identity, MapItem,
    STATE_DATA, Selector, Status,
};
use serde_json::Value;
use store::{Batch, Expect};

use super::super::Inner;
use super::super::live::{Live, State};
use super::super::start::{Parts, Start};
use super::super::turn::new_seed;
use super::child::{ends, seed_of};
use super::record::{Ended, Page, Tallies, Unsuccessful};
use super::run::{Broken, RunLive};
use crate::map_port::Items;
use crate::{Error, TaskFailure};
use tokio::sync::mpsc;

/// Most children of one commit.
const MOST_CHILDREN: usize = 1_024;
/// Bytes of inputs and outputs after which a commit is full.
const MOST_BYTES: usize = 2 << 20;
/// Most bytes of a child's input.
// AWS: quotas page: 256 KiB.
const MAX_INPUT_BYTES: usize = 256 * 1024;
/// Children between looks at the rest of the server.
const YIELD_EVERY: usize = 64;

/// Items on their way to children.
pub(super) struct Admission {
    source: Box<dyn Items>,
    items: VecDeque<MapItem>,
    /// The source has no more.
    exhausted: bool,
    batcher: Batcher,
    /// Inputs that are ready for a child.
    ready: VecDeque<Batched>,
    /// Items to pass over: their children were admitted before a restart.
    skip: u64,
    /// What those were, if that is known.
    skipped: Option<u64>,
    /// Of all items that have been read.
    digest: u64,
    /// Of all up to each item that has not been admitted.
    digests: VecDeque<u64>,
    /// Number of the next item.
    next_item: u64,
    logged: bool,
    /// Where random numbers of items come from: each has its own, however often reading begins anew.
    seed: [u8; 32],
}

/// One commit in the making.
struct Wave {
    batch: Batch,
    page: Page,
    bytes: usize,
    tallies: Tallies,
    items: u64,
    children: u64,
    /// Of all items admitted; none when there is no more.
    digest: Option<u64>,
    lives: Vec<(u64, Arc<Live>, Start)>,
    logs: Vec<(Identity, Vec<HistoryEvent>)>,
}

impl Admission {
    pub(super) async fn open(inner: &Arc<Inner>, run: &RunLive) -> Result<Self, Broken> {
        let (skip, all_read, before) = {
            let progress = &run.lock().progress;
            (progress.items, progress.all_read, progress.digest)
        };
        let plan = &run.plan;
        let source: Box<dyn Items> = match &plan.run.items {
            _ if all_read => Box::new(GivenItems(VecDeque::new())),
            Some(items) => Box::new(GivenItems(given(items))),
            None => Box::new(Ahead::of(inner.handler().open_items(plan.request()).await?)),
        };
        Ok(Self {
            source,
            items: VecDeque::new(),
            exhausted: false,
            batcher: Batcher::new(&plan.run),
            ready: VecDeque::new(),
            skip: if all_read { 0 } else { skip },
            skipped: before,
            digest: 0,
            digests: VecDeque::new(),
            next_item: 0,
            logged: inner.handler().logs(&plan.parent, &plan.attributes),
            seed: run.family.seed(u64::MAX),
        })
    }

    /// Admits children, at most `room` that live on.
    pub(super) async fn admit(
        &mut self,
        inner: &Arc<Inner>,
        run: &Arc<RunLive>,
        room: usize,
    ) -> Result<(), Broken> {
        let now_ms = inner.clock.now_ms();
        let first = run.lock().progress.children;
        let mut wave = Wave {
            batch: Batch::new(),
            page: Page::new(now_ms),
            bytes: 0,
            tallies: Tallies::default(),
            items: 0,
            children: 0,
            digest: None,
            lives: Vec::new(),
            logs: Vec::new(),
        };
        let mut selector = Selector::new(run.run(), &run.parent_program);
        while (wave.children as usize) < MOST_CHILDREN
            && wave.bytes < MOST_BYTES
            && wave.lives.len() < room
        {
            if self.ready.is_empty() && !self.refill(&mut selector, now_ms).await? {
                break;
            }
            let Some(next) = self.ready.pop_front() else { continue };
            let index = first + wave.children;
            let last = self.digests.drain(..next.items as usize).next_back();
            wave.digest = last.or(wave.digest);
            self.admit_one(inner, run, &mut wave, index, next)?;
            if (wave.children as usize).is_multiple_of(YIELD_EVERY) {
                tokio::task::yield_now().await;
            }
        }
        let all_read = self.exhausted && self.items.is_empty() && self.ready.is_empty();
        commit(inner, run, wave, all_read).await
    }

    /// Makes inputs ready; false when there are no more items.
    async fn refill(&mut self, selector: &mut Selector<'_>, now_ms: i64) -> Result<bool, Broken> {
        loop {
            while let Some(item) = self.items.pop_front() {
                let mut entropy = Entropy::from_seed(if selector.is_there() {
                    seed_of(&self.seed, item.index)
                } else {
                    self.seed
                });
                let selected = selector.select(item, now_ms, &mut entropy);
                let selected = selected.map_err(Broken::Failed)?;
                self.ready.extend(self.batcher.push(selected));
                if self.batcher.is_full() {
                    self.ready.extend(self.batcher.finish());
                }
                if !self.ready.is_empty() {
                    return Ok(true);
                }
            }
            if self.exhausted {
                self.ready.extend(self.batcher.finish());
                return Ok(!self.ready.is_empty());
            }
            self.read().await?;
        }
    }

    /// Reads what was admitted before a restart: whether it is still the same is known before anybody waits for room.
    pub(super) async fn catch_up(&mut self, run: &RunLive) -> Result<(), Broken> {
        while self.next_item < self.skip {
            if run.lock().cancelled {
                return Err(Broken::Cancelled);
            }
            self.read().await?;
        }
        Ok(())
    }

    /// Takes some more items.
    async fn read(&mut self) -> Result<(), Broken> {
        let more = self.source.next().await?;
        self.exhausted = more.is_empty();
        for item in more {
            self.take(item)?;
        }
        if self.exhausted && self.next_item < self.skip {
            return Err(changed());
        }
        Ok(())
    }

    /// Takes an item that was read, or passes over it when its child has been admitted.
    fn take(&mut self, mut item: MapItem) -> Result<(), Broken> {
        item.index = self.next_item;
        self.next_item += 1;
        self.digest = item.digest(self.digest);
        if item.index >= self.skip {
            self.items.push_back(item);
            self.digests.push_back(self.digest);
        } else if self.next_item == self.skip && self.skipped.is_some_and(|s| s != self.digest) {
            return Err(changed());
        }
        Ok(())
    }

    fn admit_one(
        &self,
        inner: &Arc<Inner>,
        run: &RunLive,
        wave: &mut Wave,
        index: u64,
        next: Batched,
    ) -> Result<(), Broken> {
        let now_ms = wave.page.time_ms;
        let input = Data::new(next.input);
        if input.text().len() > MAX_INPUT_BYTES {
            // UNVERIFIED: AWS's words.
            return Err(Broken::Failed(Failure {
                error: Some("States.DataLimitExceeded".into()),
                cause: Some(
                    "The input of a child workflow execution exceeds the maximum number of bytes \
                     service limit."
                        .into(),
                ),
            }));
        }
        wave.bytes += input.text().len();
        wave.children += 1;
        wave.items += u64::from(next.items);
        let family = &run.family;
        let execution = Execution::new(family.identity(index, input.clone(), now_ms));
        let turn = family.first_turn(&execution, index, now_ms);
        match turn {
            Some(turn) if ends(&turn) => {
                let Some(progress) = turn.changes.progress else { return Ok(()) };
                let output = progress.output.filter(|output| output.text() != input.text());
                wave.bytes += output.as_ref().map_or(0, |output| output.text().len());
                wave.tallies.add(progress.status, u64::from(next.items));
                let failed = (progress.status != Status::Succeeded).then(|| {
                    let (error, cause) = (progress.error, progress.cause);
                    Box::new(Unsuccessful { status: progress.status, error, cause })
                });
                let events = turn.events.len() as u64;
                wave.page.children.push(Ended {
                    index,
                    items: next.items,
                    input: input.text().into(),
                    // Results are written as they are here: on one line.
                    output: output.map(|output| output.value().to_string().into()),
                    failed,
                    events,
                });
                if self.logged {
                    wave.logs.push((execution.identity, turn.events));
                }
            }
            _ => {
                // Taken again with a seed of its own: what it waits for may be answered with something nobody may guess.
                let state = State::new(execution);
                let live = inner.live(
                    Parts {
                        definition: family.definition.clone(),
                        attributes: family.attributes.clone(),
                        common: None,
                        seed: new_seed(&inner.entropy),
                        stream: inner.next_stream.fetch_add(1, Ordering::Relaxed),
                        program: family.program.clone(),
                    },
                    state,
                );
                inner.first_turn(&live);
                let definition = &run.run().definition;
                let start = inner.clone().start_stored(&live, definition, Expect::Absent);
                wave.lives.push((index, live, start));
            }
        }
        Ok(())
    }
}

/// Makes a wave durable, and has its children go on.
async fn commit(
    inner: &Arc<Inner>,
    run: &RunLive,
    wave: Wave,
    all_read: bool,
) -> Result<(), Broken> {
    let Wave { mut batch, page, tallies, items, children, digest, lives, logs, .. } = wave;
    let mut progress = run.lock().progress.clone();
    progress.children += children;
    progress.items += items;
    progress.all_read = all_read;
    progress.digest = digest.or(progress.digest);
    progress.paged = progress.paged.plus(&tallies);
    page.put(&run.family.tag, &mut batch);
    progress.put(&mut batch);
    let mut begin = Vec::with_capacity(lives.len());
    for (index, live, start) in lives {
        batch.extend(start.batch);
        begin.push((index, live, start.after));
    }
    inner.commit_surely(batch).await?;
    {
        let mut state = run.lock();
        // Settings are changed by this loop alone, so what was cloned is still what is stored; only the number of items
        // may have become known.
        progress.total = state.progress.total;
        state.progress = progress;
        state.alive.extend(begin.iter().map(|(index, live, _)| (*index, live.clone())));
    }
    for (_, _, after) in begin {
        after();
    }
    for (identity, events) in logs {
        inner.handler().happened(&identity, &run.plan.attributes, &events);
    }
    Ok(())
}

/// The failure of a run whose items are others than they were.
// UNVERIFIED: AWS's words.
fn changed() -> Broken {
    Broken::Failed(Failure {
        error: Some(engine::ITEM_READER_FAILED.into()),
        cause: Some("The items have changed since the map run began to read them".into()),
    })
}

/// Pieces that are read ahead.
const AHEAD: usize = 2;

/// Items that are read on another thread than they are admitted on. Ends when dropped.
struct Ahead {
    pieces: mpsc::Receiver<Result<Vec<MapItem>, TaskFailure>>,
    reading: tokio::task::JoinHandle<()>,
}

impl Ahead {
    fn of(mut source: Box<dyn Items>) -> Self {
        let (sender, pieces) = mpsc::channel(AHEAD);
        let reading = tokio::spawn(async move {
            loop {
                let piece = source.next().await;
                let ends = piece.as_ref().map_or(true, Vec::is_empty);
                if sender.send(piece).await.is_err() || ends {
                    return;
                }
            }
        });
        Self { pieces, reading }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

#[async_trait::async_trait]
impl Items for Ahead {
    async fn next(&mut self) -> Result<Vec<MapItem>, TaskFailure> {
        match self.pieces.recv().await {
            Some(piece) => piece,
            None => Err(TaskFailure::new(engine::ITEM_READER_FAILED, "the reader has gone")),
        }
    }
}

/// Items that came with the state's input.
struct GivenItems(VecDeque<MapItem>);

#[async_trait::async_trait]
impl Items for GivenItems {
    async fn next(&mut self) -> Result<Vec<MapItem>, TaskFailure> {
        Ok(std::mem::take(&mut self.0).into())
    }
}

fn given(items: &Data) -> VecDeque<MapItem> {
    let source: Arc<str> = STATE_DATA.into();
    let item = |key: Option<&String>, value: &Value| MapItem {
        index: 0,
        key: key.map(|key| key.as_str().into()),
        value: value.clone(),
        source: source.clone(),
    };
    match items.value() {
        Value::Array(items) => items.iter().map(|value| item(None, value)).collect(),
        Value::Object(entries) => {
            entries.iter().map(|(key, value)| item(Some(key), value)).collect()
        }
        _ => VecDeque::new(),
    }
}

impl From<store::Error> for Broken {
    fn from(error: store::Error) -> Self {
        Error::from(error).into()
    }
}
