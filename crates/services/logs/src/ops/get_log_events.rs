//! `GetLogEvents`: a page of one stream, and where to go on in both directions.

use crate::Logs;
use crate::error::Error;
use crate::names::group_name;
use crate::position::{Position, Token};
use crate::reading::{Direction, Reader, time_range};
use crate::records::{Event, find_group, find_stream};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply, page_size};

// AWS: GetLogEvents: a page holds 1 MB, up to 10,000 events.
const MOST_EVENTS: usize = 10_000;
const MOST_BYTES: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: String,
    start_time: Option<i64>,
    end_time: Option<i64>,
    next_token: Option<String>,
    limit: Option<i64>,
    start_from_head: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    events: Vec<View>,
    next_forward_token: String,
    next_backward_token: String,
}

/// An event as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    timestamp: i64,
    message: String,
    ingestion_time: i64,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let name = group_name(ctx, input.log_group_name, input.log_group_identifier)?;
    let token = input.next_token.as_deref().map(Token::read).transpose()?;
    let group = find_group(ctx, &name).await?;
    let stream = find_stream(ctx, &group, &input.log_stream_name).await?;
    let expired_before_ms = group.value.expired_before_ms(ctx.now_ms);
    let (from, to) = time_range(input.start_time, input.end_time, expired_before_ms);
    let from_head = input.start_from_head.unwrap_or_default();
    // The gap that an empty page is at: the tokens that led to it come again.
    let (direction, from, to, gap) = match token {
        Some(Token::Forward(gap)) => (Direction::Forward, from.max(gap), to, gap),
        Some(Token::Backward(gap)) => (Direction::Backward, from, to.min(gap), gap),
        None if from_head => (Direction::Forward, from, to, from),
        None => (Direction::Backward, from, to, from),
    };
    let most = page_size(input.limit, MOST_EVENTS, MOST_EVENTS);
    let mut reader = Reader::new(ctx, &stream, direction, from, to);
    let mut page = collect(&mut reader, most).await?;
    if direction == Direction::Backward {
        page.reverse();
    }
    let begin = page.first().map_or(gap, |(place, _)| *place);
    let end = page.last().map_or(gap, |(place, _)| place.after());
    let view = |(_, Event(timestamp, ingestion_time, message))| View {
        timestamp,
        message,
        ingestion_time,
    };
    Ok(Reply::new(Output {
        events: page.into_iter().map(view).collect(),
        next_forward_token: Token::Forward(end).text(),
        next_backward_token: Token::Backward(begin).text(),
    }))
}

/// As many events as a page holds.
async fn collect(reader: &mut Reader<'_>, most: usize) -> Result<Vec<(Position, Event)>, Error> {
    let mut page = Vec::new();
    let mut bytes = 0;
    while page.len() < most {
        let Some((place, event)) = reader.next().await? else { break };
        bytes += event.bytes();
        if bytes > MOST_BYTES && !page.is_empty() {
            break;
        }
        page.push((place, event));
    }
    Ok(page)
}
