//! Attributes of topics and subscriptions: which there are, and what their values may be.

use crate::error::Error;
use crate::filter;
use serde_json::Value;
use std::collections::BTreeMap;

/// Attributes of topics that may be set.
const OF_TOPICS: [&str; 24] = [
    "ApplicationFailureFeedbackRoleArn",
    "ApplicationSuccessFeedbackRoleArn",
    "ApplicationSuccessFeedbackSampleRate",
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DeliveryPolicy",
    "DisplayName",
    "FifoThroughputScope",
    "FirehoseFailureFeedbackRoleArn",
    "FirehoseSuccessFeedbackRoleArn",
    "FirehoseSuccessFeedbackSampleRate",
    "HTTPFailureFeedbackRoleArn",
    "HTTPSuccessFeedbackRoleArn",
    "HTTPSuccessFeedbackSampleRate",
    "KmsMasterKeyId",
    "LambdaFailureFeedbackRoleArn",
    "LambdaSuccessFeedbackRoleArn",
    "LambdaSuccessFeedbackSampleRate",
    "Policy",
    "SQSFailureFeedbackRoleArn",
    "SQSSuccessFeedbackRoleArn",
    "SQSSuccessFeedbackSampleRate",
    "SignatureVersion",
    "TracingConfig",
];

/// Attributes of subscriptions that may be set.
const OF_SUBSCRIPTIONS: [&str; 7] = [
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "ReplayPolicy",
    "SubscriptionRoleArn",
];

/// Refuses what a topic's attribute cannot be.
pub(crate) fn check_topic(name: &str, value: &str) -> Result<(), Error> {
    let refuse = |text: &str| Err(Error::Invalid(text.to_owned()));
    match name {
        "Policy" if value.is_empty() => Ok(()),
        // A policy that IAM cannot read would lock everybody out.
        "Policy" if policy::Document::parse(value).is_err() => refuse("Policy Error: null"),
        "DeliveryPolicy" | "ArchivePolicy" if !value.is_empty() && !is_object(value) => {
            refuse(&format!("{name}: failed to parse JSON."))
        }
        "ContentBasedDeduplication" if !is_truth(value) => refuse(name),
        _ if OF_TOPICS.contains(&name) => Ok(()),
        _ => refuse("AttributeName"),
    }
}

/// Refuses attributes of a subscription that do not go with each other or with its protocol.
pub(crate) fn check_subscription(
    protocol: &str,
    attributes: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let refuse = |text: String| Err(Error::Invalid(text));
    let scope = attributes.get("FilterPolicyScope").map_or("MessageAttributes", String::as_str);
    for (name, value) in attributes {
        match name.as_str() {
            "FilterPolicy" => {
                if let Some(problem) = filter::problem(value, scope) {
                    return refuse(problem);
                }
            }
            "FilterPolicyScope"
                if !["MessageAttributes", "MessageBody"].contains(&value.as_str()) =>
            {
                return refuse(
                    "FilterPolicyScope: Invalid value [\"value\"]. Please use either MessageBody or MessageAttributes"
                        .replace("value\"]", &format!("{value}\"]")),
                );
            }
            "RawMessageDelivery" if !is_truth(value) => {
                return refuse(format!(
                    "RawMessageDelivery: Invalid value [{value}]. Must be true or false."
                ));
            }
            "RawMessageDelivery" if value == "true" && !["sqs", "http"].contains(&protocol) => {
                return refuse(format!(
                    "RawMessageDelivery: {protocol} endpoints do not support it"
                ));
            }
            "RedrivePolicy" if dead_letter_queue(value).is_none() => {
                return refuse(
                    "RedrivePolicy: must be a JSON object with deadLetterTargetArn, a queue's ARN"
                        .to_owned(),
                );
            }
            "DeliveryPolicy" | "ReplayPolicy" if !is_object(value) => {
                return refuse(format!("{name}: failed to parse JSON."));
            }
            name if OF_SUBSCRIPTIONS.contains(&name) => {}
            _ => return refuse("AttributeName".to_owned()),
        }
    }
    Ok(())
}

/// The queue that a redrive policy names.
pub(crate) fn dead_letter_queue(redrive_policy: &str) -> Option<String> {
    let policy: Value = serde_json::from_str(redrive_policy).ok()?;
    let queue = policy.get("deadLetterTargetArn")?.as_str()?;
    queue.starts_with("arn:aws:sqs:").then(|| queue.to_owned())
}

fn is_object(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object())
}

fn is_truth(text: &str) -> bool {
    ["true", "false"].contains(&text)
}
