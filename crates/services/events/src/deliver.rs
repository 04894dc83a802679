//! Deliveries: handing an input to a target, with EventBridge's retries and dead letters.

use crate::destination;
use crate::event::deliveries;
use crate::records::{Target, bus_name, require_bus};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{
    Access, AwsError, Call, Ctx, DeadLetter, DeadLetterNames, GivenUp, Principal, RetryLimits,
    WorkItem, WorkOutcome, is_throttled, retry_delay_ms,
};

/// Work kind of a delivery; the key is `<rule>/<event id>/<target id>/<unique>`.
pub(crate) const WORK: &str = "events/deliver";

/// EventBridge's own service principal.
const PRINCIPAL: &str = "events.amazonaws.com";
/// Buses that an event may come through: rules that send it round and round end here.
const MOST_HOPS: u32 = 16;
/// The input cannot be made.
const INVALID_INPUT: &str = "InvalidInput";
/// The target's role is not there or does not trust EventBridge.
const NO_ROLE: &str = "FailedToAssumeRole";

// AWS: eb-rule-dlq: the attributes.
static DEAD_LETTER: DeadLetterNames = DeadLetterNames {
    source: "RULE_ARN",
    target: "TARGET_ARN",
    code: "ERROR_CODE",
    message: "ERROR_MESSAGE",
    attempts: "RETRY_ATTEMPTS",
    exhausted: "EXHAUSTED_RETRY_CONDITION",
};

/// What is to be handed to whom.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) rule_arn: String,
    /// The name that an execution started by it gets.
    pub(crate) name: String,
    pub(crate) target: Target,
    pub(crate) input: Input,
    /// When it was first to be delivered, Unix milliseconds.
    pub(crate) first_ms: i64,
    /// From how many buses the event has come.
    pub(crate) hops: u32,
    /// Set when the target will not be tried any more: what is left is the dead-letter queue.
    pub(crate) given_up: Option<GivenUp>,
}

/// What the target gets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Input {
    /// This text.
    Text(String),
    /// Nothing: it cannot be made of this event.
    Invalid { reason: String, event: String },
}

/// Delivers once; a failure is retried later, or ends in the dead-letter queue.
pub(crate) async fn deliver(ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
    let mut delivery: Delivery = match serde_json::from_value(item.body.clone()) {
        Ok(delivery) => delivery,
        Err(error) => {
            tracing::error!(key = item.key, %error, "a delivery cannot be read and is dropped");
            return Ok(WorkOutcome::done());
        }
    };
    if delivery.given_up.is_none() {
        let error = match attempt(ctx, &delivery, &item.key).await {
            Ok(work) => {
                measure(ctx, &delivery, "Invocations");
                return Ok(done(item, work));
            }
            Err(error) => error,
        };
        delivery.given_up = give_up(ctx, &delivery, &error, item.attempts);
        if delivery.given_up.is_none() {
            tracing::warn!(target = delivery.target.arn, rule = delivery.rule_arn, %error, "delivery failed, to be tried again");
            return Ok(WorkOutcome::again(item, ctx.now_ms + retry_delay_ms(item.attempts)));
        }
        tracing::error!(target = delivery.target.arn, rule = delivery.rule_arn, %error, "delivery failed for good");
        measure(ctx, &delivery, "FailedInvocations");
    }
    match dead_letter(ctx, &delivery, &item.key).await {
        Err(error) if error.status >= 500 => {
            let mut outcome = WorkOutcome::again(item, ctx.now_ms + retry_delay_ms(item.attempts));
            if let Some(again) = &mut outcome.again {
                again.body = serde_json::to_value(&delivery).expect("deliveries are plain data");
            }
            return Ok(outcome);
        }
        Err(error) => {
            tracing::error!(rule = delivery.rule_arn, %error, "the dead-letter queue refused the event");
        }
        Ok(()) => {}
    }
    Ok(done(item, Vec::new()))
}

/// Counts a delivery that ended, for the rule and for all.
// AWS: EventBridge metrics: Invocations has those that failed as well, FailedInvocations only those that failed for good.
fn measure(ctx: &Ctx, delivery: &Delivery, metric: &'static str) {
    const NAMESPACE: &str = "AWS/Events";
    let rule = delivery.rule_arn.rsplit('/').next().unwrap_or_default();
    let count = |metric| {
        for dimensions in [&[("RuleName", rule)][..], &[]] {
            ctx.kit.metrics.count(&ctx.region, NAMESPACE, metric, dimensions, ctx.now_ms);
        }
    };
    count("Invocations");
    if metric != "Invocations" {
        count(metric);
    }
}

/// The item is done: the responses of its calls are not needed any more.
fn done(item: &WorkItem, work: Vec<WorkItem>) -> WorkOutcome {
    let mut outcome = WorkOutcome { work, ..WorkOutcome::done() };
    service::forget_effects(&mut outcome.batch, &effect_key(&item.key));
    outcome
}

fn effect_key(key: &str) -> String {
    format!("{WORK}/{key}#")
}

/// Why the target is not tried again; `None` when it is.
fn give_up(ctx: &Ctx, delivery: &Delivery, error: &AwsError, attempts: u32) -> Option<GivenUp> {
    let policy = delivery.target.retry_policy.as_ref();
    let limits = RetryLimits {
        attempts: policy.and_then(|policy| policy.maximum_retry_attempts),
        age_seconds: policy.and_then(|policy| policy.maximum_event_age_in_seconds),
    };
    let age_ms = ctx.now_ms.saturating_sub(delivery.first_ms);
    let why = GivenUp::after(error, attempts, age_ms, limits)?;
    Some(GivenUp { code: dead_letter_code(error).to_owned(), ..why })
}

