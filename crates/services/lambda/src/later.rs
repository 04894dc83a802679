//! Asynchronous invocations: tried again after failures, given up after hours, the last word to the dead-letter target.

use crate::Lambda;
use crate::records::{FUNCTION, Function};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{Arn, AwsError, Call, Ctx, WorkItem, WorkOutcome};

/// Work kind of an asynchronous invocation; the key is the id of the request that asked for it.
pub(crate) const WORK: &str = "lambda/invoke";
// AWS: asynchronous invocation: two more tries, after one and two minutes.
const DELAYS_MS: [i64; 2] = [60_000, 120_000];
// AWS: asynchronous invocation: throttled and failing starts are tried again for six hours.
const LONGEST_MS: i64 = 6 * 3_600_000;
// AWS: dead-letter queues: ErrorMessage holds the first 1 KB.
const MOST_ERROR_CHARACTERS: usize = 1024;

/// What is to be run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Later {
    /// The function's key.
    pub(crate) function: String,
    /// The payload in base64.
    pub(crate) payload: String,
    /// How often it has run and failed.
    pub(crate) attempt: usize,
    /// When it was accepted, Unix milliseconds.
    pub(crate) accepted_ms: i64,
}

/// Runs the invocation once and says what becomes of it.
pub(crate) async fn run(
    service: &Lambda,
    ctx: &Ctx,
    item: &WorkItem,
) -> Result<WorkOutcome, AwsError> {
    let later: Later = match serde_json::from_value(item.body.clone()) {
        Ok(later) => later,
        Err(error) => {
            tracing::error!(key = item.key, %error, "an asynchronous invocation cannot be read and is dropped");
            return Ok(WorkOutcome::done());
        }
    };
    let found = ctx.records::<Function>(FUNCTION).get(&later.function).await?;
    let Some(function) = found.map(|found| found.value) else {
        tracing::warn!(function = later.function, "an asynchronous invocation's function is gone");
        return Ok(WorkOutcome::done());
    };
    let payload = STANDARD.decode(&later.payload).unwrap_or_default();
    // Every try has the request's id, as its caller was told it.
    let mut own = ctx.clone();
    own.request_id.clone_from(&item.key);
    let error = match service.pool.invoke(&own, service, &function, payload).await {
        Ok(outcome) if !outcome.failed => return Ok(WorkOutcome::done()),
        Ok(outcome) => {
            if let Some(delay_ms) = DELAYS_MS.get(later.attempt) {
                let next = Later { attempt: later.attempt + 1, ..later };
                let body = serde_json::to_value(next).unwrap_or_default();
                let again = WorkItem { body, ..item.clone() };
                return Ok(WorkOutcome::again(&again, ctx.kit.clock.now_ms() + delay_ms));
            }
            String::from_utf8_lossy(&outcome.payload).into_owned()
        }
        Err(error) => {
            let error = AwsError::from(error);
            if ctx.now_ms.saturating_sub(later.accepted_ms) < LONGEST_MS {
                return Err(error);
            }
            error.to_string()
        }
    };
    tracing::error!(function = later.function, error, "an asynchronous invocation failed for good");
    dead_letter(ctx, &function, item, &later, &error).await
}

/// Hands the event to the function's dead-letter target, as the function's role.
async fn dead_letter(
    ctx: &Ctx,
    function: &Function,
    item: &WorkItem,
    later: &Later,
    error: &str,
) -> Result<WorkOutcome, AwsError> {
    let target = function.configuration.get("DeadLetterConfig");
    let target = target.and_then(|config| config["TargetArn"].as_str()).unwrap_or_default();
    let Ok(arn) = Arn::parse(target) else { return Ok(WorkOutcome::done()) };
    let payload = STANDARD.decode(&later.payload).unwrap_or_default();
    let body = String::from_utf8_lossy(&payload).into_owned();
    let message: String = error.chars().take(MOST_ERROR_CHARACTERS).collect();
    let text = |text: &str| json!({"DataType": "String", "StringValue": text});
    let attributes = json!({
        "RequestID": text(&item.key),
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": text(&message),
    });
    let (operation, input) = if arn.service == "sns" {
        let input = json!({"TopicArn": target, "Message": body, "MessageAttributes": attributes});
        ("Publish", input)
    } else {
        let url = format!("/{}/{}", arn.account, arn.resource);
        let input = json!({"QueueUrl": url, "MessageBody": body, "MessageAttributes": attributes});
        ("SendMessage", input)
    };
    let effect_key = format!("lambda-dead-letter/{}", item.key);
    match hand_over(ctx, function, &arn, operation, input, &effect_key).await {
        Err(error) if error.status >= 500 => return Err(error),
        Err(error) => {
            tracing::error!(function = function.name, target, %error, "the dead-letter target refused the event");
        }
        Ok(()) => {}
    }
    let mut outcome = WorkOutcome::done();
    service::forget_effects(&mut outcome.batch, &effect_key);
    Ok(outcome)
}

async fn hand_over(
    ctx: &Ctx,
    function: &Function,
    target: &Arn,
    operation: &str,
    input: Value,
    effect_key: &str,
) -> Result<(), AwsError> {
    let role = function.text("Role").unwrap_or_default();
    let session: String = function.name.chars().take(64).collect();
    let caller = ctx.kit.caller();
    let principal =
        caller.assume_for(role, "lambda.amazonaws.com", &session, &function.arn).await?;
    let call = Call {
        service: target.service.clone(),
        operation: operation.to_owned(),
        input,
        principal,
        region: target.region.clone(),
        effect_key: Some(effect_key.to_owned()),
    };
    caller.call(call).await.map(drop)
}
