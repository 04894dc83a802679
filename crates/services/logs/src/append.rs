//! Appending events to a stream.

use crate::error::Error;
use crate::records::{CHUNK, Chunk, Event, STREAM, Stream, Tail, chunk_key};
use service::{Ctx, Found};
use store::{Batch, Expect};

/// A new chunk is begun when a chunk would grow beyond this by an append. It bounds what an append writes again.
const GROWING_CHUNK_BYTES: usize = 8 << 10;
/// Large appends are cut into chunks of about this size, so that a read need not take more than it uses.
const LARGEST_CHUNK_BYTES: usize = 64 << 10;

/// What to commit so that the stream has the events, which are in the order of time. Changes the stream accordingly.
pub(crate) async fn append(
    ctx: &Ctx,
    group_key: &str,
    stream: &mut Found<Stream>,
    events: Vec<Event>,
) -> Result<Batch, Error> {
    let mut batch = Batch::new();
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(batch) };
    let (first_ms, last_ms) = (first.0, last.0);
    let bytes: usize = events.iter().map(Event::bytes).sum();
    let record = &mut stream.value;
    let latest_ms = record.last_event_ms.unwrap_or(first_ms);
    let is_late = first_ms < latest_ms;
    if is_late {
        let overlap_ms = latest_ms.max(last_ms).saturating_sub(first_ms);
        record.overlap_ms = record.overlap_ms.max(overlap_ms);
        record.tail = None;
    }
    let grown = match &record.tail {
        Some(tail) if tail.bytes + bytes <= GROWING_CHUNK_BYTES => {
            grow(ctx, &stream.key, tail, &events, &mut batch).await?
        }
        _ => false,
    };
    if let Some(tail) = record.tail.as_mut().filter(|_| grown) {
        tail.bytes += bytes;
    } else {
        let tail = add_chunks(&stream.key, &mut record.next_chunk, events, &mut batch);
        // A chunk that lies among others cannot grow past them.
        record.tail = tail.filter(|_| !is_late);
    }
    record.first_event_ms = Some(record.first_event_ms.map_or(first_ms, |ms| ms.min(first_ms)));
    record.last_event_ms = Some(latest_ms.max(last_ms));
    record.last_ingestion_ms = Some(ctx.now_ms);
    record.stored_bytes = record.stored_bytes.saturating_add(bytes as u64);
    batch.put_indexed(STREAM, &stream.key, &*record, record.index(group_key), stream.expect);
    Ok(batch)
}

/// Adds the events to the stream's growing chunk; false when that has been removed meanwhile.
async fn grow(
    ctx: &Ctx,
    stream_key: &str,
    tail: &Tail,
    events: &[Event],
    batch: &mut Batch,
) -> Result<bool, Error> {
    let key = chunk_key(stream_key, tail.first_ms, tail.number);
    let Some(mut found) = ctx.records::<Chunk>(CHUNK).get(&key).await? else { return Ok(false) };
    found.value.events.extend_from_slice(events);
    batch.put(CHUNK, key, &found.value, found.expect);
    Ok(true)
}

/// Puts the events into chunks of their own; answers the last one.
fn add_chunks(
    stream_key: &str,
    next_chunk: &mut u64,
    events: Vec<Event>,
    batch: &mut Batch,
) -> Option<Tail> {
    let mut tail = None;
    let mut put = |events: Vec<Event>, bytes: usize| {
        let chunk = Chunk { number: *next_chunk, events };
        *next_chunk += 1;
        let (first_ms, number) = (chunk.first_ms(), chunk.number);
        batch.put(CHUNK, chunk_key(stream_key, first_ms, number), &chunk, Expect::Absent);
        tail = Some(Tail { first_ms, number, bytes });
    };
    let mut part = Vec::new();
    let mut part_bytes = 0;
    for event in events {
        if part_bytes > 0 && part_bytes + event.bytes() > LARGEST_CHUNK_BYTES {
            put(std::mem::take(&mut part), part_bytes);
            part_bytes = 0;
        }
        part_bytes += event.bytes();
        part.push(event);
    }
    if !part.is_empty() {
        put(part, part_bytes);
    }
    tail
}
