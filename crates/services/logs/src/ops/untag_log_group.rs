//! `UntagLogGroup`: the older form of `UntagResource`.

use crate::Logs;
use crate::error::Error;
use crate::tags::remove;
use serde::Deserialize;
use serde_json::Value;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    tags: Vec<String>,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    remove(ctx, &input.log_group_name, &input.tags).await
}
