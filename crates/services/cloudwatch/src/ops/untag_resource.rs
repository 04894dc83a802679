//! `UntagResource`.

use crate::Cloudwatch;
use crate::error::Error;
use crate::tags::Tagged;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};

#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(rename = "ResourceARN")]
    resource_arn: String,
    #[serde(rename = "TagKeys")]
    tag_keys: Vec<String>,
}

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let mut tagged = Tagged::find(ctx, &input.resource_arn).await?;
    tagged.tags().retain(|key, _| !input.tag_keys.contains(key));
    Ok(Reply::with(json!({}), tagged.put()))
}
