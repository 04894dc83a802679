//! Redriving a run: children that did not succeed run again, the others keep their results.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use engine::{Execution, Input, MachineKind, Status};
use store::{Batch, Expect};

use super::super::live::{Live, State};
use super::super::record::KIND;
use super::super::start::{Parts, Start};
use super::super::turn::new_seed;
use super::super::{ExecutionRecord, Executions, Inner};
use super::child::items_of;
use super::read::Children;
use super::run::{Broken, RunLive, is_unsuccessful};
use crate::Error;

/// Children looked at between commits.
const LOOKED_AT: usize = 512;

/// A child that is to run again.
struct Again {
    index: u64,
    live: Arc<Live>,
    start: Start,
    before: Status,
    items: u64,
    was_paged: bool,
}

impl Inner {
    /// Has a run that ended go on, if it was redriven since.
    pub(super) async fn begin_redrive(
        &self,
        run: &RunLive,
        redrive_count: u32,
    ) -> Result<(), Error> {
        let mut progress = run.lock().progress.clone();
        if progress.redrive_count >= redrive_count {
            return Ok(());
        }
        progress.status = Status::Running;
        progress.redrive_count = redrive_count;
        progress.redrive_ms = Some(self.clock.now_ms());
        progress.redrive_from = Some(0);
        progress.outcome = None;
        progress.stop_ms = None;
        let mut batch = Batch::new();
        progress.put(&mut batch);
        self.commit_surely(batch).await?;
        run.lock().progress = progress;
        Ok(())
    }

    /// Runs again what a redrive has not run again yet.
    pub(super) async fn redrive_children(
        self: &Arc<Self>,
        run: &Arc<RunLive>,
    ) -> Result<(), Broken> {
        let Some(from) = run.lock().progress.redrive_from else { return Ok(()) };
        let mut children = Children::new(&run.family);
        let (mut again, mut looked_at) = (Vec::new(), 0);
        while let Some(child) = children.next(self).await? {
            let index = child.index();
            if index < from || !is_unsuccessful(child.status()) {
                continue;
            }
            let record = child.record()?;
            again.push(self.again(run, index, record).await.map_err(Broken::from)?);
            looked_at += 1;
            while run.room() < again.len().max(1) {
                self.commit_again(run, std::mem::take(&mut again), Some(index + 1)).await?;
                run.check()?;
                self.apply_changes(run).await?;
                if run.room() == 0 {
                    run.wake.notified().await;
                }
            }
            if looked_at % LOOKED_AT == 0 {
                self.commit_again(run, std::mem::take(&mut again), Some(index + 1)).await?;
            }
        }
        self.commit_again(run, again, None).await
    }

    /// A child's first turn of a redrive.
    async fn again(
        self: &Arc<Self>,
        run: &RunLive,
        index: u64,
        record: ExecutionRecord,
    ) -> Result<Again, Error> {
        let arn = record.identity.execution_arn.clone();
        let items = items_of(&record.identity.input, run.run().batcher.is_some());
        let stored = self.store.get(KIND, &arn).await?;
        let (before, was_paged) = (record.status, stored.is_none());
        let (live, start) = if let Some(stored) = stored {
            if record.has_remains {
                let attributes = (*run.plan.attributes).clone();
                Executions(self.clone()).redrive_live(&arn, attributes).await?
            } else {
                self.afresh(run, index, &record, Expect::Version(stored.version))
            }
        } else {
            self.from_page(run, index, &record)
        };
        Ok(Again { index, live, start, before, items, was_paged })
    }

    /// A child starts anew: an Express one, or one that left nothing to go on with.
    // AWS: redrive page: Express children are started again.
    fn afresh(
        self: &Arc<Self>,
        run: &RunLive,
        index: u64,
        record: &ExecutionRecord,
        expect: Expect,
    ) -> (Arc<Live>, Start) {
        let input = record.identity.input.clone();
        let identity = run.family.identity(index, input, self.clock.now_ms());
        let live = self.live(self.parts(run), State::new(Execution::new(identity)));
        self.first_turn(&live);
        let start = self.clone().start_stored(&live, &run.run().definition, expect);
        (live, start)
    }

    /// A child of a page goes on where it stopped.
    fn from_page(
        self: &Arc<Self>,
        run: &RunLive,
        index: u64,
        record: &ExecutionRecord,
    ) -> (Arc<Live>, Start) {
        let family = &run.family;
        let identity =
            family.identity(index, record.identity.input.clone(), record.identity.start_ms);
        let mut execution = Execution::new(identity);
        let start_ms = record.identity.start_ms;
        let turn = family.first_turn(&execution, index, start_ms);
        let events = match turn {
            Some(turn) if turn.changes.remains.is_some() => {
                execution.apply(turn.changes);
                turn.events
            }
            _ => return self.afresh(run, index, record, Expect::Absent),
        };
        if family.kind == MachineKind::Express {
            return self.afresh(run, index, record, Expect::Absent);
        }
        let mut state = State::new(execution);
        state.last_ms = start_ms;
        state.durable_events = events.len();
        state.history = events;
        let live = self.live(self.parts(run), state);
        {
            let mut state = live.lock();
            self.turn(&live, &mut state, Input::Redrive);
        }
        let start = self.clone().start_stored(&live, &run.run().definition, Expect::Absent);
        (live, start)
    }

    fn parts(&self, run: &RunLive) -> Parts {
        Parts {
            definition: run.family.definition.clone(),
            attributes: run.family.attributes.clone(),
            seed: new_seed(&self.entropy),
            common: None,
            stream: self.next_stream.fetch_add(1, Ordering::Relaxed),
            program: run.family.program.clone(),
        }
    }

    async fn commit_again(
        &self,
        run: &RunLive,
        again: Vec<Again>,
        next: Option<u64>,
    ) -> Result<(), Broken> {
        let mut progress = run.lock().progress.clone();
        progress.redrive_from = next;
        let mut batch = Batch::new();
        let mut after = Vec::with_capacity(again.len());
        for child in again {
            batch.extend(child.start.batch);
            if child.was_paged {
                progress.paged.take(child.before, child.items);
            } else {
                run.lock().singles.take(child.before, child.items);
            }
            after.push((child.index, child.live, child.start.after));
        }
        progress.put(&mut batch);
        self.commit_surely(batch).await?;
        {
            let mut state = run.lock();
            state.progress = progress;
            let lives = after.iter().map(|(index, live, _)| (*index, live.clone()));
            state.alive.extend(lives);
        }
        for (_, _, after) in after {
            after();
        }
        Ok(())
    }
}
