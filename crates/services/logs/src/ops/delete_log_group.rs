//! `DeleteLogGroup`: with its streams and their events.

use crate::Logs;
use crate::error::Error;
use crate::expire::WORK;
use crate::records::{CHUNK, GROUP, STREAM, find_group};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let group = find_group(ctx, &input.log_group_name).await?;
    let mut batch = Batch::new();
    let prefix = format!("{}:", group.key);
    batch.remove(GROUP, &group.key, group.expect);
    batch.remove_prefixes.push((STREAM.to_owned(), prefix.clone()));
    batch.remove_prefixes.push((CHUNK.to_owned(), prefix));
    Ok(Reply::with(json!({}), batch).cancel(WORK, group.key))
}
