//! `PublishBatch`: up to ten messages; each succeeds or fails by itself.

use crate::Sns;
use crate::error::Error;
use crate::publish::{Request, publish};
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
    let mut topic = found.value;
    let (mut batch, mut work) = (Batch::new(), Vec::new());
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        match publish(ctx, &mut topic, entry.request, &mut batch, &mut work).await {
            Ok(published) => successful.push(json!({
                "Id": entry.id,
                "MessageId": published.message_id,
                "SequenceNumber": published.sequence_number,
            })),
            Err(error @ Error::Invalid(_)) => failed.push(json!({
                "Id": entry.id, "Code": "InvalidParameter", "Message": error.to_string(),
                "SenderFault": true,
            })),
            Err(error) => return Err(error),
        }
    }
    batch.put(TOPIC, &found.key, &topic, found.expect);
    let answer = json!({"Successful": successful, "Failed": failed});
    let mut reply = Reply::with(answer, batch).notice(format!("sns/{}", input.topic_arn));
    reply.work = work;
    Ok(reply)
}
