//! What is stored: groups, streams, and the events of a stream in chunks.
//!
//! Parts of a key are joined by `:`, which neither a group's name nor a stream's can hold; so no key of one stream begins
//! with another's.

use crate::error::Error;
use crate::position::{LATEST_MS, Position};
use serde::{Deserialize, Serialize};
use service::{Ctx, Found};
use std::collections::BTreeMap;

/// Record kind of [`Group`]; the key is `region:group`.
pub(crate) const GROUP: &str = "logs/group";
/// Record kind of [`Stream`]; the key is `region:group:stream`.
pub(crate) const STREAM: &str = "logs/stream";
/// Record kind of [`Chunk`]; the key is `region:group:stream:first_ms:number`, both numbers with leading zeros: chunks
/// are listed by the time of their first event.
pub(crate) const CHUNK: &str = "logs/chunk";
/// The index of streams by their last event: `region:group:` and 15 digits of milliseconds.
pub(crate) const BY_LAST_EVENT: &str = "last-event";

/// A day in milliseconds.
pub(crate) const DAY_MS: i64 = 86_400_000;

// AWS: PutLogEvents: what every event counts besides its message.
const EVENT_OVERHEAD_BYTES: usize = 26;

/// A log group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) class: String,
    pub(crate) created_ms: i64,
    pub(crate) retention_days: Option<i64>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Group {
    /// Events before this instant have expired.
    pub(crate) fn expired_before_ms(&self, now_ms: i64) -> i64 {
        self.retention_days.map_or(0, |days| now_ms.saturating_sub(days.saturating_mul(DAY_MS)))
    }
}

/// A log stream, without its events.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Stream {
    pub(crate) name: String,
    pub(crate) created_ms: i64,
    pub(crate) first_event_ms: Option<i64>,
    pub(crate) last_event_ms: Option<i64>,
    pub(crate) last_ingestion_ms: Option<i64>,
    pub(crate) stored_bytes: u64,
    /// The number of the next chunk; numbers are not used again.
    pub(crate) next_chunk: u64,
    /// No chunk has an event later than the first event of a chunk listed after it plus this. 0 while appends come in
    /// the order of time.
    pub(crate) overlap_ms: i64,
    /// The chunk that small appends go into; it ends with the stream's latest event.
    pub(crate) tail: Option<Tail>,
}

impl Stream {
    /// The stream's index entries.
    pub(crate) fn index(&self, group_key: &str) -> Vec<(&'static str, String)> {
        let last_ms = clamp_ms(self.last_event_ms.unwrap_or_default());
        vec![(BY_LAST_EVENT, format!("{group_key}:{last_ms:015}"))]
    }
}

/// A chunk that can grow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tail {
    pub(crate) first_ms: i64,
    pub(crate) number: u64,
    pub(crate) bytes: usize,
}

/// Some events of a stream, in the order of time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Chunk {
    pub(crate) number: u64,
    pub(crate) events: Vec<Event>,
}

impl Chunk {
    /// The time of the first event; chunks are never empty.
    pub(crate) fn first_ms(&self) -> i64 {
        self.events.first().map_or(0, |event| event.0)
    }

    /// The time of the last event.
    pub(crate) fn last_ms(&self) -> i64 {
        self.events.last().map_or(0, |event| event.0)
    }

    /// The events with their places in the stream.
    pub(crate) fn placed(self) -> impl Iterator<Item = (Position, Event)> {
        let number = self.number;
        self.events
            .into_iter()
            .zip(0..)
            .map(move |(event, index)| (Position { ms: event.0, chunk: number, index }, event))
    }
}

/// One event: its time, when it arrived (both Unix milliseconds), its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event(pub(crate) i64, pub(crate) i64, pub(crate) String);

impl Event {
    /// What it counts against limits.
    pub(crate) fn bytes(&self) -> usize {
        event_bytes(&self.2)
    }
}

/// What an event with this message counts against limits.
pub(crate) fn event_bytes(message: &str) -> usize {
    message.len() + EVENT_OVERHEAD_BYTES
}

/// The key of a group. The keys of its streams and chunks continue it with `:`.
pub(crate) fn group_key(region: &str, group: &str) -> String {
    format!("{region}:{group}")
}

/// The key of a stream. The keys of its chunks continue it with `:`.
pub(crate) fn stream_key(group_key: &str, stream: &str) -> String {
    format!("{group_key}:{stream}")
}

/// The key of a chunk.
pub(crate) fn chunk_key(stream_key: &str, first_ms: i64, number: u64) -> String {
    format!("{}:{number:012}", chunks_from(stream_key, first_ms))
}

/// What the keys of chunks whose first event is at `first_ms` begin with; less than each of them.
pub(crate) fn chunks_from(stream_key: &str, first_ms: i64) -> String {
    format!("{stream_key}:{:015}", clamp_ms(first_ms))
}

/// Times as keys hold them.
fn clamp_ms(ms: i64) -> i64 {
    ms.clamp(0, LATEST_MS)
}

/// The group, or AWS's refusal.
pub(crate) async fn find_group(ctx: &Ctx, group: &str) -> Result<Found<Group>, Error> {
    let key = group_key(&ctx.region, group);
    ctx.records::<Group>(GROUP).get(&key).await?.ok_or(Error::NoGroup)
}

/// The stream, or AWS's refusal. The group is known to be there.
pub(crate) async fn find_stream(
    ctx: &Ctx,
    group: &Found<Group>,
    stream: &str,
) -> Result<Found<Stream>, Error> {
    let key = stream_key(&group.key, stream);
    ctx.records::<Stream>(STREAM).get(&key).await?.ok_or(Error::NoStream)
}

/// The bell that rings when the stream has got events.
pub(crate) fn topic(region: &str, group: &str, stream: &str) -> String {
    format!("logs/{region}/{group}/{stream}")
}
