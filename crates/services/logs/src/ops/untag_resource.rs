//! `UntagResource`: log groups.

use crate::Logs;
use crate::error::Error;
use crate::names::name_of_arn;
use crate::tags::remove;
use serde::Deserialize;
use serde_json::Value;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    resource_arn: String,
    tag_keys: Vec<String>,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    remove(ctx, &name_of_arn(ctx, &input.resource_arn)?, &input.tag_keys).await
}
