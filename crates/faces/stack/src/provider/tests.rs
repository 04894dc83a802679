//! What was read beside what was given, as data.

use super::reconcile::{beside, is_unset};
use crate::types::find;
use crate::value::{Object, Value};
use serde_json::{Value as Json, json};

/// Values as the state has them: a secret is `{"secret": …}` here.
fn value(json: &Json) -> Value {
    match json {
        Json::Object(fields) if fields.len() == 1 && fields.contains_key("secret") => {
            Value::secret(value(&fields["secret"]))
        }
        Json::Object(fields) => Value::Object(object(&Json::Object(fields.clone()))),
        Json::Array(items) => Value::Array(items.iter().map(value).collect()),
        other => Value::from_json(other.clone()),
    }
}

fn object(json: &Json) -> Object {
    let fields = json.as_object().expect("an object");
    fields.iter().map(|(name, field)| (name.clone(), value(field))).collect()
}

/// A type, what was given, what was read, and what that is beside it.
const CASES: &[(&str, &str, &str, &str)] = &[
    // What AWS fills in is nobody's change; what differs is.
    (
        "aws:scheduler:Schedule",
        r#"{ "target": { "arn": "a", "roleArn": "r", "retryPolicy": { "maximumRetryAttempts": 2 } } }"#,
        r#"{ "target": { "arn": "a", "roleArn": "r", "retryPolicy": { "maximumEventAgeInSeconds": 86400, "maximumRetryAttempts": 2 } } }"#,
        r#"{ "target": { "arn": "a", "roleArn": "r", "retryPolicy": { "maximumRetryAttempts": 2 } } }"#,
    ),
    (
        "aws:scheduler:Schedule",
        r#"{ "target": { "arn": "a", "retryPolicy": { "maximumRetryAttempts": 2 } } }"#,
        r#"{ "target": { "arn": "a", "retryPolicy": { "maximumEventAgeInSeconds": 60, "maximumRetryAttempts": 2 } } }"#,
        r#"{ "target": { "arn": "a", "retryPolicy": { "maximumRetryAttempts": 2, "maximumEventAgeInSeconds": 60 } } }"#,
    ),
    // Zero is a change where something else is usual.
    (
        "aws:scheduler:Schedule",
        "{}",
        r#"{ "target": { "retryPolicy": { "maximumRetryAttempts": 0 } } }"#,
        r#"{ "target": { "retryPolicy": { "maximumRetryAttempts": 0 } } }"#,
    ),
    (
        "aws:lambda:Function",
        "{}",
        r#"{ "snapStart": { "applyOn": "None" }, "vpcConfig": { "subnetIds": [], "securityGroupIds": [] } }"#,
        r#"{ "snapStart": null, "vpcConfig": null }"#,
    ),
    (
        "aws:lambda:Function",
        r#"{ "environment": { "variables": {} } }"#,
        r#"{ "environment": null }"#,
        r#"{ "environment": { "variables": {} } }"#,
    ),
    (
        "aws:lambda:Function",
        r#"{ "environment": { "variables": { "A": "b" } } }"#,
        r#"{ "environment": null }"#,
        r#"{ "environment": null }"#,
    ),
    // What went in secret stays so.
    (
        "aws:lambda:Function",
        r#"{ "environment": { "variables": { "A": { "secret": "x" }, "B": "c" } } }"#,
        r#"{ "environment": { "variables": { "A": "y", "B": "d", "C": "e" } } }"#,
        r#"{ "environment": { "variables": { "A": { "secret": "y" }, "B": "d", "C": "e" } } }"#,
    ),
    (
        "aws:lambda:Function",
        r#"{ "environment": { "secret": { "variables": { "A": "x" } } } }"#,
        r#"{ "environment": { "variables": { "A": "y" } } }"#,
        r#"{ "environment": { "secret": { "variables": { "A": "y" } } } }"#,
    ),
    // Documents, times and numbers that say the same stay as they were written.
    (
        "aws:scheduler:Schedule",
        r#"{ "endDate": "2099-01-31T14:00:00+02:00" }"#,
        r#"{ "endDate": "2099-01-31T12:00:00Z" }"#,
        r#"{ "endDate": "2099-01-31T14:00:00+02:00" }"#,
    ),
    (
        "aws:sns:TopicSubscription",
        r#"{ "filterPolicy": "{ \"a\": [1] }" }"#,
        r#"{ "filterPolicy": "{\"a\":[1]}" }"#,
        r#"{ "filterPolicy": "{ \"a\": [1] }" }"#,
    ),
    (
        "aws:cloudwatch:MetricAlarm",
        r#"{ "threshold": 1 }"#,
        r#"{ "threshold": 1.0 }"#,
        r#"{ "threshold": 1 }"#,
    ),
    // Sets have no order; of some only what was given counts.
    (
        "aws:iam:Role",
        r#"{ "managedPolicyArns": ["b", "a"] }"#,
        r#"{ "managedPolicyArns": ["a", "b"] }"#,
        r#"{ "managedPolicyArns": ["b", "a"] }"#,
    ),
    (
        "aws:iam:UserGroupMembership",
        r#"{ "groups": ["a", "b"] }"#,
        r#"{ "groups": ["b", "c"] }"#,
        r#"{ "groups": ["b"] }"#,
    ),
    // One word for a thing is enough.
    (
        "aws:cloudwatch:EventRule",
        r#"{ "isEnabled": true }"#,
        r#"{ "isEnabled": false, "state": "DISABLED" }"#,
        r#"{ "isEnabled": false }"#,
    ),
    // Tags: the provider's and the resource's own.
    (
        "aws:sns:Topic",
        r#"{ "tags": { "a": "b" }, "tagsAll": { "a": "b", "team": "ml" } }"#,
        r#"{ "tags": { "a": "c", "team": "ml" } }"#,
        r#"{ "tags": { "a": "c" }, "tagsAll": { "a": "c", "team": "ml" } }"#,
    ),
    (
        "aws:sns:Topic",
        r#"{ "tagsAll": { "team": "ml" } }"#,
        r#"{ "tags": { "team": "ml", "new": "x" } }"#,
        r#"{ "tags": { "new": "x" }, "tagsAll": { "team": "ml", "new": "x" } }"#,
    ),
    (
        "aws:sns:Topic",
        r#"{ "tagsAll": { "team": "ml" } }"#,
        r#"{ "tags": { "team": "ml" } }"#,
        r#"{ "tags": null, "tagsAll": { "team": "ml" } }"#,
    ),
];

