//! `ListTags`. A resource has at most 50 tags, so there is one page.

use crate::Sagemaker;
use crate::error::Error;
use crate::tags::{list, of};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    resource_arn: String,
}

pub(crate) async fn run(_: &Sagemaker, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let tags = of(ctx, &input.resource_arn).await?;
    Ok(Reply::new(json!({"Tags": list(&tags.value)})))
}
