//! Reading runs: from records to live ones, and the results of their children in order.

use std::borrow::Cow;
use std::sync::Arc;

use engine::{MachineKind, Status};
use serde::de::DeserializeOwned;
use store::{Batch, Record, Scan};

use super::super::live::base_machine;
use super::super::record::KIND;
use super::super::{ExecutionRecord, Inner, programs};
use super::child::{Family, items_of};
use super::names;
use super::record::{
    BY_EXECUTION, BY_RUN, BY_STATUS, BY_TAG, CHILDREN, Ended, PLAN, PROGRESS, Page, Plan, Progress,
    RUNNING, child_key, page_key,
};
use super::run::RunLive;
use crate::Error;

/// Records read at a time.
const SINGLES: usize = 256;

pub(super) fn parse<T: DeserializeOwned>(record: &Record) -> Result<T, Error> {
    serde_json::from_slice(&record.body)
        .map_err(|error| Error::Unreadable { key: record.key.clone(), detail: error.to_string() })
}

impl Inner {
    pub(super) async fn read_plan(&self, map_run_arn: &str) -> Result<Option<Plan>, Error> {
        let record = self.store.get(PLAN, map_run_arn).await?;
        record.as_ref().map(parse).transpose()
    }

    pub(super) async fn read_progress(&self, map_run_arn: &str) -> Result<Option<Progress>, Error> {
        let record = self.store.get(PROGRESS, map_run_arn).await?;
        record.as_ref().map(parse).transpose()
    }

    /// The progress of the run with a tag.
    pub(super) async fn progress_by_tag(&self, tag: &str) -> Result<Option<Progress>, Error> {
        let scan = Scan { index: Some(BY_TAG), ..Scan::of(PROGRESS, tag, 1) };
        self.store.scan(scan).await?.records.first().map(parse).transpose()
    }

    /// ARNs of an execution's runs, `most` of them.
    pub(in super::super) async fn runs_of(
        &self,
        execution_arn: &str,
        most: usize,
    ) -> Result<Vec<String>, Error> {
        let prefix = format!("{execution_arn}\n");
        let scan = Scan { index: Some(BY_EXECUTION), ..Scan::of(PROGRESS, &prefix, most) };
        let page = self.store.scan(scan).await?;
        Ok(page.records.into_iter().map(|record| record.key).collect())
    }

    /// Pages of a run's children, `most` of them.
    pub(in super::super) async fn pages_of(
        &self,
        map_run_arn: &str,
        most: usize,
    ) -> Result<store::Page, Error> {
        let prefix = format!("{}/", names::tag(map_run_arn));
        Ok(self.store.scan(Scan::of(CHILDREN, &prefix, most)).await?)
    }

    /// Records of a run's children that have some of their own, `most` of them.
    pub(in super::super) async fn children_of(
        &self,
        map_run_arn: &str,
        most: usize,
    ) -> Result<store::Page, Error> {
        let prefix = format!("{}\n", names::tag(map_run_arn));
        let scan = Scan { index: Some(BY_RUN), ..Scan::of(KIND, &prefix, most) };
        Ok(self.store.scan(scan).await?)
    }

    /// What the children of a run have in common.
    pub(super) async fn family(&self, plan: &Plan) -> Result<Family, Error> {
        let hash = programs::hash(&plan.run.definition);
        let program = self.programs.compile(&hash, &plan.run.definition, plan.run.express)?;
        let machine = base_machine(&plan.parent.state_machine_arn);
        let mut batch = Batch::new();
        if let Some(put_ms) = self.put_definition(&hash, machine, &plan.run.definition, &mut batch)
        {
            self.commit_surely(batch).await?;
            self.programs.stored(&hash, machine, put_ms);
        }
        Family::new(plan, hash, program)
    }

    /// A run as its records say.
    pub(super) async fn bring_up(&self, map_run_arn: &str) -> Result<Option<Arc<RunLive>>, Error> {
        let plan = self.read_plan(map_run_arn).await?;
        let progress = self.read_progress(map_run_arn).await?;
        let (Some(plan), Some(progress)) = (plan, progress) else { return Ok(None) };
        let express = plan.parent.kind == MachineKind::Express;
        let program = if let Some(known) = self.programs.known(&plan.definition, express) {
            known
        } else {
            let text = self.read_definition(&plan.definition).await?;
            self.programs.compile(&plan.definition, &text, express)?
        };
        let family = self.family(&plan).await?;
        Ok(Some(RunLive::new(plan, family, program, progress)))
    }

