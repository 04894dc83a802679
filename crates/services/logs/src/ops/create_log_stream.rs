//! `CreateLogStream`.

use crate::Logs;
use crate::error::Error;
use crate::records::{GROUP, STREAM, Stream, find_group, stream_key};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    log_stream_name: String,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let group = find_group(ctx, &input.log_group_name).await?;
    let key = stream_key(&group.key, &input.log_stream_name);
    if ctx.records::<Stream>(STREAM).get(&key).await?.is_some() {
        return Err(Error::StreamExists);
    }
    let stream = Stream {
        name: input.log_stream_name,
        created_ms: ctx.now_ms,
        first_event_ms: None,
        last_event_ms: None,
        last_ingestion_ms: None,
        stored_bytes: 0,
        next_chunk: 0,
        overlap_ms: 0,
        tail: None,
    };
    let mut batch = Batch::new();
    let index = stream.index(&group.key);
    batch.put_indexed(STREAM, key, &stream, index, Expect::Absent);
    // A group that is deleted at the same moment must not leave a stream behind.
    batch.checks.push((GROUP.to_owned(), group.key, group.expect));
    Ok(Reply::with(json!({}), batch))
}
