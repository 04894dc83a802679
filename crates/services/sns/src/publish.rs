//! Publishing: what `Publish` and `PublishBatch` share.

use crate::deliver::{self, Delivery};
use crate::error::Error;
use crate::filter::admits;
use crate::records::{
    Attribute, DEDUPLICATION, KEPT_MESSAGES, MESSAGE, Message, Topic, subscriptions,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Ctx, WorkItem};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use store::{Batch, Expect, Scan};

// AWS: SNS quotas: message size.
pub(crate) const MOST_BYTES: usize = 262_144;
// AWS: FIFO topics: deduplication interval of five minutes.
const DEDUPLICATION_MS: i64 = 300_000;
/// Index of deduplication ids by when they were given.
const BY_AGE: &str = "age";
/// Deduplication ids looked at with each message.
const FORGOTTEN_AT_ONCE: usize = 4;

/// One message to publish.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    pub(crate) message: String,
    pub(crate) subject: Option<String>,
    pub(crate) message_structure: Option<String>,
    #[serde(default)]
    pub(crate) message_attributes: BTreeMap<String, Attribute>,
    pub(crate) message_deduplication_id: Option<String>,
    pub(crate) message_group_id: Option<String>,
}

impl Request {
    /// What counts against the limit: the message and its attributes.
    pub(crate) fn size_bytes(&self) -> usize {
        let attributes = self.message_attributes.iter().map(|(name, attribute)| {
            let text = attribute.string_value.as_ref().map_or(0, String::len);
            let binary = attribute.binary_value.as_ref().map_or(0, |value| value.len() / 4 * 3);
            name.len() + attribute.data_type.len() + text + binary
        });
        self.message.len() + attributes.sum::<usize>()
    }
}

/// The answer to one message.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Published {
    pub(crate) message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sequence_number: Option<String>,
}

/// Publishes one message: counts it in `topic`, adds its records to `batch` and its deliveries to `work`.
pub(crate) async fn publish(
    ctx: &Ctx,
    topic: &mut Topic,
    request: Request,
    batch: &mut Batch,
    work: &mut Vec<WorkItem>,
) -> Result<Published, Error> {
    check(topic, &request)?;
    let by_protocol = by_protocol(&request)?;
    let mut published = Published { message_id: ctx.uuid(), sequence_number: None };
    if topic.is_fifo() {
        let id = request.message_deduplication_id.clone();
        let id = id.unwrap_or_else(|| hex::encode(Sha256::digest(request.message.as_bytes())));
        let key = format!("{}/{id}", topic.arn);
        if let Some(seen) = seen(ctx, batch, &key).await? {
            return Ok(seen);
        }
        forget_old(ctx, &topic.arn, batch).await?;
        published.sequence_number = Some(format!("{:020}", topic.published + 1));
        let age = format!("{}/{:015}", topic.arn, ctx.now_ms.max(0));
        let index = vec![(BY_AGE, age)];
        batch.put_indexed(DEDUPLICATION, key, &(ctx.now_ms, &published), index, Expect::Any);
    }
    topic.published += 1;
    let text = by_protocol.get("default").cloned().unwrap_or(request.message);
    let message = Message {
        id: published.message_id.clone(),
        topic_arn: topic.arn.clone(),
        subject: request.subject,
        text,
        by_protocol,
        attributes: request.message_attributes,
        published_ms: ctx.now_ms,
        group_id: request.message_group_id,
        deduplication_id: request.message_deduplication_id,
        sequence_number: published.sequence_number.clone(),
    };
    keep(topic, &message, batch);
    for subscription in subscriptions(ctx, &topic.arn).await? {
        if admits(&subscription, &message) {
            let key = deliver::key(&subscription, &message);
            let delivery = Delivery { subscription, message: message.clone() };
            work.push(WorkItem::new(deliver::WORK, key, &ctx.region, ctx.now_ms, &delivery));
        }
    }
    Ok(published)
}

/// The answer to an earlier message with the same deduplication id, in this very batch too.
async fn seen(ctx: &Ctx, batch: &Batch, key: &str) -> Result<Option<Published>, Error> {
    let pending = batch.puts.iter().find(|put| put.kind == DEDUPLICATION && put.key == key);
    if let Some(pending) = pending {
        let read = serde_json::from_slice::<(i64, Published)>(&pending.body);
        return Ok(read.ok().map(|(_, published)| published));
    }
    let seen = ctx.records::<(i64, Published)>(DEDUPLICATION).get(key).await?;
    let seen = seen.filter(|seen| ctx.now_ms.saturating_sub(seen.value.0) < DEDUPLICATION_MS);
    Ok(seen.map(|seen| seen.value.1))
}

