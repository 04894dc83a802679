//! `DescribeLogStreams`

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply, page_size};
use store::Scan;

use super::page;
use crate::error::invalid;
use crate::names::{find_group, group_arn, group_of};
use crate::records::{BY_LAST_EVENT, STREAMS, StreamRecord, stream_key};
use crate::{Error, Logs};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name_prefix: Option<String>,
    order_by: Option<String>,
    #[serde(default)]
    descending: bool,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    log_streams: Vec<Stream>,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Stream {
    log_stream_name: String,
    /// Unix milliseconds, as all times here.
    creation_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_event_timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_event_timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_ingestion_time: Option<i64>,
    upload_sequence_token: String,
    arn: String,
    // AWS: always 0 since 2019, see AmazonCloudWatchLogs/latest/APIReference/API_LogStream.html
    stored_bytes: u32,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let group = group_of(input.log_group_name, input.log_group_identifier)?;
    find_group(ctx, &group).await?;
    let by_time = input.order_by.as_deref() == Some("LastEventTime");
    if by_time && input.log_stream_name_prefix.is_some() {
        return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let own = stream_key(&ctx.region, &group, "");
    let prefix = format!("{own}{}", input.log_stream_name_prefix.unwrap_or_default());
    let question = format!("{prefix}\0{by_time}{}", input.descending);
    let pages = page(&question);
    let after = pages.read(input.next_token.as_deref(), "InvalidParameterException")?;
    let scan = Scan {
        kind: STREAMS,
        index: by_time.then_some(BY_LAST_EVENT),
        prefix: &prefix,
        after: after.as_deref(),
        limit: page_size(input.limit, 50, 50),
        reverse: input.descending,
    };
    let (found, next) = ctx.records::<StreamRecord>(STREAMS).scan(scan).await?;
    let group_arn = group_arn(ctx, &group);
    let streams = found.into_iter().map(|found| {
        let name = found.key.get(own.len()..).unwrap_or_default().to_owned();
        let record = found.value;
        Stream {
            arn: format!("{group_arn}:log-stream:{name}"),
            log_stream_name: name,
            creation_time: record.created_ms,
            first_event_timestamp: record.first_event_ms,
            last_event_timestamp: record.last_event_ms,
            last_ingestion_time: record.last_ingestion_ms,
            upload_sequence_token: sequence_token(record.next_chunk),
            stored_bytes: 0,
        }
    });
    Ok(Reply::new(Output {
        log_streams: streams.collect(),
        next_token: next.map(|cursor| pages.make(&cursor)),
    }))
}

/// Sequence tokens are no longer checked, but still sent.
// AWS: AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
pub(super) fn sequence_token(next_chunk: u32) -> String {
    format!("{next_chunk:056}")
}
