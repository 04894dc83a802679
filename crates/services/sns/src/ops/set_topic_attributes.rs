//! `SetTopicAttributes`.

use crate::Sns;
use crate::attributes::check_topic;
use crate::error::Error;
use crate::records::{TOPIC, find_topic};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
    attribute_name: String,
    attribute_value: Option<String>,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find_topic(ctx, &input.topic_arn).await?;
    check_topic(&input.attribute_name, input.attribute_value.as_deref().unwrap_or_default())?;
    let mut topic = found.value;
    match input.attribute_value.filter(|value| !value.is_empty()) {
        Some(value) => {
            topic.attributes.insert(input.attribute_name, value);
        }
        None => {
            topic.attributes.remove(&input.attribute_name);
        }
    }
    let mut batch = Batch::new();
    batch.put(TOPIC, &found.key, &topic, found.expect);
    Ok(Reply::with(json!({}), batch))
}