#[test]
fn what_was_read_beside_what_was_given() {
    let parsed = |text: &str| object(&serde_json::from_str(text).expect(text));
    for (token, given, read, wanted) in CASES {
        let kind = find(token).expect("a type of the table");
        let found = beside(&kind, &parsed(given), parsed(read));
        assert_eq!(found, parsed(wanted), "{token}: {given} and {read}");
        // Reading it once more changes nothing.
        let mut known = found.clone();
        known.retain(|_, value| !matches!(value, Value::Null));
        let mut again = beside(&kind, &known, parsed(read));
        again.retain(|_, value| !matches!(value, Value::Null));
        assert_eq!(again, known, "{token}: {given} and {read}");
    }
}

#[test]
fn what_says_nothing() {
    let kind = find("aws:cloudwatch:MetricAlarm").expect("a type of the table");
    for (name, value, is) in [
        ("actionsEnabled", json!(true), true),
        ("actionsEnabled", json!(false), false),
        ("threshold", json!(0), true),
        ("alarmActions", json!([]), true),
        ("dimensions", json!({}), true),
        ("dimensions", json!({ "a": "" }), false),
        ("unit", json!(""), true),
    ] {
        let property = kind.properties.get(name);
        assert_eq!(is_unset(property, &Value::from_json(value.clone())), is, "{name}: {value}");
    }
}
