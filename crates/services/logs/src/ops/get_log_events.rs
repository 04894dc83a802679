//! `GetLogEvents`

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply, page_size};

use crate::chunks::{Cut, Event, Selection, backward, end, forward};
use crate::error::invalid;
use crate::names::{find_group, find_stream, group_of};
use crate::retention::horizon_ms;
use crate::{Error, Logs};

/// The most events of one answer.
// AWS: AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
const MAX_EVENTS: usize = 10_000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: String,
    /// Unix milliseconds.
    start_time: Option<i64>,
    /// Unix milliseconds.
    end_time: Option<i64>,
    next_token: Option<String>,
    limit: Option<i64>,
    #[serde(default)]
    start_from_head: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    events: Vec<OutputEvent>,
    next_forward_token: String,
    next_backward_token: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OutputEvent {
    timestamp: i64,
    message: String,
    ingestion_time: i64,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let group = group_of(input.log_group_name, input.log_group_identifier)?;
    let stream = &input.log_stream_name;
    find_stream(ctx, &group, stream).await?;
    let horizon_ms = horizon_ms(&find_group(ctx, &group).await?.value, ctx.now_ms);
    let selection = Selection {
        group: &group,
        stream,
        from_ms: input.start_time.unwrap_or(i64::MIN).max(horizon_ms),
        until_ms: input.end_time.unwrap_or(i64::MAX),
        most: page_size(input.limit, MAX_EVENTS, MAX_EVENTS),
    };
    let token = input.next_token.as_deref().map(|token| token.split_once('/'));
    let (events, here) = match token {
        None if input.start_from_head => {
            let cut = input.start_time.map_or_else(Cut::default, Cut::not_after);
            (forward(ctx, &selection, &cut).await?, None)
        }
        None => (backward(ctx, &selection, None).await?, None),
        Some(Some(("f", cut))) => {
            let cut = Cut::read(cut)?;
            (forward(ctx, &selection, &cut).await?, Some(cut))
        }
        Some(Some(("b", cut))) => {
            let cut = Cut::read(cut)?;
            (backward(ctx, &selection, Some(&cut)).await?, Some(cut))
        }
        Some(_) => return Err(invalid("The specified nextToken is invalid.")),
    };
    // Nothing there: both tokens stay where they are, which is how clients know the end.
    let (back, on) = match (events.first(), events.last(), here) {
        (Some(first), Some(last), _) => (first.at.clone(), last.after()),
        (_, _, Some(here)) => (here.clone(), here),
        _ => {
            let end = end(ctx, &group, stream).await?;
            (end.clone(), end)
        }
    };
    Ok(Reply::new(Output {
        events: events.into_iter().map(show).collect(),
        next_forward_token: format!("f/{}", on.token()),
        next_backward_token: format!("b/{}", back.token()),
    }))
}

fn show(event: Event) -> OutputEvent {
    OutputEvent {
        timestamp: event.timestamp_ms,
        message: event.message,
        ingestion_time: event.ingested_ms,
    }
}
