//! `UntagResource`: rules and buses.

use crate::Events;
use crate::error::Error;
use crate::ops::tagged::change;
use serde::Deserialize;
use serde_json::Value;
use service::{Ctx, Reply};

#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
    #[serde(rename = "TagKeys")]
    tag_keys: Vec<String>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    change(ctx, &input.resource_arn, |tags| {
        tags.retain(|key, _| !input.tag_keys.contains(key));
    })
    .await
}
