//! `RemovePermission`.

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
    topic_arn: String,
    label: String,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find_topic(ctx, &input.topic_arn).await?;
    let mut topic = found.value;
    let mut policy: Value = serde_json::from_str(&topic.policy()).unwrap_or_default();
    if let Some(statements) = policy["Statement"].as_array_mut() {
        statements.retain(|statement| statement["Sid"] != input.label.as_str());
    }
    topic.attributes.insert("Policy".to_owned(), policy.to_string());
    let mut batch = Batch::new();
    batch.put(TOPIC, &found.key, &topic, found.expect);
    Ok(Reply::with(json!({}), batch))
}
