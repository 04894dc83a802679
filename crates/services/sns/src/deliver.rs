//! Deliveries: handing a message to a subscription, with retries.

mod email;
mod envelope;
mod web;

pub(crate) use web::{Web, client};

use crate::Sns;
use crate::attributes::dead_letter_queue;
use crate::records::{Attribute, Message, Subscription};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{Arn, AwsError, Call, Ctx, Principal, WorkItem, WorkOutcome};
use sha2::{Digest, Sha256};
use std::time::Duration;
use store::Scan;

/// Work kind of a delivery; see [`key`].
pub(crate) const WORK: &str = "sns/deliver";

/// SNS's own service principal.
const PRINCIPAL: &str = "sns.amazonaws.com";
// AWS: delivery retries to HTTP endpoints by default: 50 over an hour; here fewer, growing.
const MOST_ATTEMPTS: u32 = 20;
const FIRST_DELAY_MS: i64 = 1_000;
const LONGEST_DELAY_MS: i64 = 300_000;
/// How long a FIFO delivery waits for those before it at a time, and when it looks again.
const PATIENCE: Duration = Duration::from_secs(10);
const LATER_MS: i64 = 1_000;

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
    if delivery.message.sequence_number.is_some() && !is_its_turn(ctx, item).await? {
        let due_ms = ctx.kit.clock.now_ms() + LATER_MS;
        return Ok(WorkOutcome {
            again: Some(WorkItem { due_ms, ..item.clone() }),
            ..WorkOutcome::default()
        });
    }
    let Err(error) = attempt(service, ctx, &delivery, &item.key).await else {
        return Ok(done(item));
    };
    let subscription = &delivery.subscription;
    if item.attempts >= MOST_ATTEMPTS || (error.status < 500 && error.status != 429) {
        tracing::error!(subscription = subscription.arn, endpoint = subscription.endpoint, %error, "a notification failed for good");
        dead_letter(ctx, &delivery, &item.key).await?;
        return Ok(done(item));
    }
    tracing::warn!(subscription = subscription.arn, endpoint = subscription.endpoint, %error, "a notification failed, to be tried again");
    let delay_ms = (FIRST_DELAY_MS << item.attempts.min(20)).min(LONGEST_DELAY_MS);
    Ok(WorkOutcome::again(item, ctx.kit.clock.now_ms() + delay_ms))
}

/// The delivery is over: so are the answers kept for it, and the next one of its lane may begin.
fn done(item: &WorkItem) -> WorkOutcome {
    let mut outcome = WorkOutcome::done();
    service::forget_effects(&mut outcome.batch, &format!("sns/{}", item.key));
    service::forget_effects(&mut outcome.batch, &format!("sns-dead-letter/{}", item.key));
    outcome.notices.push(bell(item));
    outcome
}

/// The key of a delivery's work item. Messages of one group of a FIFO topic share a lane: what comes before the last two
/// slashes.
pub(crate) fn key(subscription: &Subscription, message: &Message) -> String {
    match (&message.sequence_number, &message.group_id) {
        (Some(number), group) => {
            let group = Sha256::digest(group.as_deref().unwrap_or_default().as_bytes());
            format!("{}/{}/{number}/{}", subscription.arn, hex::encode(&group[..16]), message.id)
        }
        (None, _) => format!("{}/{}", subscription.arn, message.id),
    }
}

/// The lane of a FIFO delivery, with the slash that ends it.
fn lane(item: &WorkItem) -> String {
    let mut parts = item.key.rsplitn(3, '/');
    format!("{}/", parts.nth(2).unwrap_or_default())
}

fn bell(item: &WorkItem) -> String {
    format!("sns/lane/{}", lane(item))
}

/// Waits until all earlier messages of the group have been delivered or given up. `false`: not yet.
async fn is_its_turn(ctx: &Ctx, item: &WorkItem) -> Result<bool, AwsError> {
    let prefix = format!("{WORK}:{}", lane(item));
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let mut rung = ctx.kit.notices.subscribe(&bell(item));
        let (first, _) = ctx.records::<WorkItem>("work").scan(Scan::of("work", &prefix, 1)).await?;
        if first.first().is_none_or(|first| first.value.key >= item.key) {
            return Ok(true);
        }
        if tokio::time::timeout_at(deadline, rung.changed()).await.is_err() {
            return Ok(false);
        }
    }
}

async fn attempt(service: &Sns, ctx: &Ctx, delivery: &Delivery, key: &str) -> Result<(), AwsError> {
    let endpoint = delivery.subscription.endpoint.as_str();
    let effect = Some(format!("sns/{key}"));
    match delivery.subscription.protocol.as_str() {
        "sqs" => {
            let message = queue_message(delivery, endpoint);
            call(ctx, delivery, "sqs", "SendMessage", message, effect, endpoint).await
        }
        "lambda" => {
            let event = envelope::function_event(delivery).to_string();
            let payload = service::base64_text(event.as_bytes());
            let input =
                json!({"FunctionName": endpoint, "InvocationType": "Event", "Payload": payload});
            call(ctx, delivery, "lambda", "Invoke", input, effect, endpoint).await
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
    target_arn: &str,
) -> Result<(), AwsError> {
    // Queues and functions may be in other regions than the topic.
    let region = Arn::parse(target_arn).ok().map(|arn| arn.region);
    let topic = &delivery.message.topic_arn;
    let principal = Principal::service(ctx.account(), PRINCIPAL).on_behalf_of(topic);
    let call = Call {
        service: service.to_owned(),
        operation: operation.to_owned(),
        input,
        principal,
        region: region.unwrap_or_else(|| ctx.region.clone()),
        effect_key: effect,
    };
    ctx.kit.caller().call(call).await.map(drop)
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
        // A dead-letter queue may be FIFO where the topic is not.
        let group = delivery.message.group_id.as_ref().unwrap_or(&delivery.message.id);
        message["MessageGroupId"] = json!(group);
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
///
/// # Errors
/// When the queue cannot take it now: the delivery is tried once more later, and the message is not lost.
async fn dead_letter(ctx: &Ctx, delivery: &Delivery, key: &str) -> Result<(), AwsError> {
    let policy = delivery.subscription.attributes.get("RedrivePolicy");
    let Some(queue) = policy.and_then(|policy| dead_letter_queue(policy)) else { return Ok(()) };
    let message = queue_message(delivery, &queue);
    let effect = Some(format!("sns-dead-letter/{key}"));
    match call(ctx, delivery, "sqs", "SendMessage", message, effect, &queue).await {
        Err(error) if error.status >= 500 => Err(error),
        Err(error) => {
            tracing::error!(queue, %error, "the dead-letter queue refused the notification");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
