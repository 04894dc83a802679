//! The rows of an execution's log stream: JSON, so that people can read them.
//!
//! The first row is the execution after its first turn. Each further row is what one turn changed, or, after a commit
//! that failed, the whole execution again with the events that were not written.

use std::sync::Arc;

use engine::stored_history::{self, StoredHistory};
use engine::{Changes, Execution, HistoryEvent};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::live::{Live, State};
use super::turn::write_seed;

/// A row as read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Row {
    Start(Box<StartRow>),
    Turn(Box<TurnRow>),
    Whole(Box<WholeRow>),
}

#[derive(Debug, Deserialize)]
pub(super) struct StartRow {
    pub(super) definition: Arc<str>,
    pub(super) attributes: Arc<Value>,
    pub(super) seed: String,
    pub(super) turns: u64,
    pub(super) time_ms: i64,
    pub(super) execution: Execution,
    #[serde(deserialize_with = "stored_history::deserialize")]
    pub(super) events: Vec<HistoryEvent>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TurnRow {
    pub(super) turns: u64,
    pub(super) time_ms: i64,
    #[serde(deserialize_with = "stored_history::deserialize")]
    pub(super) events: Vec<HistoryEvent>,
    pub(super) changes: Changes,
}

#[derive(Debug, Deserialize)]
pub(super) struct WholeRow {
    pub(super) turns: u64,
    pub(super) time_ms: i64,
    pub(super) execution: Execution,
    #[serde(deserialize_with = "stored_history::deserialize")]
    pub(super) events: Vec<HistoryEvent>,
}

/// A row to write.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum RowRef<'a> {
    Start {
        definition: &'a str,
        attributes: &'a Value,
        seed: String,
        turns: u64,
        time_ms: i64,
        execution: &'a Execution,
        events: StoredHistory<'a>,
    },
    Turn {
        turns: u64,
        time_ms: i64,
        events: StoredHistory<'a>,
        changes: &'a Changes,
    },
    Whole {
        turns: u64,
        time_ms: i64,
        execution: &'a Execution,
        events: StoredHistory<'a>,
    },
}

/// The first row.
pub(super) fn start(live: &Live, state: &State) -> Vec<u8> {
    encode(&RowRef::Start {
        definition: &live.definition,
        attributes: &live.attributes,
        seed: write_seed(&live.seed),
        turns: state.turns,
        time_ms: state.last_ms,
        execution: &state.execution,
        events: StoredHistory(&state.history),
    })
}

/// The row of a turn.
pub(super) fn turn(
    turns: u64,
    time_ms: i64,
    events: &[HistoryEvent],
    changes: &Changes,
) -> Vec<u8> {
    encode(&RowRef::Turn { turns, time_ms, events: StoredHistory(events), changes })
}

/// A row that stands for everything that is not durable yet.
pub(super) fn whole(state: &State) -> Vec<u8> {
    encode(&RowRef::Whole {
        turns: state.turns,
        time_ms: state.last_ms,
        execution: &state.execution,
        events: StoredHistory(state.history.get(state.durable_events..).unwrap_or_default()),
    })
}

fn encode(row: &RowRef<'_>) -> Vec<u8> {
    serde_json::to_vec(row).expect("executions are plain data and always serialise")
}
