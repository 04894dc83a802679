//! Deliveries: handing an input to a target, with EventBridge's retries and dead letters.

use crate::records::Target;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{AwsError, Call, Ctx, Principal, WorkItem, WorkOutcome};

/// Work kind of a delivery; the key is `<rule>/<event id>/<target id>`.
pub(crate) const WORK: &str = "events/deliver";

/// EventBridge's own service principal.
const PRINCIPAL: &str = "events.amazonaws.com";
// AWS: RetryPolicy defaults: 24 hours and 185 attempts.
const MAX_AGE_SECONDS: i64 = 86_400;
const MAX_ATTEMPTS: u32 = 185;
const FIRST_DELAY_MS: i64 = 1_000;
const LONGEST_DELAY_MS: i64 = 600_000;

/// What is to be handed to whom.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) rule_arn: String,
    /// The name that an execution started by it gets.
    pub(crate) name: String,
    pub(crate) target: Target,
    /// The input, or why it cannot be made.
    pub(crate) input: Result<String, String>,
    /// When it was first to be delivered, Unix milliseconds.
    pub(crate) first_ms: i64,
}

/// Delivers once; a failure is retried later, or ends in the dead-letter queue.
pub(crate) async fn deliver(ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
    let delivery: Delivery = match serde_json::from_value(item.body.clone()) {
        Ok(delivery) => delivery,
        Err(error) => {
            tracing::error!(key = item.key, %error, "a delivery cannot be read and is dropped");
            return Ok(WorkOutcome::done());
        }
    };
    let error = match attempt(ctx, &delivery, &item.key).await {
        Ok(()) => return Ok(WorkOutcome::done()),
        Err(error) => error,
    };
    let policy = delivery.target.retry_policy.as_ref();
    let attempts = policy.and_then(|p| p.maximum_retry_attempts).unwrap_or(MAX_ATTEMPTS);
    let age = policy.and_then(|p| p.maximum_event_age_in_seconds).unwrap_or(MAX_AGE_SECONDS);
    let is_old = ctx.now_ms - delivery.first_ms >= age * 1000;
    if is_final(&error) || item.attempts >= attempts || is_old {
        dead_letter(ctx, &delivery, &error, &item.key).await;
        return Ok(WorkOutcome::done());
    }
    let delay_ms = (FIRST_DELAY_MS << item.attempts.min(20)).min(LONGEST_DELAY_MS);
    tracing::warn!(target = delivery.target.arn, rule = delivery.rule_arn, %error, delay_ms, "delivery failed, to be tried again");
    Ok(WorkOutcome::again(item, ctx.now_ms + delay_ms))
}

/// Refusals that no retry mends.
// AWS: eb-rule-dlq: missing permissions and targets that are not there go to the dead-letter queue at once.
fn is_final(error: &AwsError) -> bool {
    let is_throttled = error.code.contains("Throttl") || error.code.contains("LimitExceeded");
    error.status < 500 && error.status != 429 && !is_throttled
}

async fn attempt(ctx: &Ctx, delivery: &Delivery, key: &str) -> Result<(), AwsError> {
    let input =
        delivery.input.as_ref().map_err(|reason| AwsError::new("InvalidInput", reason.clone()))?;
    let (service, operation, parameters) = request(delivery, input)?;
    let principal = match &delivery.target.role_arn {
        Some(role) => {
            let caller = ctx.kit.caller();
            caller.assume_for(role, PRINCIPAL, &session_name(delivery), &delivery.rule_arn).await?
        }
        None => own_principal(ctx, delivery),
    };
    let call = Call {
        service: service.to_owned(),
        operation: operation.to_owned(),
        input: parameters,
        principal,
        region: delivery
            .target
            .arn
            .split(':')
            .nth(3)
            .filter(|region| !region.is_empty())
            .unwrap_or(&ctx.region)
            .to_owned(),
        effect_key: Some(format!("events/{key}")),
    };
    ctx.kit.caller().call(call).await.map(drop)
}

/// EventBridge itself, on behalf of the rule.
fn own_principal(ctx: &Ctx, delivery: &Delivery) -> Principal {
    Principal::service(ctx.account(), PRINCIPAL).on_behalf_of(&delivery.rule_arn)
}

/// The call that hands `input` to the target.
fn request(
    delivery: &Delivery,
    input: &str,
) -> Result<(&'static str, &'static str, Value), AwsError> {
    let arn = &delivery.target.arn;
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next().unwrap_or_default();
    let resource = parts.nth(2).unwrap_or_default();
    Ok(match service {
        "states" => (
            "states",
            "StartExecution",
            json!({"stateMachineArn": arn, "name": delivery.name, "input": input}),
        ),
        "lambda" => (
            "lambda",
            "Invoke",
            json!({"FunctionName": arn, "InvocationType": "Event", "Payload": service::base64_text(input.as_bytes())}),
        ),
        "sns" => ("sns", "Publish", json!({"TopicArn": arn, "Message": input})),
        "sqs" => {
            let account = arn.split(':').nth(4).unwrap_or_default();
            let mut message =
                json!({"QueueUrl": format!("/{account}/{resource}"), "MessageBody": input});
            if let Some(group) =
                delivery.target.sqs_parameters.as_ref().and_then(|p| p.message_group_id.as_ref())
            {
                message["MessageGroupId"] = Value::from(group.as_str());
            }
            ("sqs", "SendMessage", message)
        }
        "events" => {
            let event: Value = serde_json::from_str(input).unwrap_or(Value::Null);
            let entry = json!({
                "Source": event["source"], "DetailType": event["detail-type"],
                "Detail": event["detail"].to_string(), "EventBusName": arn,
            });
            ("events", "PutEvents", json!({"Entries": [entry]}))
        }
        _ => {
            return Err(AwsError::new(
                "NotImplemented",
                format!(
                    "refit delivers events to state machines, functions, topics, queues and buses, not to {arn}"
                ),
            ));
        }
    })
}

/// Hands a delivery that failed for good to the target's dead-letter queue, and says so.
async fn dead_letter(ctx: &Ctx, delivery: &Delivery, error: &AwsError, key: &str) {
    tracing::error!(target = delivery.target.arn, rule = delivery.rule_arn, %error, "delivery failed for good");
    let Some(queue) = delivery.target.dead_letter_config.as_ref().and_then(|c| c.arn.as_deref())
    else {
        return;
    };
    let text = |value: &str| json!({"DataType": "String", "StringValue": value});
    let name = queue.rsplit(':').next().unwrap_or_default();
    let message = json!({
        "QueueUrl": format!("/{}/{name}", ctx.account()),
        "MessageBody": delivery.input.as_deref().unwrap_or("{}"),
        "MessageAttributes": {
            "RULE_ARN": text(&delivery.rule_arn),
            "TARGET_ARN": text(&delivery.target.arn),
            "ERROR_CODE": text(&error.code),
            "ERROR_MESSAGE": text(&error.message),
        },
    });
    let principal = own_principal(ctx, delivery);
    let effect = Some(format!("events-dead-letter/{key}"));
    if let Err(error) = ctx.call_as(principal, "sqs", "SendMessage", message, effect).await {
        tracing::error!(queue, %error, "the dead-letter queue refused the event");
    }
}

/// A role session's name: at most 64 of the allowed characters.
fn session_name(delivery: &Delivery) -> String {
    let rule = delivery.rule_arn.rsplit('/').next().unwrap_or_default();
    let name: String =
        rule.chars().filter(|c| c.is_ascii_alphanumeric() || "_=,.@-".contains(*c)).collect();
    format!("events-{name}").chars().take(64).collect()
}
