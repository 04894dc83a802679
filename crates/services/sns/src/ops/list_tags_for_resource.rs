//! `ListTagsForResource`.

use crate::Sns;
use crate::error::Error;
use crate::records::find_topic;
use crate::tags::to_list;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    resource_arn: String,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let topic = find_topic(ctx, &input.resource_arn).await?.value;
    Ok(Reply::new(json!({"Tags": to_list(&topic.tags)})))
}
