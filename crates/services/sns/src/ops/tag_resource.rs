//! `TagResource`.

use crate::Sns;
use crate::error::Error;
use crate::records::{TOPIC, find_topic};
use crate::tags::{Tag, to_map};
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

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find_topic(ctx, &input.resource_arn).await?;
    let mut topic = found.value;
    topic.tags.extend(to_map(input.tags));
    let mut batch = Batch::new();
    batch.put(TOPIC, &found.key, &topic, found.expect);
    Ok(Reply::with(json!({}), batch))
}
