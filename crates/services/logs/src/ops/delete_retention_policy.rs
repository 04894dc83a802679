//! `DeleteRetentionPolicy`: events are kept for ever.

use crate::Logs;
use crate::error::Error;
use crate::expire::WORK;
use crate::records::{GROUP, find_group};
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
    let mut group = find_group(ctx, &input.log_group_name).await?;
    group.value.retention_days = None;
    let mut batch = Batch::new();
    batch.put(GROUP, &group.key, &group.value, group.expect);
    Ok(Reply::with(json!({}), batch).cancel(WORK, group.key))
}
