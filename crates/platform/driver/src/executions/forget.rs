//! Forgetting: executions that ended long ago, with everything that belongs to them, and definitions nobody needs.
//!
//! An index on their end says which ones are due, so nothing is looked at that stays. What one call answers is a small
//! batch; what is left is found by the next call, after a crash too.

use engine::Status;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use store::{Batch, Expect, Record, Scan};

use super::programs::{self, BY_USE, DAY_MS, USE_KIND, Use};
use super::record::{self, BY_END, BY_MACHINE, ExecutionRecord, HISTORY_KIND, REMAINS_KIND};
use super::{Executions, Inner};
use crate::Error;

/// Executions read at a time.
const PAGE: usize = 50;

/// What is to be committed so that executions are forgotten.
#[derive(Debug, Default)]
pub struct Forgotten {
    /// The removals; refused when an execution was redriven in between.
    pub batch: Batch,
    /// Executions that are gone with it.
    pub executions: u64,
    /// Whether there may be more.
    pub is_more: bool,
    /// When the first of those that stay ended, Unix milliseconds.
    pub next_end_ms: Option<i64>,
}

/// What is to be committed so that definitions are forgotten.
#[derive(Debug, Default)]
pub struct ForgottenDefinitions {
    /// The removals.
    pub batch: Batch,
    /// Where to go on; `None` when all have been looked at.
    pub next: Option<String>,
}

/// Removals so far, and how many there may be.
struct Round {
    batch: Batch,
    executions: u64,
    room: usize,
}

impl Round {
    fn remove(&mut self, kind: &str, key: &str, expect: Expect) {
        self.batch.remove(kind, key, expect);
        self.room = self.room.saturating_sub(1);
    }
}

impl Executions {
    /// About `most` removals of what belongs to executions that ended before `before_ms`, those that ended first first.
    ///
    /// # Errors
    /// A storage error.
    pub async fn forget(&self, before_ms: i64, most: usize) -> Result<Forgotten, Error> {
        let mut round = Round { batch: Batch::new(), executions: 0, room: most };
        let mut after: Option<String> = None;
        loop {
            let scan = Scan {
                index: Some(BY_END),
                after: after.as_deref(),
                ..Scan::of(record::KIND, "", PAGE)
            };
            let page = self.0.store.scan(scan).await?;
            for found in &page.records {
                let Some(execution) = self.0.read_to_forget(found).await else { continue };
                let end_ms = execution.stop_ms.unwrap_or(i64::MAX);
                let is_due = end_ms < before_ms;
                if !is_due || !self.0.forget_one(found, &execution, &mut round).await? {
                    return Ok(Forgotten {
                        batch: round.batch,
                        executions: round.executions,
                        is_more: is_due,
                        next_end_ms: Some(end_ms),
                    });
                }
            }
            after = page.next;
            if after.is_none() {
                let Round { batch, executions, .. } = round;
                return Ok(Forgotten { batch, executions, ..Forgotten::default() });
            }
        }
    }

    /// Definitions that were last used before `before_ms` and that no execution can have, `most` looked at.
    ///
    /// # Errors
    /// A storage error.
    pub async fn forget_definitions(
        &self,
        before_ms: i64,
        after: Option<&str>,
        most: usize,
    ) -> Result<ForgottenDefinitions, Error> {
        let scan = Scan { index: Some(BY_USE), after, ..Scan::of(USE_KIND, "", most) };
        let page = self.0.store.scan(scan).await?;
        let mut batch = Batch::new();
        for found in &page.records {
            let Ok(of) = serde_json::from_slice::<Use>(&found.body) else { continue };
            // In memory a use counts for a day: what is younger may be started with, without being written again.
            if of.used_ms >= before_ms.min(self.0.clock.now_ms().saturating_sub(3 * DAY_MS)) {
                return Ok(ForgottenDefinitions { batch, next: None });
            }
            if self.0.is_needed(&of).await? {
                continue;
            }
            batch.remove(USE_KIND, &*found.key, Expect::Version(found.version));
            self.0.forget_commons(&found.key, &mut batch).await?;
            self.0.forget_text(&found.key, &mut batch).await?;
        }
        Ok(ForgottenDefinitions { batch, next: page.next })
    }
}

