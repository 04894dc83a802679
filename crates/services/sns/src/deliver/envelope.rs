//! The JSON that subscribers get.
// AWS: sns-message-and-json-formats. The signature members are empty: refit has no certificate to sign with.

use super::Delivery;
use serde_json::{Map, Value, json};

/// The notification for queues and web endpoints.
pub(super) fn notification(delivery: &Delivery) -> Value {
    let message = &delivery.message;
    let mut body = json!({
        "Type": "Notification",
        "MessageId": message.id,
        "TopicArn": message.topic_arn,
    });
    if let Some(number) = &message.sequence_number {
        body["SequenceNumber"] = json!(number);
    }
    if let Some(subject) = &message.subject {
        body["Subject"] = json!(subject);
    }
    body["Message"] = json!(delivery.text());
    body["Timestamp"] = json!(timestamp(message.published_ms));
    body["SignatureVersion"] = json!("1");
    body["Signature"] = json!("");
    body["SigningCertURL"] = json!("");
    body["UnsubscribeURL"] = json!("");
    if !message.attributes.is_empty() {
        body["MessageAttributes"] = attributes(delivery);
    }
    body
}

/// The event for functions.
pub(super) fn function_event(delivery: &Delivery) -> Value {
    let message = &delivery.message;
    json!({"Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": delivery.subscription.arn,
        "Sns": {
            "Type": "Notification",
            "MessageId": message.id,
            "TopicArn": message.topic_arn,
            "Subject": message.subject,
            "Message": delivery.text(),
            "Timestamp": timestamp(message.published_ms),
            "SignatureVersion": "1",
            "Signature": "",
            "SigningCertUrl": "",
            "UnsubscribeUrl": "",
            "MessageAttributes": attributes(delivery),
        },
    }]})
}

fn attributes(delivery: &Delivery) -> Value {
    let attributes: Map<String, Value> = delivery
        .message
        .attributes
        .iter()
        .map(|(name, attribute)| {
            let value = attribute.string_value.as_ref().or(attribute.binary_value.as_ref());
            (name.clone(), json!({"Type": attribute.data_type, "Value": value}))
        })
        .collect();
    Value::Object(attributes)
}

/// `2026-01-31T12:00:00.000Z`.
pub(super) fn timestamp(ms: i64) -> String {
    let instant = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    instant.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
