//! `FilterLogEvents`: the events of a group's streams, interleaved by time.

use crate::Logs;
use crate::error::Error;
use crate::filter::Filter;
use crate::merge::{Merge, Place};
use crate::names::group_name;
use crate::reading::time_range;
use crate::records::{Event, Group, STREAM, Stream, find_group, find_stream};
use serde::{Deserialize, Serialize};
use service::{Ctx, Found, PageToken, Reply, page_size};
use std::collections::BTreeSet;

// AWS: FilterLogEvents: a page holds 1 MB, up to 10,000 events.
const MOST_EVENTS: usize = 10_000;
const MOST_BYTES: usize = 1 << 20;

/// `interleaved` and `unmask` are not read: AWS interleaves always, and nothing here is masked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_names: Option<Vec<String>>,
    log_stream_name_prefix: Option<String>,
    start_time: Option<i64>,
    end_time: Option<i64>,
    filter_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    events: Vec<View>,
    /// AWS: always empty since 2020.
    searched_log_streams: [(); 0],
    next_token: Option<String>,
}

/// An event as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    log_stream_name: String,
    timestamp: i64,
    message: String,
    ingestion_time: i64,
    event_id: String,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let name = group_name(ctx, input.log_group_name, input.log_group_identifier)?;
    let filter = Filter::parse(input.filter_pattern.as_deref().unwrap_or_default())?;
    let names = input.log_stream_names;
    let prefix = input.log_stream_name_prefix;
    if names.is_some() && prefix.is_some() {
        // UNVERIFIED: the text.
        return Err(Error::Invalid(
            "logStreamNames and logStreamNamePrefix cannot be used together.".to_owned(),
        ));
    }
    let group = find_group(ctx, &name).await?;
    let question = format!(
        "{} {names:?} {prefix:?} {:?} {:?} {:?}",
        group.key, input.start_time, input.end_time, input.filter_pattern
    );
    let token = PageToken { question: &question };
    let read = token.read(input.next_token.as_deref(), "InvalidParameterException");
    let cursor = read.map_err(|_| Error::Token)?;
    let gap = cursor.map(|text| Place::read(&text).ok_or(Error::Token)).transpose()?;
    let streams = streams(ctx, &group, names, prefix).await?;
    let expired_before_ms = group.value.expired_before_ms(ctx.now_ms);
    // AWS: FilterLogEvents: unlike GetLogEvents' the end is included.
    let end_ms = input.end_time.map(|ms| ms.saturating_add(1));
    let range = time_range(input.start_time, end_ms, expired_before_ms);
    let merge = Merge::new(ctx, streams, range, gap.as_ref());
    let most = page_size(input.limit, MOST_EVENTS, MOST_EVENTS);
    let (found, next) = collect(merge, &filter, most).await?;
    Ok(Reply::new(Output {
        events: found.into_iter().map(|(place, event)| view(&group.key, place, event)).collect(),
        searched_log_streams: [],
        next_token: next.map(|gap| token.make(&gap.cursor())),
    }))
}

/// The streams to look through.
async fn streams(
    ctx: &Ctx,
    group: &Found<Group>,
    names: Option<Vec<String>>,
    prefix: Option<String>,
) -> Result<Vec<Found<Stream>>, Error> {
    let Some(names) = names else {
        let prefix = format!("{}:{}", group.key, prefix.unwrap_or_default());
        return Ok(ctx.records::<Stream>(STREAM).all(&prefix).await?);
    };
    let mut streams = Vec::new();
    for name in names.into_iter().collect::<BTreeSet<_>>() {
        streams.push(find_stream(ctx, group, &name).await?);
    }
    Ok(streams)
}

/// An event with its place.
type Placed = (Place, Event);

/// As many matches as a page holds, and the gap to go on from when there may be more.
async fn collect(
    mut merge: Merge<'_>,
    filter: &Filter,
    most: usize,
) -> Result<(Vec<Placed>, Option<Place>), Error> {
    let mut page = Vec::new();
    let mut bytes = 0;
    while let Some((place, event)) = merge.next().await? {
        let is_wanted = filter.admits(&event.2);
        if is_wanted {
            bytes += event.bytes();
            if page.len() >= most || (bytes > MOST_BYTES && !page.is_empty()) {
                return Ok((page, Some(place)));
            }
        }
        let next = place.clone().after();
        if is_wanted {
            page.push((place, event));
        }
        if merge.is_enough() {
            return Ok((page, Some(next)));
        }
    }
    Ok((page, None))
}

fn view(group_key: &str, place: Place, event: Event) -> View {
    let Event(timestamp, ingestion_time, message) = event;
    let mark = fingerprint(&[group_key, &place.stream]);
    // Unlike any other event's in the region: 56 digits, as AWS's.
    let event_id =
        format!("{:015}{mark:020}{:012}{:09}", place.ms, place.chunk, place.index % 1_000_000_000);
    View { log_stream_name: place.stream, timestamp, message, ingestion_time, event_id }
}

/// FNV-1a, 64 bits: tells streams apart, and is the same for ever.
fn fingerprint(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
