//! `AddPermission`: one statement more in the topic's policy.

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
    #[serde(rename = "AWSAccountId")]
    aws_account_id: Vec<String>,
    action_name: Vec<String>,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find_topic(ctx, &input.topic_arn).await?;
    let mut topic = found.value;
    let mut policy: Value = serde_json::from_str(&topic.policy()).unwrap_or_default();
    let Some(statements) = policy["Statement"].as_array_mut() else {
        return Err(Error::Invalid("Policy".to_owned()));
    };
    if statements.iter().any(|statement| statement["Sid"] == input.label.as_str()) {
        return Err(Error::Invalid("Statement already exists".to_owned()));
    }
    let accounts: Vec<String> =
        input.aws_account_id.iter().map(|id| format!("arn:aws:iam::{id}:root")).collect();
    let actions: Vec<String> = input.action_name.iter().map(|name| format!("SNS:{name}")).collect();
    statements.push(json!({
        "Sid": input.label, "Effect": "Allow", "Principal": {"AWS": accounts},
        "Action": actions, "Resource": topic.arn,
    }));
    topic.attributes.insert("Policy".to_owned(), policy.to_string());
    let mut batch = Batch::new();
    batch.put(TOPIC, &found.key, &topic, found.expect);
    Ok(Reply::with(json!({}), batch))
}