    /// Counts the children of a run that have ended, and takes charge of those that live.
    pub(super) async fn gather_children(&self, run: &RunLive) -> Result<(), Error> {
        let mut singles = Singles::new(&run.family.tag);
        while let Some(record) = singles.next(self).await? {
            let mut record = record;
            if record.status == Status::Running {
                if self.take_charge(run, &record.identity.execution_arn) {
                    continue;
                }
                record = self.read_record(&record.identity.execution_arn).await?;
            }
            let items = items_of(&record.identity.input, run.run().batcher.is_some());
            run.lock().singles.add(record.status, items);
        }
        Ok(())
    }

    /// Takes charge of a child that lives; false when it has ended.
    fn take_charge(&self, run: &RunLive, execution_arn: &str) -> bool {
        let (Some(live), Some((_, index))) =
            (self.find(execution_arn), names::child_of(execution_arn))
        else {
            return false;
        };
        run.lock().alive.insert(index, live.clone());
        let ended = live.lock().outcome.is_some();
        // Whoever takes it out of the table counts it.
        !(ended && run.lock().alive.remove(&index).is_some())
    }

    /// Gives up runs that nobody waits for any more. Once, after executions have been brought back.
    pub(in super::super) async fn recover_runs(self: &Arc<Self>) -> Result<(), Error> {
        let mut after: Option<String> = None;
        loop {
            let scan = Scan {
                index: Some(BY_STATUS),
                after: after.as_deref(),
                ..Scan::of(PROGRESS, RUNNING, SINGLES)
            };
            let page = self.store.scan(scan).await?;
            for record in &page.records {
                let tag = names::tag(&record.key);
                if self.runs.claim(&tag) {
                    let (inner, arn) = (self.clone(), record.key.clone());
                    tokio::spawn(async move {
                        if let Err(error) = inner.carry_out_safely(&arn, None).await {
                            tracing::error!(map_run = arn, %error, "a map run could not be given up");
                        }
                        inner.leave_run(&tag);
                    });
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

/// Children with records of their own, by number.
pub(super) struct Singles {
    prefix: String,
    after: Option<String>,
    reverse: bool,
    page: std::collections::VecDeque<ExecutionRecord>,
    done: bool,
}

impl Singles {
    pub(super) fn new(tag: &str) -> Self {
        Self {
            prefix: format!("{tag}\n"),
            after: None,
            reverse: false,
            page: std::collections::VecDeque::new(),
            done: false,
        }
    }

    /// The last first, from before a number.
    fn backwards(tag: &str, before: Option<u64>) -> Self {
        let after = before.map(|before| store::index_cursor(&child_key(tag, before)));
        Self { reverse: true, after, ..Self::new(tag) }
    }

    pub(super) async fn peek(&mut self, inner: &Inner) -> Result<Option<&ExecutionRecord>, Error> {
        while self.page.is_empty() && !self.done {
            let scan = Scan {
                kind: KIND,
                index: Some(BY_RUN),
                prefix: &self.prefix,
                after: self.after.as_deref(),
                limit: SINGLES,
                reverse: self.reverse,
            };
            let page = inner.store.scan(scan).await?;
            for record in &page.records {
                self.page.push_back(inner.read_execution(record).await?.without_history());
            }
            self.done = page.next.is_none();
            self.after = page.next;
        }
        Ok(self.page.front())
    }

    pub(super) async fn next(&mut self, inner: &Inner) -> Result<Option<ExecutionRecord>, Error> {
        self.peek(inner).await?;
        Ok(self.page.pop_front())
    }
}

/// All children that have been admitted, by number: those of pages and those with records of their own, which count more.
pub(super) struct Children<'f> {
    family: &'f Family,
    singles: Singles,
    paged: std::collections::VecDeque<(i64, Ended)>,
    after: Option<String>,
    done: bool,
    reverse: bool,
    before: Option<u64>,
}

impl<'f> Children<'f> {
    pub(super) fn new(family: &'f Family) -> Self {
        Self {
            family,
            singles: Singles::new(&family.tag),
            paged: std::collections::VecDeque::new(),
            after: None,
            done: false,
            reverse: false,
            before: None,
        }
    }

    /// The last first, from before a number.
    pub(super) fn backwards(family: &'f Family, before: Option<u64>) -> Self {
        let singles = Singles::backwards(&family.tag, before);
        Self { singles, reverse: true, before, ..Self::new(family) }
    }

    /// Puts the cursor behind the page that has the children before a number: the first that ends there or later.
    async fn start_before(
        &mut self,
        inner: &Inner,
        prefix: &str,
        before: u64,
    ) -> Result<(), Error> {
        let passed = before.checked_sub(2).map(|passed| page_key(&self.family.tag, passed));
        let scan = Scan { after: passed.as_deref(), ..Scan::of(CHILDREN, prefix, 1) };
        let found = inner.store.scan(scan).await?;
        self.after = found.records.first().map(|record| format!("{}~", record.key));
        Ok(())
    }

    async fn fill(&mut self, inner: &Inner) -> Result<(), Error> {
        let prefix = format!("{}/", self.family.tag);
        if let Some(before) = self.before {
            self.start_before(inner, &prefix, before).await?;
            self.before = None;
        }
        while self.paged.is_empty() && !self.done {
            let scan = Scan {
                after: self.after.as_deref(),
                reverse: self.reverse,
                ..Scan::of(CHILDREN, &prefix, 1)
            };
            let found = inner.store.scan(scan).await?;
            for record in &found.records {
                let page: Page = parse(record)?;
                let timed = |child| (page.time_ms, child);
                if self.reverse {
                    self.paged.extend(page.children.into_iter().rev().map(timed));
                } else {
                    self.paged.extend(page.children.into_iter().map(timed));
                }
            }
            self.done = found.next.is_none();
            self.after = found.next;
        }
        Ok(())
    }

    pub(super) async fn next(&mut self, inner: &Inner) -> Result<Option<Child<'f>>, Error> {
        loop {
            self.fill(inner).await?;
            let paged = self.paged.front().map(|(_, child)| child.index);
            let single = self.singles.peek(inner).await?.and_then(number);
            let takes_single = match (paged, single) {
                (None, None) => return Ok(None),
                (Some(_), None) => false,
                (None, Some(_)) => true,
                (Some(paged), Some(single)) if paged == single => {
                    self.paged.pop_front();
                    true
                }
                (Some(paged), Some(single)) => (single < paged) != self.reverse,
            };
            if !takes_single {
                let family = self.family;
                let popped = self.paged.pop_front();
                return Ok(popped.map(|(time_ms, child)| Child::Paged { family, child, time_ms }));
            }
            if let Some(record) = self.singles.next(inner).await?
                && let Some(index) = number(&record)
            {
                return Ok(Some(Child::Single { index, record: Box::new(record) }));
            }
        }
    }
}

/// A child that has been admitted.
pub(super) enum Child<'f> {
    /// It ended in its first turn.
    Paged { family: &'f Family, child: Ended, time_ms: i64 },
    /// It has a record of its own.
    Single { index: u64, record: Box<ExecutionRecord> },
}

impl Child<'_> {
    pub(super) fn index(&self) -> u64 {
        match self {
            Self::Paged { child, .. } => child.index,
            Self::Single { index, .. } => *index,
        }
    }

    pub(super) fn status(&self) -> Status {
        match self {
            Self::Paged { child, .. } => child.status(),
            Self::Single { record, .. } => record.status,
        }
    }

    /// The text of its output, without spaces and line ends in between.
    pub(super) fn output(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Paged { child, .. } => child.output().map(Cow::Borrowed),
            Self::Single { record, .. } => {
                record.output.as_ref().map(|output| Cow::Owned(output.value().to_string()))
            }
        }
    }

    /// As `DescribeExecution` shows it.
    pub(super) fn record(self) -> Result<ExecutionRecord, Error> {
        match self {
            Self::Paged { family, child, time_ms } => family.record(&child, time_ms),
            Self::Single { record, .. } => Ok(*record),
        }
    }
}

fn number(record: &ExecutionRecord) -> Option<u64> {
    names::child_of(&record.identity.execution_arn).map(|(_, index)| index)
}
