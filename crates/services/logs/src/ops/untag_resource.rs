//! `UntagResource`

use serde::Deserialize;
use service::{Ctx, Reply};

use super::{Nothing, remove_tags, tagged};
use crate::{Error, Logs};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    resource_arn: String,
    tag_keys: Vec<String>,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    Ok(remove_tags(tagged(ctx, &input.resource_arn).await?, &input.tag_keys))
}
