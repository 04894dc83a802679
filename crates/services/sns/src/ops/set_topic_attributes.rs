//! `SetTopicAttributes`.

use crate::Sns;
use crate::error::Error;
use crate::records::{TOPIC, find_topic};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

/// Attributes that may be set.
const SETTABLE: [&str; 24] = [
    "ApplicationFailureFeedbackRoleArn",
    "ApplicationSuccessFeedbackRoleArn",
    "ApplicationSuccessFeedbackSampleRate",
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DeliveryPolicy",
    "DisplayName",
    "FifoThroughputScope",
    "FirehoseFailureFeedbackRoleArn",
    "FirehoseSuccessFeedbackRoleArn",
    "FirehoseSuccessFeedbackSampleRate",
    "HTTPFailureFeedbackRoleArn",
    "HTTPSuccessFeedbackRoleArn",
    "HTTPSuccessFeedbackSampleRate",
    "KmsMasterKeyId",
    "LambdaFailureFeedbackRoleArn",
    "LambdaSuccessFeedbackRoleArn",
    "LambdaSuccessFeedbackSampleRate",
    "Policy",
    "SQSFailureFeedbackRoleArn",
    "SQSSuccessFeedbackRoleArn",
    "SQSSuccessFeedbackSampleRate",
    "SignatureVersion",
    "TracingConfig",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
    attribute_name: String,
    attribute_value: Option<String>,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find_topic(ctx, &input.topic_arn).await?;
    if !SETTABLE.contains(&input.attribute_name.as_str()) {
        return Err(Error::Invalid("AttributeName".to_owned()));
    }
    let mut topic = found.value;
    match input.attribute_value.filter(|value| !value.is_empty()) {
        Some(value) => {
            let is_json = serde_json::from_str::<Value>(&value).is_ok();
            if input.attribute_name == "Policy" && !is_json {
                return Err(Error::Invalid("Policy failed to parse.".to_owned()));
            }
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
