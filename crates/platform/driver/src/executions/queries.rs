//! Reading: descriptions, histories, lists, waiting for the end.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use engine::{HistoryEvent, Status};
use store::Scan;

use super::live::Live;
use super::record::{self, BY_MACHINE, BY_STATUS, ExecutionRecord};
use super::{Executions, Inner, programs};
use crate::Error;

/// Some events of a history.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryPage {
    /// The events, in the order asked for.
    pub events: Vec<HistoryEvent>,
    /// The number of events to pass as `skip` for the next page; `None` on the last.
    pub next: Option<usize>,
}

/// Some executions of a machine.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPage {
    /// The executions, the newest first.
    pub executions: Vec<ExecutionRecord>,
    /// The cursor to pass as `after` for the next page; `None` on the last.
    pub next: Option<String>,
}

impl Executions {
    /// An execution as it durably stands.
    ///
    /// # Errors
    /// [`Error::ExecutionDoesNotExist`] or a storage error.
    pub async fn describe(&self, execution_arn: &str) -> Result<ExecutionRecord, Error> {
        if let Some(live) = self.0.find(execution_arn) {
            let state = live.lock();
            return Ok(match &state.outcome {
                Some(record) => (**record).clone(),
                None => ExecutionRecord::running(&live, &state).without_history(),
            });
        }
        self.0.read_record(execution_arn).await.map(ExecutionRecord::without_history)
    }

    /// Events of an execution: at most `limit` after the first `skip`, counted from the end if `reverse`.
    ///
    /// # Errors
    /// [`Error::ExecutionDoesNotExist`] or a storage error.
    pub async fn history(
        &self,
        execution_arn: &str,
        skip: usize,
        limit: usize,
        reverse: bool,
    ) -> Result<HistoryPage, Error> {
        if let Some(live) = self.0.find(execution_arn) {
            let state = live.lock();
            let durable = state.history.get(..state.durable_events).unwrap_or_default();
            return Ok(page(durable, skip, limit, reverse));
        }
        let record = self.0.read_record(execution_arn).await?;
        if record.history.is_some() || record.asleep.is_some() {
            let history = self.0.history_of(record).await?;
            return Ok(page(&history, skip, limit, reverse));
        }
        let of = (record.identity.execution_arn.clone(), record.events, record.stop_ms);
        if let Some(history) = self.0.histories.get(&of) {
            return Ok(page(&history, skip, limit, reverse));
        }
        let history = Arc::new(self.0.history_of(record).await?);
        if history.len() > limit {
            self.0.histories.leave(of, &history);
        }
        Ok(page(&history, skip, limit, reverse))
    }

    /// Executions of a state machine, the newest first, all or those of one status.
    ///
    /// # Errors
    /// A storage error.
    pub async fn list(
        &self,
        state_machine_arn: &str,
        status: Option<Status>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<ListPage, Error> {
        let machine = record::machine_mark(state_machine_arn);
        let (index, prefix) = match status {
            None => (BY_MACHINE, machine),
            Some(status) => (BY_STATUS, record::with_status(&machine, status)),
        };
        let scan = Scan {
            kind: record::KIND,
            index: Some(index),
            prefix: &prefix,
            after,
            limit,
            reverse: true,
        };
        let page = self.0.store.scan(scan).await?;
        let mut executions = Vec::with_capacity(page.records.len());
        for record in &page.records {
            executions.push(self.0.read_execution(record).await?.without_history());
        }
        Ok(ListPage { executions, next: page.next })
    }

    /// The definition that an execution runs or ran; its hash is [`ExecutionRecord::definition`].
    ///
    /// # Errors
    /// A storage error.
    pub async fn definition(&self, hash: &str) -> Result<String, Error> {
        self.0.read_definition(hash).await
    }

    /// Waits until an execution has ended and that is durable.
    ///
    /// # Errors
    /// [`Error::ExecutionDoesNotExist`] or a storage error.
    pub async fn wait_finished(&self, execution_arn: &str) -> Result<ExecutionRecord, Error> {
        loop {
            // First listen, then look: it may begin to live, or end, in between.
            let bell = self.0.kit.upgrade().map(|kit| kit.notices.subscribe(execution_arn));
            if let Some(live) = self.0.find(execution_arn) {
                match live.wait_ended().await {
                    Some(record) => return Ok((*record).clone()),
                    // It has fallen asleep: what it wakes as is another one in memory.
                    None => continue,
                }
            }
            let record = self.describe(execution_arn).await?;
            match bell {
                Some(mut bell) if record.status == Status::Running => {
                    if bell.changed().await.is_err() {
                        return Ok(record);
                    }
                }
                _ => return Ok(record),
            }
        }
    }
}

/// ARN, number of events and end: another history has other ones.
type OfHistory = (Arc<str>, u64, Option<i64>);

/// Long histories read lately: they are read by pages, one after the other.
#[derive(Default)]
pub(super) struct Histories(Mutex<VecDeque<(OfHistory, Arc<Vec<HistoryEvent>>)>>);

/// Histories kept.
const HISTORIES: usize = 4;

impl Histories {
    fn get(&self, of: &OfHistory) -> Option<Arc<Vec<HistoryEvent>>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(own, _)| own == of).map(|(_, history)| history.clone())
    }

    fn leave(&self, of: OfHistory, history: &Arc<Vec<HistoryEvent>>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(own, _)| *own != of);
        kept.truncate(HISTORIES - 1);
        kept.push_front((of, history.clone()));
    }
}

