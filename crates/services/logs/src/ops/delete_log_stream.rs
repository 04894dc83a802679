//! `DeleteLogStream`: with its events.

use crate::Logs;
use crate::error::Error;
use crate::records::{CHUNK, STREAM, find_group, find_stream};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    log_stream_name: String,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let group = find_group(ctx, &input.log_group_name).await?;
    let stream = find_stream(ctx, &group, &input.log_stream_name).await?;
    let mut batch = Batch::new();
    batch.remove_prefixes.push((CHUNK.to_owned(), format!("{}:", stream.key)));
    batch.remove(STREAM, stream.key, stream.expect);
    Ok(Reply::with(json!({}), batch))
}