/// `ERROR_CODE` of a dead letter.
// AWS: eb-rule-dlq: the list of codes. UNVERIFIED: which error of a target becomes which.
fn dead_letter_code(error: &AwsError) -> &'static str {
    let has = |parts: &[&str]| parts.iter().any(|part| error.code.contains(part));
    match error {
        _ if error.code == INVALID_INPUT => "INVALID_JSON",
        _ if error.code == NO_ROLE => "FAILED_TO_ASSUME_ROLE",
        _ if has(&["AccessDenied", "AuthorizationError", "NotAuthorized"]) => "NO_PERMISSIONS",
        _ if is_throttled(error) || error.status == 429 => "THROTTLING",
        _ if has(&["NotFound", "DoesNotExist", "NonExistent", "NoSuch"]) => "NO_RESOURCE",
        _ if has(&["AlreadyExists"]) => "RESOURCE_ALREADY_EXISTS",
        _ if error.status >= 500 => "ERROR_FROM_TARGET",
        _ => "SDK_CLIENT_ERROR",
    }
}

/// Hands the input over. An event for another bus is put there by the very commit that ends the delivery: those
/// deliveries are answered.
async fn attempt(ctx: &Ctx, delivery: &Delivery, key: &str) -> Result<Vec<WorkItem>, AwsError> {
    let input = match &delivery.input {
        Input::Text(text) => text,
        Input::Invalid { reason, .. } => {
            return Err(AwsError::new(INVALID_INPUT, reason.clone()));
        }
    };
    let principal = match &delivery.target.role_arn {
        Some(role) => {
            let caller = ctx.kit.caller();
            let name = session_name(delivery);
            let session = caller.assume_for(role, PRINCIPAL, &name, &delivery.rule_arn).await;
            session.map_err(|error| {
                if error.status >= 500 { error } else { AwsError::new(NO_ROLE, error.message) }
            })?
        }
        None => own_principal(ctx, delivery),
    };
    let arn = &delivery.target.arn;
    let region = arn.split(':').nth(3).filter(|region| !region.is_empty());
    let region = region.unwrap_or(&ctx.region).to_owned();
    if arn.split(':').nth(2) == Some("events") {
        let ctx = Ctx { region, ..ctx.clone() };
        if destination::is_named_by(arn) {
            destination::deliver(&ctx, delivery, &principal).await?;
            return Ok(Vec::new());
        }
        return forward(&ctx, delivery, &principal, input).await;
    }
    let (service, operation, parameters) = request(delivery, input)?;
    let call = Call {
        service: service.to_owned(),
        operation: operation.to_owned(),
        input: parameters,
        principal,
        region,
        effect_key: Some(effect_key(key)),
    };
    ctx.kit.caller().call(call).await.map(|_| Vec::new())
}

/// Deliveries of the event on the bus that is the target. The event stays what it is, also one of an AWS service.
// UNVERIFIED: that the event's id stays the same.
async fn forward(
    ctx: &Ctx,
    delivery: &Delivery,
    principal: &Principal,
    input: &str,
) -> Result<Vec<WorkItem>, AwsError> {
    let arn = delivery.target.arn.as_str();
    let access = Access {
        principal,
        action: "events:PutEvents",
        resource: arn,
        context: Vec::new(),
        resource_policy: None,
    };
    ctx.kit.authoriser().authorise(&access).await?;
    if delivery.hops >= MOST_HOPS {
        return Err(AwsError::new("TooManyHops", "the event has come through too many buses"));
    }
    let bus = bus_name(ctx, Some(arn));
    require_bus(ctx, bus).await?;
    let event: Value = serde_json::from_str(input).unwrap_or(Value::Null);
    let has_text = |member: &str| event.get(member).is_some_and(Value::is_string);
    if !(has_text("id") && has_text("source") && has_text("detail-type")) {
        return Err(AwsError::new(INVALID_INPUT, "the input of an event bus is not an event"));
    }
    Ok(deliveries(ctx, bus, &event, delivery.hops + 1).await?)
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
        _ => {
            return Err(AwsError::new(
                "NotImplemented",
                format!(
                    "refit delivers events to state machines, functions, topics, queues, buses and API destinations, not to {arn}"
                ),
            ));
        }
    })
}

/// Hands a delivery that failed for good to the target's dead-letter queue, if it has one.
async fn dead_letter(ctx: &Ctx, delivery: &Delivery, key: &str) -> Result<(), AwsError> {
    let target = &delivery.target;
    let queue_arn = target.dead_letter_config.as_ref().and_then(|config| config.arn.as_deref());
    let (Some(queue_arn), Some(why)) = (queue_arn, &delivery.given_up) else { return Ok(()) };
    let letter = DeadLetter {
        names: &DEAD_LETTER,
        queue_arn,
        source_arn: &delivery.rule_arn,
        target_arn: &target.arn,
        body: match &delivery.input {
            Input::Text(text) => text,
            Input::Invalid { event, .. } => event,
        },
        why,
        principal: own_principal(ctx, delivery),
        effect_key: format!("{}dead", effect_key(key)),
    };
    letter.send(ctx).await
}

/// A role session's name: at most 64 of the allowed characters.
fn session_name(delivery: &Delivery) -> String {
    let rule = delivery.rule_arn.rsplit('/').next().unwrap_or_default();
    let name: String =
        rule.chars().filter(|c| c.is_ascii_alphanumeric() || "_=,.@-".contains(*c)).collect();
    format!("events-{name}").chars().take(64).collect()
}
