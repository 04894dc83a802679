//! Filter policies: which messages a subscription wants.

use crate::records::{Attribute, Message, Subscription};
use pattern::Pattern;
use serde_json::{Map, Value};

/// Whether the subscription wants the message. A policy that cannot be read admits nothing: it was refused when it was set.
pub(crate) fn admits(subscription: &Subscription, message: &Message) -> bool {
    let Some(policy) = subscription.attributes.get("FilterPolicy") else { return true };
    if is_empty(policy) {
        return true;
    }
    let Ok(pattern) = Pattern::parse(policy) else { return false };
    let scope = subscription.attributes.get("FilterPolicyScope").map(String::as_str);
    if scope == Some("MessageBody") {
        return serde_json::from_str::<Value>(&message.text)
            .is_ok_and(|body| body.is_object() && pattern.matches(&body));
    }
    let attributes: Map<String, Value> =
        message.attributes.iter().map(|(name, value)| (name.clone(), value_of(value))).collect();
    pattern.matches(&Value::Object(attributes))
}

/// An attribute as a policy sees it.
fn value_of(attribute: &Attribute) -> Value {
    let text = attribute.string_value.clone().unwrap_or_default();
    let parsed = || serde_json::from_str::<Value>(&text).ok();
    match attribute.data_type.split('.').next() {
        Some("Number") => parsed().filter(Value::is_number).unwrap_or(Value::String(text)),
        _ if attribute.data_type == "String.Array" => {
            parsed().filter(Value::is_array).unwrap_or(Value::String(text))
        }
        _ => Value::String(text),
    }
}

/// A policy without conditions, which SNS takes for none.
fn is_empty(policy: &str) -> bool {
    serde_json::from_str::<Map<String, Value>>(policy).is_ok_and(|members| members.is_empty())
}

/// What is wrong with a filter policy.
pub(crate) fn problem(policy: &str, scope: &str) -> Option<String> {
    let Ok(Value::Object(members)) = serde_json::from_str::<Value>(policy) else {
        return Some("FilterPolicy: failed to parse JSON.".to_owned());
    };
    if members.is_empty() {
        return None;
    }
    // AWS: attributes have no members of their own.
    if scope != "MessageBody" && members.values().any(Value::is_object) {
        return Some(
            "Filter policy scope MessageAttributes does not support nested filter policy"
                .to_owned(),
        );
    }
    Pattern::parse(policy).err().map(|error| format!("FilterPolicy: {error}"))
}
