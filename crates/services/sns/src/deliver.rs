//! Deliveries: handing a message to a subscription, with retries.

mod email;
mod envelope;
mod web;

pub(crate) use web::{Web, client};

use crate::Sns;
use crate::records::{Attribute, Message, Subscription};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{AwsError, Ctx, Principal, WorkItem, WorkOutcome};

/// Work kind of a delivery; the key is the subscription's ARN, `/` and the message's id.
pub(crate) const WORK: &str = "sns/deliver";

/// SNS's own service principal.
const PRINCIPAL: &str = "sns.amazonaws.com";
// AWS: delivery retries to HTTP endpoints by default: 50 over an hour; here fewer, growing.
const MOST_ATTEMPTS: u32 = 20;
const FIRST_DELAY_MS: i64 = 1_000;
const LONGEST_DELAY_MS: i64 = 300_000;

/// What is to be handed to whom.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) subscription: Subscription,
    pub(crate) message: Message,
}

impl Delivery {
    /// The text for the subscription's protocol.
    fn text(&self) -> &str {
        let message = &self.message;
        message.by_protocol.get(&self.subscription.protocol).unwrap_or(&message.text)
    }

    fn is_raw(&self) -> bool {
        self.subscription.attributes.get("RawMessageDelivery").is_some_and(|value| value == "true")
    }
}

/// Delivers once; a failure is retried later, or ends in the dead-letter queue.
pub(crate) async fn deliver(
    service: &Sns,
    ctx: &Ctx,
    item: &WorkItem,
) -> Result<WorkOutcome, AwsError> {
    let delivery: Delivery = match serde_json::from_value(item.body.clone()) {
        Ok(delivery) => delivery,
        Err(error) => {
            tracing::error!(key = item.key, %error, "a delivery cannot be read and is dropped");
            return Ok(WorkOutcome::done());
        }
    };
    let Err(error) = attempt(service, ctx, &delivery, &item.key).await else {
        return Ok(WorkOutcome::done());
    };
    let subscription = &delivery.subscription;
    if item.attempts >= MOST_ATTEMPTS || (error.status < 500 && error.status != 429) {
        tracing::error!(subscription = subscription.arn, endpoint = subscription.endpoint, %error, "a notification failed for good");
        dead_letter(ctx, &delivery, &item.key).await;
        return Ok(WorkOutcome::done());
    }
    tracing::warn!(subscription = subscription.arn, endpoint = subscription.endpoint, %error, "a notification failed, to be tried again");
    let delay_ms = (FIRST_DELAY_MS << item.attempts.min(20)).min(LONGEST_DELAY_MS);
    Ok(WorkOutcome::again(item, ctx.kit.clock.now_ms() + delay_ms))
}

async fn attempt(service: &Sns, ctx: &Ctx, delivery: &Delivery, key: &str) -> Result<(), AwsError> {
    let endpoint = delivery.subscription.endpoint.as_str();
    let effect = Some(format!("sns/{key}"));
    match delivery.subscription.protocol.as_str() {
        "sqs" => {
            let message = queue_message(delivery, endpoint);
            call(ctx, delivery, "sqs", "SendMessage", message, effect).await
        }
        "lambda" => {
            let event = envelope::function_event(delivery).to_string();
            let payload = service::base64_text(event.as_bytes());
            let input =
                json!({"FunctionName": endpoint, "InvocationType": "Event", "Payload": payload});
            call(ctx, delivery, "lambda", "Invoke", input, effect).await
        }
        "http" => web::post(&service.web, delivery).await,
        "email" | "email-json" => email::send(service.sendmail.as_deref(), delivery).await,
        other => Err(AwsError::new(
            "NotImplemented",
            format!("refit does not deliver notifications by {other}"),
        )),
    }
}

async fn call(
    ctx: &Ctx,
    delivery: &Delivery,
    service: &str,
    operation: &str,
    input: Value,
    effect: Option<String>,
) -> Result<(), AwsError> {
    let topic = &delivery.message.topic_arn;
    let principal = Principal::service(ctx.account(), PRINCIPAL).on_behalf_of(topic);
    ctx.call_as(principal, service, operation, input, effect).await.map(drop)
}

/// `SendMessage` for a queue's ARN.
fn queue_message(delivery: &Delivery, queue_arn: &str) -> Value {
    let body = if delivery.is_raw() {
        delivery.text().to_owned()
    } else {
        envelope::notification(delivery).to_string()
    };
    let mut message = json!({"QueueUrl": queue_url(queue_arn), "MessageBody": body});
    if delivery.is_raw() && !delivery.message.attributes.is_empty() {
        message["MessageAttributes"] = attributes(&delivery.message.attributes);
    }
    if queue_arn.strip_suffix(".fifo").is_some() {
        message["MessageGroupId"] = json!(delivery.message.group_id);
        message["MessageDeduplicationId"] =
            json!(delivery.message.deduplication_id.as_ref().unwrap_or(&delivery.message.id));
    }
    message
}

fn attributes(attributes: &std::collections::BTreeMap<String, Attribute>) -> Value {
    json!(attributes)
}

/// A queue's URL path by its ARN.
fn queue_url(arn: &str) -> String {
    let mut parts = arn.split(':').skip(4);
    format!("/{}/{}", parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

/// Hands a message that failed for good to the subscription's dead-letter queue.
async fn dead_letter(ctx: &Ctx, delivery: &Delivery, key: &str) {
    let policy = delivery.subscription.attributes.get("RedrivePolicy");
    let policy: Option<Value> = policy.and_then(|text| serde_json::from_str(text).ok());
    let Some(queue) = policy.as_ref().and_then(|p| p["deadLetterTargetArn"].as_str()) else {
        return;
    };
    let message = queue_message(delivery, queue);
    let effect = Some(format!("sns-dead-letter/{key}"));
    if let Err(error) = call(ctx, delivery, "sqs", "SendMessage", message, effect).await {
        tracing::error!(queue, %error, "the dead-letter queue refused the notification");
    }
}