impl Live {
    /// Waits for the end; `None` when it falls asleep before.
    pub(super) async fn wait_ended(&self) -> Option<Arc<ExecutionRecord>> {
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            // From here on no bell is missed.
            ended.as_mut().enable();
            {
                let state = self.lock();
                if state.outcome.is_some() || state.retired {
                    return state.outcome.clone();
                }
            }
            ended.await;
        }
    }
}

impl Inner {
    pub(super) async fn read_record(&self, execution_arn: &str) -> Result<ExecutionRecord, Error> {
        if let Some(record) = self.store.get(record::KIND, execution_arn).await? {
            return self.read_execution(&record).await;
        }
        let paged = self.read_paged(execution_arn).await?;
        paged.ok_or_else(|| Error::ExecutionDoesNotExist(execution_arn.to_owned()))
    }

    /// All events of an execution that has ended.
    pub(super) async fn history_of(
        &self,
        record: ExecutionRecord,
    ) -> Result<Vec<HistoryEvent>, Error> {
        if let Some(asleep) = record.asleep {
            return Ok(asleep.events(&record.identity));
        }
        match record.history {
            Some(history) => Ok(history),
            None => self.read_history(&record.identity.execution_arn).await,
        }
    }

    async fn read_history(&self, execution_arn: &str) -> Result<Vec<HistoryEvent>, Error> {
        let record = self.store.get(record::HISTORY_KIND, execution_arn).await?;
        match record {
            Some(record) => {
                let mut reader = serde_json::Deserializer::from_slice(&record.body);
                engine::stored_history::deserialize(&mut reader).map_err(|error| {
                    Error::Unreadable { key: execution_arn.to_owned(), detail: error.to_string() }
                })
            }
            None => self.paged_history(execution_arn).await,
        }
    }

    pub(super) async fn read_definition(&self, hash: &str) -> Result<String, Error> {
        let unreadable = |detail: String| Error::Unreadable { key: hash.to_owned(), detail };
        let record = self.store.get(programs::KIND, hash).await?;
        let record = record.ok_or_else(|| unreadable("it is missing".to_owned()))?;
        serde_json::from_slice(&record.body).map_err(|error| unreadable(error.to_string()))
    }
}

fn page(history: &[HistoryEvent], skip: usize, limit: usize, reverse: bool) -> HistoryPage {
    let limit = limit.max(1);
    let events: Vec<HistoryEvent> = if reverse {
        history.iter().rev().skip(skip).take(limit).cloned().collect()
    } else {
        history.iter().skip(skip).take(limit).cloned().collect()
    };
    let upto = skip.saturating_add(events.len());
    HistoryPage { events, next: (upto < history.len()).then_some(upto) }
}
