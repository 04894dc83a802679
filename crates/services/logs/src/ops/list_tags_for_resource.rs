//! `ListTagsForResource`: log groups.

use crate::Logs;
use crate::error::Error;
use crate::names::name_of_arn;
use crate::tags::{Listed, list};
use serde::Deserialize;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    resource_arn: String,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Listed>, Error> {
    list(ctx, &name_of_arn(ctx, &input.resource_arn)?).await
}
