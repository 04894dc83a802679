//! `UntagResource`.

use crate::Sns;
use crate::error::Error;
use crate::records::{TOPIC, find_topic};
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

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find_topic(ctx, &input.resource_arn).await?;
    let mut topic = found.value;
    topic.tags.retain(|key, _| !input.tag_keys.contains(key));
    let mut batch = Batch::new();
    batch.put(TOPIC, &found.key, &topic, found.expect);
    Ok(Reply::with(json!({}), batch))
}
