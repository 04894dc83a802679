//! `FilterLogEvents`: events of many streams of a group in the order of time.

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply, page_size};

use super::page;
use crate::chunks::{Cut, Event, Selection, forward};
use crate::error::invalid;
use crate::filter::Filter;
use crate::names::{find_group, find_stream, group_of};
use crate::records::{STREAMS, StreamRecord, stream_key};
use crate::retention::horizon_ms;
use crate::{Error, Logs};

/// The most events of one answer.
// AWS: AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
const MAX_EVENTS: usize = 10_000;
/// The most streams that a request names.
const MAX_STREAMS: usize = 100;
/// Events read of a stream at a time.
const PAGE: usize = 1000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    #[serde(default)]
    log_stream_names: Vec<String>,
    log_stream_name_prefix: Option<String>,
    /// Unix milliseconds.
    start_time: Option<i64>,
    /// Unix milliseconds; events of this very millisecond too.
    end_time: Option<i64>,
    #[serde(default)]
    filter_pattern: String,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    events: Vec<Matched>,
    searched_log_streams: [(); 0],
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Matched {
    log_stream_name: String,
    timestamp: i64,
    message: String,
    ingestion_time: i64,
    event_id: String,
}

/// The order of all events of a group.
fn place(event: &Event, stream: &str) -> (i64, String, String) {
    (event.timestamp_ms, stream.to_owned(), event.id())
}

async fn streams(ctx: &Ctx, group: &str, input: &Input) -> Result<Vec<String>, Error> {
    if !input.log_stream_names.is_empty() {
        if input.log_stream_name_prefix.is_some() {
            return Err(invalid(
                "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.",
            ));
        }
        if input.log_stream_names.len() > MAX_STREAMS {
            return Err(invalid(format!("at most {MAX_STREAMS} logStreamNames")));
        }
        for stream in &input.log_stream_names {
            find_stream(ctx, group, stream).await?;
        }
        let mut names = input.log_stream_names.clone();
        names.sort();
        names.dedup();
        return Ok(names);
    }
    let own = stream_key(&ctx.region, group, "");
    let prefix = format!("{own}{}", input.log_stream_name_prefix.as_deref().unwrap_or_default());
    let found = ctx.records::<StreamRecord>(STREAMS).all(&prefix).await?;
    let from_ms = input.start_time.unwrap_or(i64::MIN);
    let until_ms = input.end_time.unwrap_or(i64::MAX);
    let touches = |record: &StreamRecord| {
        record.last_event_ms.is_some_and(|last_ms| last_ms >= from_ms)
            && record.first_event_ms.is_some_and(|first_ms| first_ms <= until_ms)
    };
    Ok(found
        .into_iter()
        .filter(|found| touches(&found.value))
        .filter_map(|found| found.key.get(own.len()..).map(str::to_owned))
        .collect())
}

/// The first `most + 1` matching events of a stream after `after`, or somewhat more.
async fn matching(
    ctx: &Ctx,
    selection: &Selection<'_>,
    filter: &Filter,
    after: Option<&(i64, String, String)>,
    most: usize,
) -> Result<Vec<Event>, Error> {
    let mut found: Vec<Event> = Vec::new();
    let mut cut = match selection.from_ms {
        i64::MIN => Cut::default(),
        from_ms => Cut::not_after(from_ms),
    };
    loop {
        let page = forward(ctx, selection, &cut).await?;
        let Some(last) = page.last() else { return Ok(found) };
        cut = last.after();
        let reached_ms = last.timestamp_ms;
        found.extend(page.into_iter().filter(|event| {
            filter.matches(&event.message)
                && after.is_none_or(|after| place(event, selection.stream) > *after)
        }));
        found.sort_by_key(|event| (event.timestamp_ms, event.at.clone()));
        // Chunks may overlap by their span: go on until nothing that comes can belong before what is kept.
        let enough = found.get(most).is_some_and(|event| {
            event.timestamp_ms < reached_ms.saturating_sub(crate::chunks::MAX_SPAN_MS)
        });
        if enough || (found.len() > most && found.len() > MAX_EVENTS) {
            return Ok(found);
        }
    }
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let group = group_of(input.log_group_name.clone(), input.log_group_identifier.clone())?;
    let horizon_ms = horizon_ms(&find_group(ctx, &group).await?.value, ctx.now_ms);
    let filter = Filter::parse(&input.filter_pattern)?;
    let question = format!(
        "{group}\0{:?}\0{:?}\0{}\0{:?}\0{:?}",
        input.log_stream_names,
        input.log_stream_name_prefix,
        input.filter_pattern,
        input.start_time,
        input.end_time
    );
    let pages = page(&question);
    let token = pages.read(input.next_token.as_deref(), "InvalidParameterException")?;
    let after = token.as_deref().map(read_place).transpose()?;
    let most = page_size(input.limit, MAX_EVENTS, MAX_EVENTS);
    let from_ms = input.start_time.unwrap_or(i64::MIN).max(horizon_ms);
    let mut all = Vec::new();
    for stream in streams(ctx, &group, &input).await? {
        let selection = Selection {
            group: &group,
            stream: &stream,
            from_ms: after.as_ref().map_or(from_ms, |(at_ms, ..)| from_ms.max(*at_ms)),
            until_ms: input.end_time.map_or(i64::MAX, |end_ms| end_ms.saturating_add(1)),
            most: PAGE,
        };
        let events = matching(ctx, &selection, &filter, after.as_ref(), most).await?;
        all.extend(events.into_iter().map(|event| (place(&event, &stream), event)));
    }
    all.sort_by(|one, other| one.0.cmp(&other.0));
    let more = all.len() > most;
    all.truncate(most);
    let next_token = all.last().filter(|_| more).map(|(place, _)| pages.make(&write_place(place)));
    let events = all.into_iter().map(|((_, stream, id), event)| Matched {
        log_stream_name: stream,
        timestamp: event.timestamp_ms,
        message: event.message,
        ingestion_time: event.ingested_ms,
        event_id: id,
    });
    Ok(Reply::new(Output { events: events.collect(), searched_log_streams: [], next_token }))
}

fn write_place((at_ms, stream, id): &(i64, String, String)) -> String {
    format!("{at_ms}:{id}:{stream}")
}

fn read_place(text: &str) -> Result<(i64, String, String), Error> {
    let wrong = || invalid("The specified nextToken is invalid.");
    let mut parts = text.splitn(3, ':');
    let at_ms = parts.next().and_then(|part| part.parse().ok()).ok_or_else(wrong)?;
    let id = parts.next().ok_or_else(wrong)?.to_owned();
    let stream = parts.next().ok_or_else(wrong)?.to_owned();
    Ok((at_ms, stream, id))
}
