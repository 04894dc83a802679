//! `ListTagsForResource`

use serde::Deserialize;
use service::{Ctx, Reply};

use super::{Tags, tagged};
use crate::{Error, Logs};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    resource_arn: String,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Tags>, Error> {
    let tags = tagged(ctx, &input.resource_arn).await?.value.tags;
    Ok(Reply::new(Tags { tags }))
}
