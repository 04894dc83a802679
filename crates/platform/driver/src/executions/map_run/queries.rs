//! Reading: runs, their lists, their children, and changing the settings of one.

use std::sync::Arc;

use engine::{HistoryEvent, Identity, MapRun, Status, Tolerance};
use store::Scan;
use tokio::sync::oneshot;

use super::super::{ExecutionRecord, Executions, Inner};
use super::names;
use super::read::{Children, parse};
use super::record::{
    BY_EXECUTION, CHILDREN, Ended, PROGRESS, Page, Plan, Progress, Tallies, page_key,
};
use super::run::Change;
use crate::Error;

/// A run as described.
#[derive(Debug, Clone)]
pub struct MapRunView {
    /// Its ARN.
    pub map_run_arn: Arc<str>,
    /// The execution that started it.
    pub execution_arn: Arc<str>,
    /// The state machine of its children.
    pub state_machine_arn: Arc<str>,
    /// How it stands.
    pub status: Status,
    /// When it started, Unix milliseconds.
    pub start_ms: i64,
    /// When it ended, Unix milliseconds.
    pub stop_ms: Option<i64>,
    /// Most children at the same time; 0 is the service's own limit.
    pub max_concurrency: u64,
    /// Failures that are tolerated.
    pub tolerance: Tolerance,
    /// Children admitted.
    pub executions: u64,
    /// Items of these.
    pub items: u64,
    /// How many items there are, once that is known.
    pub total: Option<u64>,
    /// How many items a child gets at most; none when only bytes limit them.
    pub batch: Option<u64>,
    /// Children are being looked through for those to run again.
    pub redriving: bool,
    /// Children and items that have ended.
    pub ended: Tallies,
    /// Items whose results have been exported.
    pub results_written: u64,
    /// How often it has been redriven.
    pub redrive_count: u32,
    /// When it was last redriven, Unix milliseconds.
    pub redrive_ms: Option<i64>,
}

/// Settings to change; those that are none stay.
#[derive(Debug, Clone, Copy, Default)]
pub struct MapRunChange {
    /// Most children at the same time; 0 is the service's own limit.
    pub max_concurrency: Option<u64>,
    /// Most failed items.
    pub tolerated_count: Option<u64>,
    /// Most failed items, as a percentage of all.
    pub tolerated_percentage: Option<f64>,
}

/// Some children of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct ChildPage {
    /// The children, the last started first.
    pub executions: Vec<ExecutionRecord>,
    /// The number to pass as `before` for the next page; `None` on the last.
    pub next: Option<u64>,
}

fn view(run: Option<&MapRun>, progress: &Progress, ended: Tallies) -> MapRunView {
    let batcher = run.and_then(|run| run.batcher.as_ref());
    MapRunView {
        map_run_arn: progress.map_run_arn.clone(),
        execution_arn: progress.execution_arn.clone(),
        state_machine_arn: progress.state_machine_arn.clone(),
        status: progress.status,
        start_ms: progress.start_ms,
        stop_ms: progress.stop_ms,
        max_concurrency: progress.max_concurrency,
        tolerance: progress.tolerance,
        executions: progress.children,
        items: progress.items,
        total: progress.known_total(),
        batch: batcher.map_or(Some(1), |batcher| batcher.max_items),
        redriving: progress.redrive_from.is_some(),
        ended,
        results_written: progress.results_written,
        redrive_count: progress.redrive_count,
        redrive_ms: progress.redrive_ms,
    }
}

impl Executions {
    /// A run as it stands; none when there is none of that ARN.
    ///
    /// # Errors
    /// A storage error.
    pub async fn describe_map_run(&self, map_run_arn: &str) -> Result<Option<MapRunView>, Error> {
        let inner = &self.0;
        let tag = names::tag(map_run_arn);
        if let Some(run) = inner.runs.find(&tag) {
            let state = run.lock();
            let ended = state.progress.paged.plus(&state.singles);
            return Ok(Some(view(Some(run.run()), &state.progress, ended)));
        }
        let Some(progress) = inner.read_progress(map_run_arn).await? else { return Ok(None) };
        let Some(run) = inner.bring_up(map_run_arn).await? else { return Ok(None) };
        inner.count_children(&run).await?;
        let ended = progress.paged.plus(&run.lock().singles);
        Ok(Some(view(Some(run.run()), &progress, ended)))
    }

    /// Runs of an execution, the newest first, and the cursor of the next page.
    ///
    /// # Errors
    /// A storage error.
    pub async fn list_map_runs(
        &self,
        execution_arn: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<MapRunView>, Option<String>), Error> {
        let prefix = format!("{execution_arn}\n");
        let scan = Scan {
            kind: PROGRESS,
            index: Some(BY_EXECUTION),
            prefix: &prefix,
            after,
            limit,
            reverse: true,
        };
        let page = self.0.store.scan(scan).await?;
        let mut runs = Vec::with_capacity(page.records.len());
        for record in &page.records {
            let progress: Progress = parse(record)?;
            runs.push(view(None, &progress, progress.paged));
        }
        Ok((runs, page.next))
    }

