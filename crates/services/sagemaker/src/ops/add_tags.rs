//! `AddTags`.

use crate::Sagemaker;
use crate::error::Error;
use crate::records::TAGS;
use crate::tags::{Tag, list, of};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    resource_arn: String,
    tags: Vec<Tag>,
}

pub(crate) async fn run(_: &Sagemaker, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let mut tags = of(ctx, &input.resource_arn).await?;
    tags.value.extend(input.tags.into_iter().map(|tag| (tag.key, tag.value)));
    let mut batch = Batch::new();
    batch.put(TAGS, input.resource_arn, &tags.value, tags.expect);
    Ok(Reply::with(json!({"Tags": list(&tags.value)}), batch))
}
