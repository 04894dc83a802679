//! Targets: which call a firing makes.

use crate::error::Error;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use service::{AwsError, Ctx};
use wire::Model;

/// ARNs of universal targets: `arn:aws:scheduler:::aws-sdk:SERVICE:operation`.
const UNIVERSAL: &str = "arn:aws:scheduler:::aws-sdk:";

/// The members of a target that refit acts on.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Target {
    pub(crate) arn: String,
    pub(crate) role_arn: String,
    pub(crate) input: Option<String>,
    pub(crate) dead_letter_config: Option<DeadLetterConfig>,
    pub(crate) retry_policy: Option<RetryPolicy>,
    sqs_parameters: Option<SqsParameters>,
    event_bridge_parameters: Option<EventBridgeParameters>,
}

/// `DeadLetterConfig`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeadLetterConfig {
    pub(crate) arn: Option<String>,
}

/// `RetryPolicy`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RetryPolicy {
    pub(crate) maximum_event_age_in_seconds: Option<i64>,
    pub(crate) maximum_retry_attempts: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SqsParameters {
    message_group_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventBridgeParameters {
    detail_type: String,
    source: String,
}

/// A call to make.
pub(crate) struct Request {
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) input: Value,
}

impl Target {
    /// Reads the target of a record.
    pub(crate) fn read(value: &Value) -> Result<Self, AwsError> {
        serde_json::from_value(value.clone())
            .map_err(|error| AwsError::new("ValidationException", error.to_string()))
    }

    /// The call that hands `input` over.
    pub(crate) fn request(&self, ctx: &Ctx, name: &str, input: &str) -> Result<Request, AwsError> {
        if let Some(rest) = self.arn.strip_prefix(UNIVERSAL) {
            return universal(ctx, rest, input);
        }
        let arn = &self.arn;
        let call = |service: &str, operation: &str, input: Value| {
            let (service, operation) = (service.to_owned(), operation.to_owned());
            Ok(Request { service, operation, input })
        };
        let mut parts = arn.splitn(6, ':').skip(2);
        let service = parts.next().unwrap_or_default();
        let account = parts.nth(1).unwrap_or_default();
        let resource = parts.next().unwrap_or_default();
        match service {
            "states" => call(
                "states",
                "StartExecution",
                json!({"stateMachineArn": arn, "name": name, "input": input}),
            ),
            "lambda" => call(
                "lambda",
                "Invoke",
                json!({"FunctionName": arn, "InvocationType": "Event", "Payload": service::base64_text(input.as_bytes())}),
            ),
            "sns" => call("sns", "Publish", json!({"TopicArn": arn, "Message": input})),
            "sqs" => {
                let mut message =
                    json!({"QueueUrl": format!("/{account}/{resource}"), "MessageBody": input});
                let group = self.sqs_parameters.as_ref().and_then(|p| p.message_group_id.as_ref());
                if let Some(group) = group {
                    message["MessageGroupId"] = Value::from(group.as_str());
                }
                call("sqs", "SendMessage", message)
            }
            "events" => {
                let parameters = self.event_bridge_parameters.as_ref();
                let entry = json!({
                    "EventBusName": arn, "Detail": input,
                    "DetailType": parameters.map(|p| p.detail_type.as_str()),
                    "Source": parameters.map(|p| p.source.as_str()),
                });
                call("events", "PutEvents", json!({"Entries": [entry]}))
            }
            _ => Err(AwsError::new("NotImplemented", unknown(arn))),
        }
    }

    /// Whether the input is shown as a JSON object to the target unless the schedule gives one.
    pub(crate) fn wants_members(&self) -> bool {
        self.arn.starts_with(UNIVERSAL)
    }
}

fn unknown(arn: &str) -> String {
    format!(
        "refit schedules calls of state machines, functions, topics, queues, buses and (by {UNIVERSAL}SERVICE:operation) of every \
         service it has, not {arn}"
    )
}

/// A call of any operation; its input is the schedule's.
// AWS: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
fn universal(ctx: &Ctx, rest: &str, input: &str) -> Result<Request, AwsError> {
    let refused = |text: String| AwsError::new("ValidationException", text);
    let (service, operation) = rest.split_once(':').unwrap_or((rest, ""));
    let found = ctx.kit.services().find(|one| sdk_name(one.model()) == service);
    let Some(found) = found else {
        return Err(AwsError::new("NotImplemented", unknown(&format!("{UNIVERSAL}{rest}"))));
    };
    let mut letters = operation.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let operation: String = first.into_iter().chain(letters).collect();
    let model = found.model();
    let Some(known) = model.operation(&operation) else {
        return Err(AwsError::new("NotImplemented", unknown(&format!("{UNIVERSAL}{rest}"))));
    };
    let given: Map<String, Value> = serde_json::from_str(input)
        .map_err(|_| refused("The target's input is not a JSON object.".to_owned()))?;
    // Members are written with a capital letter whatever the API's own spelling is.
    let shape = known.input.as_ref().and_then(|member| model.shape(member.shape).structure());
    let spelled = |name: String| {
        let mut members = shape.map(|shape| shape.members.iter()).into_iter().flatten();
        members
            .find(|one| one.name.eq_ignore_ascii_case(&name))
            .map_or(name, |one| one.name.clone())
    };
    let input = given.into_iter().map(|(name, value)| (spelled(name), value)).collect();
    Ok(Request { service: found.name().to_owned(), operation, input: Value::Object(input) })
}

/// The service's name in universal targets: as SDKs for Java spell it, in small letters (`sfn`, `eventbridge`).
fn sdk_name(model: &Model) -> String {
    model.metadata.service_id.replace(' ', "").to_lowercase()
}

/// Refuses a target that can never be called.
pub(crate) fn check(ctx: &Ctx, target: &Value) -> Result<(), Error> {
    let target = Target::read(target).map_err(|error| Error::Validation(error.message))?;
    let refuse = |text: String| Err(Error::Validation(text));
    if target.wants_members() {
        let is_read = target.arn.rsplit(':').next().is_some_and(|operation| {
            ["get", "describe", "list"].iter().any(|verb| operation.starts_with(verb))
        });
        if is_read {
            // AWS: managing-targets-universal.html: actions that only read are not supported.
            return refuse(format!("{} is a read-only operation and no target.", target.arn));
        }
    }
    if target.arn.split(':').nth(2) == Some("events") && target.event_bridge_parameters.is_none() {
        return refuse("EventBridgeParameters must be set for an event bus.".to_owned());
    }
    match target.request(ctx, "", "{}") {
        Err(error) => refuse(error.message),
        Ok(_) => Ok(()),
    }
}
