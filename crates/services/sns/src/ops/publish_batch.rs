//! `PublishBatch`: up to ten messages; each succeeds or fails by itself.

use crate::Sns;
use crate::error::Error;
use crate::publish::{MOST_BYTES, Request, publish, tell};
use crate::records::{TOPIC, find_topic};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{AwsError, Ctx, Reply};
use std::collections::HashSet;
use store::Batch;

// AWS: PublishBatch: entries of one request.
const MOST_ENTRIES: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
    publish_batch_request_entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    id: String,
    #[serde(flatten)]
    request: Request,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find_topic(ctx, &input.topic_arn).await?;
    let entries = input.publish_batch_request_entries;
    let refuse = |code: &str, text: &str| Error::Other(AwsError::new(code, text));
    if entries.is_empty() {
        return Err(refuse("EmptyBatchRequest", "The batch request doesn't contain any entries."));
    }
    if entries.len() > MOST_ENTRIES {
        return Err(refuse(
            "TooManyEntriesInBatchRequest",
            "The batch request contains more entries than permissible.",
        ));
    }
    let ids: HashSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    if ids.len() < entries.len() {
        let text = "Two or more batch entries in the request have the same Id.";
        return Err(refuse("BatchEntryIdsNotDistinct", text));
    }
    let is_id = |id: &str| {
        (1..=80).contains(&id.len())
            && id.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
    };
    if !entries.iter().all(|entry| is_id(&entry.id)) {
        let text = "The Id of a batch entry in a batch request doesn't abide by the specification.";
        return Err(refuse("InvalidBatchEntryId", text));
    }
    if entries.iter().map(|entry| entry.request.size_bytes()).sum::<usize>() > MOST_BYTES {
        let text = "The length of all the batch messages put together is more than the limit.";
        return Err(refuse("BatchRequestTooLong", text));
    }
    let mut topic = found.value;
    let mut told = Vec::new();
    let (mut batch, mut work) = (Batch::new(), Vec::new());
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        let (subject, text) = (entry.request.subject.clone(), entry.request.message.clone());
        let before = topic.published;
        match publish(ctx, &mut topic, entry.request, &mut batch, &mut work).await {
            Ok(published) => {
                successful.push(json!({
                    "Id": entry.id,
                    "MessageId": published.message_id,
                    "SequenceNumber": published.sequence_number,
                }));
                if topic.published > before {
                    told.push((subject, text));
                }
            }
            Err(error @ (Error::Invalid(_) | Error::InvalidValue(_))) => {
                let code = match error {
                    Error::Invalid(_) => "InvalidParameter",
                    _ => "ParameterValueInvalid",
                };
                failed.push(json!({
                    "Id": entry.id, "Code": code, "Message": error.to_string(), "SenderFault": true,
                }));
            }
            Err(error) => return Err(error),
        }
    }
    batch.put(TOPIC, &found.key, &topic, found.expect);
    let answer = json!({"Successful": successful, "Failed": failed});
    let mut reply = Reply::with(answer, batch).notice(format!("sns/{}", input.topic_arn));
    reply.work = work;
    Ok(reply.after(move || {
        for (subject, text) in &told {
            tell(&topic, subject.as_deref(), text);
        }
    }))
}
