//! `TagResource`: log groups.

use crate::Logs;
use crate::error::Error;
use crate::names::name_of_arn;
use crate::tags::add;
use serde::Deserialize;
use serde_json::Value;
use service::{Ctx, Reply};
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    resource_arn: String,
    tags: BTreeMap<String, String>,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let group = name_of_arn(ctx, &input.resource_arn)?;
    add(ctx, &group, &input.resource_arn, input.tags).await
}
