//! `TagResource`.

use crate::Cloudwatch;
use crate::error::Error;
use crate::tags::{Tag, Tagged, to_map};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};

#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
    #[serde(rename = "Tags")]
    tags: Vec<Tag>,
}

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let mut tagged = Tagged::find(ctx, &input.resource_arn).await?;
    tagged.tags().extend(to_map(input.tags));
    Ok(Reply::with(json!({}), tagged.put()))
}