/// Removes deduplication ids that are over: more with each message than it adds, so they do not pile up.
async fn forget_old(ctx: &Ctx, topic_arn: &str, batch: &mut Batch) -> Result<(), Error> {
    let prefix = format!("{topic_arn}/");
    let scan = Scan { index: Some(BY_AGE), ..Scan::of(DEDUPLICATION, &prefix, FORGOTTEN_AT_ONCE) };
    let (oldest, _) = ctx.records::<(i64, Published)>(DEDUPLICATION).scan(scan).await?;
    for old in oldest {
        if ctx.now_ms.saturating_sub(old.value.0) >= DEDUPLICATION_MS {
            batch.remove(DEDUPLICATION, old.key, Expect::Any);
        }
    }
    Ok(())
}

/// Says in the server's log that a message was published: the way to be told without any subscription.
pub(crate) fn tell(topic: &Topic, subject: Option<&str>, text: &str) {
    let text: String = text.chars().take(200).collect();
    tracing::info!(target: "notify", topic = topic.name, subject, text, "message published");
}

fn check(topic: &Topic, request: &Request) -> Result<(), Error> {
    if request.message.is_empty() {
        return Err(Error::Invalid("Empty message".to_owned()));
    }
    if request.size_bytes() > MOST_BYTES {
        return Err(Error::Invalid("Message too long".to_owned()));
    }
    if request
        .subject
        .as_ref()
        .is_some_and(|s| s.is_empty() || s.len() > 100 || s.contains(char::is_control))
    {
        return Err(Error::Invalid("Subject".to_owned()));
    }
    check_attributes(&request.message_attributes)?;
    if topic.is_fifo() {
        if request.message_group_id.is_none() {
            return Err(Error::Invalid(
                "The MessageGroupId parameter is required for FIFO topics".to_owned(),
            ));
        }
        let by_content = topic.attributes.get("ContentBasedDeduplication");
        if request.message_deduplication_id.is_none() && by_content.is_none_or(|v| v != "true") {
            return Err(Error::Invalid(
                "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
                    .to_owned(),
            ));
        }
    }
    Ok(())
}

/// Names, types and values of message attributes.
// AWS: sns-message-attributes: reserved characters and types; the texts are AWS's.
fn check_attributes(attributes: &BTreeMap<String, Attribute>) -> Result<(), Error> {
    for (name, attribute) in attributes {
        let refuse = |why: String| Err(Error::InvalidValue(why));
        let is_name = (1..=256).contains(&name.len())
            && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-.".contains(&c));
        if !is_name {
            return refuse(format!("The message attribute name '{name}' is not valid."));
        }
        let kind = attribute.data_type.as_str();
        let (value, is_text) = match kind.split('.').next().unwrap_or_default() {
            "String" | "Number" => (&attribute.string_value, true),
            "Binary" => (&attribute.binary_value, false),
            _ => {
                return refuse(format!(
                    "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
                ));
            }
        };
        let is_given = value.as_ref().is_some_and(|value| !value.is_empty());
        let is_other = if is_text { &attribute.binary_value } else { &attribute.string_value };
        if !is_given || is_other.is_some() {
            return refuse(format!(
                "The message attribute '{name}' must contain non-empty message attribute value for message attribute type '{kind}'."
            ));
        }
        let number = value.as_deref().unwrap_or_default().trim();
        if kind.starts_with("Number") && !number.parse::<f64>().is_ok_and(f64::is_finite) {
            return refuse(format!("Could not cast message attribute '{name}' value to number."));
        }
    }
    Ok(())
}

/// The text for each protocol when `MessageStructure` is `json`.
fn by_protocol(request: &Request) -> Result<BTreeMap<String, String>, Error> {
    if request.message_structure.as_deref() != Some("json") {
        return Ok(BTreeMap::new());
    }
    let refuse = |why: &str| Error::Invalid(format!("Message Structure - {why}"));
    let parsed: Value = serde_json::from_str(&request.message)
        .map_err(|_| refuse("JSON message body failed to parse"))?;
    let Value::Object(members) = parsed else {
        return Err(refuse("JSON message body failed to parse"));
    };
    let texts: BTreeMap<String, String> = members
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
        .collect();
    if texts.contains_key("default") {
        Ok(texts)
    } else {
        Err(refuse("No default entry in JSON message body"))
    }
}

/// Keeps the message to be looked at, and lets the oldest go.
fn keep(topic: &Topic, message: &Message, batch: &mut Batch) {
    let key = |number: u64| format!("{}/{number:015}", topic.arn);
    batch.put(MESSAGE, key(topic.published), message, Expect::Any);
    if topic.published > KEPT_MESSAGES {
        batch.remove(MESSAGE, key(topic.published - KEPT_MESSAGES), Expect::Any);
    }
}
