//! `ListTagsForResource`.

use crate::Ecr;
use crate::error::Error;
use crate::records::find_by_arn;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    resource_arn: String,
}

pub(crate) async fn run(_: &Ecr, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let tags = find_by_arn(ctx, &input.resource_arn).await?.value.tags;
    let tags: Vec<Value> =
        tags.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    Ok(Reply::new(json!({"tags": tags})))
}
