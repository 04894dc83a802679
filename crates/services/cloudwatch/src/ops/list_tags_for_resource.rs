//! `ListTagsForResource`.

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
}

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let mut tagged = Tagged::find(ctx, &input.resource_arn).await?;
    let tag = |(key, value): (&String, &String)| json!({"Key": key, "Value": value});
    let tags: Vec<Value> = tagged.tags().iter().map(tag).collect();
    Ok(Reply::new(json!({"Tags": tags})))
}
