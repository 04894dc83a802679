//! What is kept: groups, streams, chunks of events.
//!
//! Record keys: `region/group`, `region/group:stream`, `region/group:stream:place`. Neither groups' nor streams' names
//! can contain a colon, so no name is another's prefix up to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Record kind of [`GroupRecord`].
pub(crate) const GROUPS: &str = "logs/group";
/// Record kind of [`StreamRecord`].
pub(crate) const STREAMS: &str = "logs/stream";
/// Record kind of [`ChunkRecord`].
pub(crate) const CHUNKS: &str = "logs/chunk";
/// Index of streams by the time of their last event: `region/group:time`.
pub(crate) const BY_LAST_EVENT: &str = "last_event";

/// A log group.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct GroupRecord {
    pub(crate) created_ms: i64,
    pub(crate) retention_days: Option<i64>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) class: Option<String>,
    pub(crate) kms_key_id: Option<String>,
}

/// A log stream.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct StreamRecord {
    pub(crate) created_ms: i64,
    pub(crate) first_event_ms: Option<i64>,
    pub(crate) last_event_ms: Option<i64>,
    pub(crate) last_ingestion_ms: Option<i64>,
    /// The number of the chunk to come.
    pub(crate) next_chunk: u32,
}

/// The events of one `PutLogEvents`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ChunkRecord {
    pub(crate) ingested_ms: i64,
    pub(crate) events: Vec<EventRecord>,
}

/// One event: when, and what.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EventRecord(pub(crate) i64, pub(crate) String);

/// Record key of a group.
pub(crate) fn group_key(region: &str, group: &str) -> String {
    format!("{region}/{group}")
}

/// Record key of a stream; with an empty name the prefix of a group's streams.
pub(crate) fn stream_key(region: &str, group: &str, stream: &str) -> String {
    format!("{region}/{group}:{stream}")
}

/// The prefix of the record keys of a stream's chunks.
pub(crate) fn chunks_prefix(region: &str, group: &str, stream: &str) -> String {
    format!("{region}/{group}:{stream}:")
}

/// Where a chunk stands among its stream's: after those whose first events are older.
pub(crate) fn chunk_place(first_ms: i64, number: u32) -> String {
    format!("{:016x}{number:08x}", first_ms.max(0))
}

/// The index entry of a stream.
pub(crate) fn last_event_entry(
    region: &str,
    group: &str,
    stream: &StreamRecord,
) -> Vec<(&'static str, String)> {
    let last_ms = stream.last_event_ms.unwrap_or(stream.created_ms).max(0);
    vec![(BY_LAST_EVENT, format!("{region}/{group}:{last_ms:016x}"))]
}
