//! `TagResource`

use std::collections::BTreeMap;

use serde::Deserialize;
use service::{Ctx, Reply};

use super::{Nothing, add_tags, tagged};
use crate::{Error, Logs};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    resource_arn: String,
    tags: BTreeMap<String, String>,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    add_tags(tagged(ctx, &input.resource_arn).await?, input.tags)
}
