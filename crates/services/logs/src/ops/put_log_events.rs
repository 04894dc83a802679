//! `PutLogEvents`

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use store::{Batch, Expect};

use super::describe_log_streams::sequence_token;
use crate::chunks::{EVENT_OVERHEAD_BYTES, MAX_SPAN_MS};
use crate::error::invalid;
use crate::names::{find_group, find_stream};
use crate::records::{
    CHUNKS, ChunkRecord, EventRecord, STREAMS, chunk_place, chunks_prefix, last_event_entry,
};
use crate::retention::{DAY_MS, horizon_ms};
use crate::{Error, Logs, notice_topic};

// AWS: AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
const MAX_BATCH_BYTES: usize = 1_048_576;
const MAX_BATCH_EVENTS: usize = 10_000;
const MAX_FUTURE_MS: i64 = 2 * 3_600_000;
const MAX_AGE_MS: i64 = 14 * DAY_MS;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    log_stream_name: String,
    log_events: Vec<InputEvent>,
}

#[derive(Debug, Deserialize)]
struct InputEvent {
    /// Unix milliseconds.
    timestamp: i64,
    message: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    next_sequence_token: String,
    rejected_log_events_info: Option<Rejected>,
}

/// Events that were not taken, as places in the batch.
#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rejected {
    #[serde(skip_serializing_if = "Option::is_none")]
    too_new_log_event_start_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    too_old_log_event_end_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expired_log_event_end_index: Option<usize>,
}

/// The rules for a batch as a whole.
fn check(events: &[InputEvent]) -> Result<(), Error> {
    let bytes: usize = events.iter().map(|it| it.message.len() + EVENT_OVERHEAD_BYTES).sum();
    if bytes > MAX_BATCH_BYTES {
        return Err(invalid(format!(
            "Upload too large: {bytes} bytes exceeds limit of {MAX_BATCH_BYTES}"
        )));
    }
    if events.len() > MAX_BATCH_EVENTS {
        return Err(invalid(format!(
            "Upload too large: {} events exceeds limit of {MAX_BATCH_EVENTS}",
            events.len()
        )));
    }
    if events.windows(2).any(|pair| pair[0].timestamp > pair[1].timestamp) {
        return Err(invalid(
            "Log events in a single PutLogEvents request must be in chronological order.",
        ));
    }
    let span_ms = match (events.first(), events.last()) {
        (Some(first), Some(last)) => last.timestamp.saturating_sub(first.timestamp),
        _ => 0,
    };
    if span_ms > MAX_SPAN_MS {
        return Err(invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    Ok(())
}

/// Which events are too new, too old, or older than the group keeps; the rest is taken. Events are in order of time.
fn sort_out(events: Vec<InputEvent>, now_ms: i64, horizon_ms: i64) -> (Vec<EventRecord>, Rejected) {
    let older_than = |limit_ms: i64| events.partition_point(|it| it.timestamp < limit_ms);
    let too_new = events.partition_point(|it| it.timestamp <= now_ms.saturating_add(MAX_FUTURE_MS));
    let too_old = older_than(now_ms.saturating_sub(MAX_AGE_MS));
    let expired = older_than(horizon_ms);
    let rejected = Rejected {
        too_new_log_event_start_index: (too_new < events.len()).then_some(too_new),
        too_old_log_event_end_index: (too_old > 0).then_some(too_old),
        expired_log_event_end_index: (expired > too_old).then_some(expired),
    };
    let skip = too_old.max(expired);
    let taken = events
        .into_iter()
        .take(too_new)
        .skip(skip)
        .map(|event| EventRecord(event.timestamp, event.message))
        .collect();
    (taken, rejected)
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    check(&input.log_events)?;
    let (group, stream) = (&input.log_group_name, &input.log_stream_name);
    let mut found = find_stream(ctx, group, stream).await?;
    let horizon_ms = horizon_ms(&find_group(ctx, group).await?.value, ctx.now_ms);
    let (events, rejected) = sort_out(input.log_events, ctx.now_ms, horizon_ms);
    let mut batch = Batch::new();
    let record = &mut found.value;
    if let (Some(first), Some(last)) = (events.first(), events.last()) {
        let place = chunk_place(first.0, record.next_chunk);
        record.next_chunk = record.next_chunk.wrapping_add(1);
        record.first_event_ms = Some(record.first_event_ms.map_or(first.0, |it| it.min(first.0)));
        record.last_event_ms = Some(record.last_event_ms.map_or(last.0, |it| it.max(last.0)));
        record.last_ingestion_ms = Some(ctx.now_ms);
        let key = format!("{}{place}", chunks_prefix(&ctx.region, group, stream));
        let chunk = ChunkRecord { ingested_ms: ctx.now_ms, events };
        batch.put(CHUNKS, key, &chunk, Expect::Absent);
        let index = last_event_entry(&ctx.region, group, record);
        batch.put_indexed(STREAMS, found.key, record, index, found.expect);
    }
    let output = Output {
        next_sequence_token: sequence_token(record.next_chunk),
        rejected_log_events_info: (rejected != Rejected::default()).then_some(rejected),
    };
    Ok(Reply::with(output, batch).notice(notice_topic(&ctx.region, group, stream)))
}