impl Inner {
    /// Adds the removal of an execution; false when there is not enough room for all of it.
    fn forget_one<'a>(
        &'a self,
        found: &'a Record,
        execution: &'a ExecutionRecord,
        round: &'a mut Round,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        async move {
            if round.room == 0 || !self.forget_runs(&found.key, round).await? {
                return Ok(false);
            }
            // Forgetting the runs may have used the room up.
            if round.room == 0 {
                return Ok(false);
            }
            let arn = found.key.as_str();
            round.remove(record::KIND, arn, Expect::Version(found.version));
            if execution.history.is_none() {
                round.remove(HISTORY_KIND, arn, Expect::Any);
            }
            if execution.has_remains {
                round.remove(REMAINS_KIND, arn, Expect::Any);
            }
            round.batch.drop_streams.extend(execution.stream);
            service::forget_effects(&mut round.batch, &format!("{arn}#"));
            round.executions += 1;
            Ok(true)
        }
        .boxed()
    }

    /// Adds the removal of an execution's map runs, their children first; false when there is not enough room.
    async fn forget_runs(&self, execution_arn: &str, round: &mut Round) -> Result<bool, Error> {
        loop {
            let goes = |run: &str| {
                let mut removes = round.batch.removes.iter();
                removes.any(|it| it.kind == super::map_run::PROGRESS && it.key == run)
            };
            let runs = self.runs_of(execution_arn, PAGE).await?;
            let Some(run) = runs.iter().find(|run| !goes(run)) else {
                return Ok(runs.len() < PAGE);
            };
            let pages = self.pages_of(run, round.room).await?;
            for page in pages.records {
                round.remove(super::map_run::CHILDREN, &page.key, Expect::Any);
            }
            if pages.next.is_some() || round.room == 0 {
                return Ok(false);
            }
            let children = self.children_of(run, round.room).await?;
            for child in &children.records {
                // One that still runs (nobody knows why) is left alone.
                let execution = self.read_to_forget(child).await;
                if let Some(execution) = execution.filter(|it| it.status != Status::Running)
                    && !self.forget_one(child, &execution, round).await?
                {
                    return Ok(false);
                }
            }
            if children.next.is_some() || round.room == 0 {
                return Ok(false);
            }
            for kind in [super::map_run::PLAN, super::map_run::PROGRESS] {
                round.remove(kind, run, Expect::Any);
            }
        }
    }

    /// Whether an execution of the machine may have the definition.
    async fn is_needed(&self, of: &Use) -> Result<bool, Error> {
        let prefix = record::machine_mark(&of.machine);
        let scan = Scan { index: Some(BY_MACHINE), ..Scan::of(record::KIND, &prefix, 1) };
        let oldest = self.store.scan(scan).await?;
        let Some(oldest) = oldest.records.first() else { return Ok(false) };
        let latest_ms = of.used_ms.saturating_add(DAY_MS);
        let oldest = self.read_to_forget(oldest).await;
        Ok(oldest.is_none_or(|oldest| oldest.identity.start_ms <= latest_ms))
    }

    /// Adds the removal of a definition whose use of this key goes, if it is the last one.
    async fn forget_text(&self, key: &str, batch: &mut Batch) -> Result<(), Error> {
        let Some((hash, _)) = key.split_once('\n') else { return Ok(()) };
        let prefix = format!("{hash}\n");
        let uses = self.store.scan(Scan::of(USE_KIND, &prefix, PAGE)).await?;
        let goes = |key: &str| batch.removes.iter().any(|it| it.kind == USE_KIND && it.key == key);
        if uses.next.is_some() || !uses.records.iter().all(|it| goes(&it.key)) {
            return Ok(());
        }
        if let Some(text) = self.store.get(programs::KIND, hash).await? {
            // Written again with every use: a start in between is noticed.
            batch.remove(programs::KIND, hash, Expect::Version(text.version));
        }
        Ok(())
    }

    /// An execution's record; one that cannot be read stays, for whoever looks into it.
    async fn read_to_forget(&self, found: &Record) -> Option<ExecutionRecord> {
        self.read_execution(found).await.ok()
    }
}
