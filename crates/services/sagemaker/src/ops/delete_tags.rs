//! `DeleteTags`.

use crate::Sagemaker;
use crate::error::Error;
use crate::records::TAGS;
use crate::tags::of;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    resource_arn: String,
    tag_keys: Vec<String>,
}

pub(crate) async fn run(_: &Sagemaker, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let mut tags = of(ctx, &input.resource_arn).await?;
    tags.value.retain(|key, _| !input.tag_keys.contains(key));
    let mut batch = Batch::new();
    batch.put(TAGS, input.resource_arn, &tags.value, tags.expect);
    Ok(Reply::with(json!({}), batch))
}
