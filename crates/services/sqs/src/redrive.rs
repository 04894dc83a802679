//! Dead-letter queues: the attributes `RedrivePolicy` and `RedriveAllowPolicy`.

use crate::error::Error;
use crate::records::{Queue, is_fifo_name, queue_named};
use serde_json::{Map, Value};
use service::{Arn, Ctx};

/// Where messages go that were received too often.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Redrive {
    /// The name of the dead-letter queue, which is in the same account and region.
    pub(crate) target: String,
    /// How often a message is received before it goes there.
    pub(crate) max_receive_count: u32,
}

/// The queue's redrive policy.
pub(crate) fn policy(queue: &Queue) -> Option<Redrive> {
    let document: Value = serde_json::from_str(queue.attributes.get("RedrivePolicy")?).ok()?;
    let target = document.get("deadLetterTargetArn")?.as_str()?;
    let max_receive_count = count(document.get("maxReceiveCount")?)?;
    Some(Redrive { target: target.rsplit(':').next()?.to_owned(), max_receive_count })
}

/// `maxReceiveCount` may be a number or its text.
fn count(value: &Value) -> Option<u32> {
    let number = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    u32::try_from(number).ok().filter(|count| (1..=1000).contains(count))
}

/// Checks a redrive policy that is to be set on `queue`.
///
/// # Errors
/// `InvalidParameterValue` or `InvalidAttributeValue`.
pub(crate) async fn check(ctx: &Ctx, queue: &Queue, text: &str) -> Result<(), Error> {
    if text.is_empty() {
        return Ok(());
    }
    let Ok(Value::Object(document)) = serde_json::from_str(text) else {
        return Err(Error::AttributeValue(
            "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map.".to_owned(),
        ));
    };
    let refuse = |reason: &str| Error::value(text, "RedrivePolicy", reason);
    let name = target(ctx, queue, &document).map_err(|reason| refuse(&reason))?;
    let target = queue_named(ctx, &name).await?;
    let target = target.ok_or_else(|| refuse("Dead letter target does not exist."))?;
    if admits(&target.value, &queue.arn(ctx)) {
        return Ok(());
    }
    // UNVERIFIED: the words.
    Err(refuse("Dead-letter queue does not allow this queue as a source queue."))
}

/// The name of the dead-letter queue, or what is wrong with the policy.
fn target(ctx: &Ctx, queue: &Queue, document: &Map<String, Value>) -> Result<String, String> {
    let missing =
        |name: &str| format!("Redrive policy does not contain mandatory attribute: {name}.");
    let max = document.get("maxReceiveCount").ok_or_else(|| missing("maxReceiveCount"))?;
    let arn = document.get("deadLetterTargetArn").ok_or_else(|| missing("deadLetterTargetArn"))?;
    if document.len() > 2 {
        return Err(
            "Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn]."
                .to_owned(),
        );
    }
    if count(max).is_none() {
        let shown = max.as_str().map_or_else(|| max.to_string(), str::to_owned);
        return Err(format!(
            "Invalid value for maxReceiveCount: {shown}, valid values are from 1 to 1000 both inclusive."
        ));
    }
    let arn = arn.as_str().and_then(|text| Arn::parse(text).ok());
    let arn = arn.ok_or_else(|| "Invalid value for deadLetterTargetArn.".to_owned())?;
    if arn.service != "sqs" {
        return Err("Only SQS queues are valid resources for deadLetterTargetArn.".to_owned());
    }
    if is_fifo_name(&arn.resource) != queue.is_fifo() {
        return Err("Dead-letter queue must be same type of queue as the source.".to_owned());
    }
    if arn.resource == queue.name {
        // UNVERIFIED: whether AWS refuses it; such a queue would keep its messages from everybody.
        return Err("Dead-letter queue must not be the source queue itself.".to_owned());
    }
    if arn.region != queue.region || arn.account != ctx.account() {
        return Err("Dead letter target does not exist.".to_owned());
    }
    Ok(arn.resource)
}

/// Whether a dead-letter queue takes messages of the queue `source`.
fn admits(target: &Queue, source: &str) -> bool {
    let Some(text) = target.attributes.get("RedriveAllowPolicy") else { return true };
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    match document["redrivePermission"].as_str() {
        Some("denyAll") => false,
        Some("byQueue") => document["sourceQueueArns"]
            .as_array()
            .is_some_and(|arns| arns.iter().any(|arn| arn.as_str() == Some(source))),
        _ => true,
    }
}

/// Checks a redrive allow policy.
///
/// # Errors
/// `InvalidParameterValue` or `InvalidAttributeValue`.
pub(crate) fn check_allow(text: &str) -> Result<(), Error> {
    if text.is_empty() {
        return Ok(());
    }
    let format = || {
        Error::AttributeValue(
            "Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format.".to_owned(),
        )
    };
    let refuse = |reason: &str| {
        let reason = format!("Amazon SQS can't create the redrive allow policy. {reason}");
        Error::value(text, "RedriveAllowPolicy", &reason)
    };
    let Ok(Value::Object(document)) = serde_json::from_str(text) else { return Err(format()) };
    let is_known = |name: &String| name == "redrivePermission" || name == "sourceQueueArns";
    if !document.keys().all(is_known) {
        return Err(format());
    }
    let permission = document.get("redrivePermission").and_then(Value::as_str);
    let arns = match document.get("sourceQueueArns") {
        None => None,
        Some(Value::Array(arns)) if arns.iter().all(Value::is_string) => Some(arns.len()),
        Some(_) => return Err(format()),
    };
    match (permission, arns) {
        (Some("byQueue"), None | Some(0)) => Err(refuse(
            "When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.",
        )),
        (Some("byQueue"), Some(1..=10)) | (Some("allowAll" | "denyAll"), None) => Ok(()),
        (Some("byQueue"), Some(_)) => {
            Err(refuse("The maximum number of source queue ARNs you can specify is 10."))
        }
        (Some("allowAll" | "denyAll"), Some(_)) => Err(refuse(
            "To specify one or more source queue ARNs, you must set redrivePermission to byQueue.",
        )),
        _ => Err(format()),
    }
}
