//! `TagResource`: rules and buses.

use crate::Events;
use crate::error::Error;
use crate::ops::tagged::change;
use crate::tags::{Tag, to_map};
use serde::Deserialize;
use serde_json::Value;
use service::{Ctx, Reply};

#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
    #[serde(rename = "Tags")]
    tags: Vec<Tag>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let added = to_map(input.tags);
    change(ctx, &input.resource_arn, |tags| tags.extend(added.clone())).await
}
