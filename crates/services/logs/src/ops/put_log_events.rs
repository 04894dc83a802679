//! `PutLogEvents`: appends a batch to a stream.

use crate::Logs;
use crate::append::append;
use crate::error::Error;
use crate::records::{DAY_MS, Event, Group, Stream, event_bytes, find_group, find_stream, topic};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use std::ops::Range;

// AWS: PutLogEvents: a batch's most bytes; its longest span; how old and how new an event may be.
const MOST_BYTES: usize = 1_048_576;
const LONGEST_SPAN_MS: i64 = DAY_MS;
const OLDEST_MS: i64 = 14 * DAY_MS;
const NEWEST_MS: i64 = 2 * 3_600_000;

#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(rename = "logGroupName")]
    group: String,
    #[serde(rename = "logStreamName")]
    stream: String,
    #[serde(rename = "logEvents")]
    events: Vec<InputEvent>,
}

#[derive(Deserialize)]
struct InputEvent {
    timestamp: i64,
    message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    next_sequence_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_log_events_info: Option<Rejected>,
}

#[derive(Serialize, Default, PartialEq, Eq)]
struct Rejected {
    #[serde(rename = "tooNewLogEventStartIndex", skip_serializing_if = "Option::is_none")]
    too_new_from: Option<usize>,
    #[serde(rename = "tooOldLogEventEndIndex", skip_serializing_if = "Option::is_none")]
    too_old_before: Option<usize>,
    #[serde(rename = "expiredLogEventEndIndex", skip_serializing_if = "Option::is_none")]
    expired_before: Option<usize>,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    check(&input.events)?;
    let group = find_group(ctx, &input.group).await?;
    let mut stream = find_stream(ctx, &group, &input.stream).await?;
    let (accepted, rejected) = admit(&input.events, &group.value, ctx.now_ms);
    let events: Vec<Event> = input
        .events
        .into_iter()
        .skip(accepted.start)
        .take(accepted.len())
        .map(|event| Event(event.timestamp, ctx.now_ms, event.message))
        .collect();
    let batch = append(ctx, &group.key, &mut stream, events).await?;
    let has_grown = !batch.is_empty();
    let output = Output {
        next_sequence_token: sequence_token(&stream.value),
        rejected_log_events_info: rejected,
    };
    let reply = Reply::with(output, batch);
    if !has_grown {
        return Ok(reply);
    }
    Ok(reply.notice(topic(&ctx.region, &group.value.name, &stream.value.name)))
}

/// Refuses a batch as a whole.
fn check(events: &[InputEvent]) -> Result<(), Error> {
    let refuse = |text: String| Err(Error::Invalid(text));
    let bytes: usize = events.iter().map(|event| event_bytes(&event.message)).sum();
    if bytes > MOST_BYTES {
        return refuse(format!("Upload too large: {bytes} bytes exceeds limit of {MOST_BYTES}"));
    }
    if !events.is_sorted_by_key(|event| event.timestamp) {
        return refuse(
            "Log events in a single PutLogEvents request must be in chronological order."
                .to_owned(),
        );
    }
    if let (Some(first), Some(last)) = (events.first(), events.last())
        && last.timestamp.saturating_sub(first.timestamp) > LONGEST_SPAN_MS
    {
        return refuse(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
                .to_owned(),
        );
    }
    Ok(())
}

/// Which events of an ordered batch are kept, and what is said about the others.
fn admit(events: &[InputEvent], group: &Group, now_ms: i64) -> (Range<usize>, Option<Rejected>) {
    let before = |ms: i64| events.partition_point(|event| event.timestamp < ms);
    let too_old = before(now_ms.saturating_sub(OLDEST_MS));
    let expired = before(group.expired_before_ms(now_ms));
    let too_new = before(now_ms.saturating_add(NEWEST_MS).saturating_add(1));
    let rejected = Rejected {
        too_new_from: (too_new < events.len()).then_some(too_new),
        too_old_before: (too_old > 0).then_some(too_old),
        expired_before: (expired > too_old).then_some(expired),
    };
    let start = too_old.max(expired).min(too_new);
    (start..too_new, (rejected != Rejected::default()).then_some(rejected))
}

/// AWS no longer asks for it and gives one all the same: 56 digits.
pub(crate) fn sequence_token(stream: &Stream) -> String {
    let bytes = stream.stored_bytes;
    format!("49{:018}{:016}{bytes:020}", stream.created_ms.max(0), stream.next_chunk)
}