    /// Children of a run, the last started first, all or those in one status; `before` is a [`ChildPage::next`].
    ///
    /// # Errors
    /// A storage error.
    pub async fn list_children(
        &self,
        map_run_arn: &str,
        wanted: impl Fn(&ExecutionRecord) -> bool,
        before: Option<u64>,
        limit: usize,
    ) -> Result<ChildPage, Error> {
        let inner = &self.0;
        let mut page = ChildPage { executions: Vec::new(), next: None };
        let Some(plan) = inner.read_plan(map_run_arn).await? else { return Ok(page) };
        let family = inner.family(&plan).await?;
        let mut children = Children::backwards(&family, before);
        while let Some(child) = children.next(inner).await? {
            if before.is_some_and(|before| child.index() >= before) {
                continue;
            }
            let record = child.record()?;
            if !wanted(&record) {
                continue;
            }
            if page.executions.len() >= limit.max(1) {
                let last = page.executions.last();
                page.next = last.and_then(|last| {
                    names::child_of(&last.identity.execution_arn).map(|(_, index)| index)
                });
                break;
            }
            page.executions.push(record);
        }
        Ok(page)
    }

    /// The ARN of the run that an execution is a child of, and the run's label.
    ///
    /// # Errors
    /// A storage error.
    pub async fn map_run_of(
        &self,
        execution: &Identity,
    ) -> Result<Option<(Arc<str>, Arc<str>)>, Error> {
        let Some((tag, _)) = names::child_of(&execution.execution_arn) else { return Ok(None) };
        let Some(progress) = self.0.progress_by_tag(tag).await? else { return Ok(None) };
        let label = execution.state_machine_arn.rsplit('/').next().unwrap_or_default();
        Ok(Some((progress.map_run_arn, label.into())))
    }

    /// Changes the settings of a run; resolves when that is durable. False when no run of that ARN goes on.
    ///
    /// # Errors
    /// A storage error.
    pub async fn change_map_run(
        &self,
        map_run_arn: &str,
        change: MapRunChange,
    ) -> Result<bool, Error> {
        let Some(run) = self.0.runs.find(&names::tag(map_run_arn)) else { return Ok(false) };
        let (answer, answered) = oneshot::channel();
        let MapRunChange { max_concurrency, tolerated_count, tolerated_percentage } = change;
        {
            let mut state = run.lock();
            if state.progress.status != Status::Running {
                return Ok(false);
            }
            state.changes.push(Change {
                max_concurrency,
                tolerated_count,
                tolerated_percentage,
                answer,
            });
        }
        run.wake.notify_one();
        // When the run goes, however it ends, the change goes with it, and that is an answer as well.
        drop(run);
        Ok(answered.await.is_ok())
    }
}

impl Inner {
    /// Counts the children of a run that have records of their own.
    async fn count_children(&self, run: &super::run::RunLive) -> Result<(), Error> {
        self.gather_children(run).await
    }

    /// A child that ended in its first turn, as its page has it, with the plan of its run.
    async fn paged_child(&self, execution_arn: &str) -> Result<Option<(Plan, Ended, i64)>, Error> {
        let Some((tag, index)) = names::child_of(execution_arn) else { return Ok(None) };
        let Some(progress) = self.progress_by_tag(tag).await? else { return Ok(None) };
        let prefix = format!("{tag}/");
        let before = index.checked_sub(1).map(|before| page_key(tag, before));
        let scan = Scan { after: before.as_deref(), ..Scan::of(CHILDREN, &prefix, 1) };
        let found = self.store.scan(scan).await?;
        let Some(record) = found.records.first() else { return Ok(None) };
        let page: Page = parse(record)?;
        let time_ms = page.time_ms;
        let child = page.children.into_iter().find(|child| child.index == index);
        let plan = self.read_plan(&progress.map_run_arn).await?;
        Ok(plan.zip(child).map(|(plan, child)| (plan, child, time_ms)))
    }

    /// The record of a child that has none of its own.
    pub(in super::super) async fn read_paged(
        &self,
        execution_arn: &str,
    ) -> Result<Option<ExecutionRecord>, Error> {
        let Some((plan, child, time_ms)) = self.paged_child(execution_arn).await? else {
            return Ok(None);
        };
        let record = self.family(&plan).await?.record(&child, time_ms)?;
        Ok(Some(record).filter(|record| &*record.identity.execution_arn == execution_arn))
    }

    /// The history of a child that has no record of its own: worked out again from its input, time and seed.
    pub(in super::super) async fn paged_history(
        &self,
        execution_arn: &str,
    ) -> Result<Vec<HistoryEvent>, Error> {
        let Some((plan, child, time_ms)) = self.paged_child(execution_arn).await? else {
            return Ok(Vec::new());
        };
        let family = self.family(&plan).await?;
        let again = family.again(&child, time_ms);
        Ok(again.map(|(_, events)| events).unwrap_or_default())
    }
}
