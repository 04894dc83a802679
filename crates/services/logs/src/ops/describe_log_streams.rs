//! `DescribeLogStreams`.

use crate::Logs;
use crate::error::Error;
use crate::names::{group_name, stream_arn};
use crate::ops::put_log_events::sequence_token;
use crate::records::{BY_LAST_EVENT, STREAM, Stream, find_group};
use serde::{Deserialize, Serialize};
use service::{Ctx, PageToken, Reply, page_size};
use store::Scan;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name_prefix: Option<String>,
    order_by: Option<String>,
    descending: Option<bool>,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    log_streams: Vec<View>,
    next_token: Option<String>,
}

/// A stream as it is described.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    log_stream_name: String,
    creation_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_event_timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_event_timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_ingestion_time: Option<i64>,
    upload_sequence_token: String,
    arn: String,
    /// AWS: `LogStream`: reported as zero since 2019; a group's is the sum.
    stored_bytes: u64,
}

impl View {
    fn of(ctx: &Ctx, group: &str, stream: Stream) -> Self {
        Self {
            creation_time: stream.created_ms,
            first_event_timestamp: stream.first_event_ms,
            last_event_timestamp: stream.last_event_ms,
            last_ingestion_time: stream.last_ingestion_ms,
            upload_sequence_token: sequence_token(&stream),
            arn: stream_arn(ctx, group, &stream.name),
            stored_bytes: 0,
            log_stream_name: stream.name,
        }
    }
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let name = group_name(ctx, input.log_group_name, input.log_group_identifier)?;
    let by_time = input.order_by.as_deref() == Some("LastEventTime");
    if by_time && input.log_stream_name_prefix.is_some() {
        return Err(Error::Invalid(
            "Cannot order by LastEventTime with a logStreamNamePrefix.".to_owned(),
        ));
    }
    let group = find_group(ctx, &name).await?;
    let prefix = format!("{}:{}", group.key, input.log_stream_name_prefix.unwrap_or_default());
    let reverse = input.descending.unwrap_or_default();
    let question = format!("{STREAM} {by_time} {reverse} {prefix}");
    let token = PageToken { question: &question };
    let read = token.read(input.next_token.as_deref(), "InvalidParameterException");
    let after = read.map_err(|_| Error::Token)?;
    let scan = Scan {
        kind: STREAM,
        index: by_time.then_some(BY_LAST_EVENT),
        prefix: &prefix,
        after: after.as_deref(),
        limit: page_size(input.limit, 50, 50),
        reverse,
    };
    let (found, next) = ctx.records::<Stream>(STREAM).scan(scan).await?;
    let log_streams = found.into_iter().map(|found| View::of(ctx, &name, found.value)).collect();
    Ok(Reply::new(Output { log_streams, next_token: next.map(|cursor| token.make(&cursor)) }))
}
