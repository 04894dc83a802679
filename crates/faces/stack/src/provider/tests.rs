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
fn cases() -> Vec<(&'static str, Json, Json, Json)> {
    let function = "aws:lambda:Function";
    let target =
        |retry: Json| json!({ "target": { "arn": "a", "roleArn": "r", "retryPolicy": retry } });
    vec![
        // What AWS fills in is nobody's change; what differs is.
        (
            "aws:scheduler:Schedule",
            target(json!({ "maximumRetryAttempts": 2 })),
            target(json!({ "maximumEventAgeInSeconds": 86400, "maximumRetryAttempts": 2 })),
            target(json!({ "maximumRetryAttempts": 2 })),
        ),
        (
            "aws:scheduler:Schedule",
            target(json!({ "maximumRetryAttempts": 2 })),
            target(json!({ "maximumEventAgeInSeconds": 60, "maximumRetryAttempts": 2 })),
            target(json!({ "maximumRetryAttempts": 2, "maximumEventAgeInSeconds": 60 })),
        ),
        // Zero is a change where something else is usual.
        (
            "aws:scheduler:Schedule",
            json!({}),
            target(json!({ "maximumRetryAttempts": 0 })),
            target(json!({ "maximumRetryAttempts": 0 })),
        ),
        (
            function,
            json!({}),
            json!({ "snapStart": { "applyOn": "None" }, "vpcConfig": { "subnetIds": [], "securityGroupIds": [] } }),
            json!({ "snapStart": null, "vpcConfig": null }),
        ),
        (
            function,
            json!({ "environment": { "variables": {} } }),
            json!({ "environment": null }),
            json!({ "environment": { "variables": {} } }),
        ),
        (
            function,
            json!({ "environment": { "variables": { "A": "b" } } }),
            json!({ "environment": null }),
            json!({ "environment": null }),
        ),
        // What went in secret stays so.
        (
            function,
            json!({ "environment": { "variables": { "A": { "secret": "x" }, "B": "c" } } }),
            json!({ "environment": { "variables": { "A": "y", "B": "d", "C": "e" } } }),
            json!({ "environment": { "variables": { "A": { "secret": "y" }, "B": "d", "C": "e" } } }),
        ),
        (
            function,
            json!({ "environment": { "secret": { "variables": { "A": "x" } } } }),
            json!({ "environment": { "variables": { "A": "y" } } }),
            json!({ "environment": { "secret": { "variables": { "A": "y" } } } }),
        ),
        // Documents and times that say the same stay as they were written.
        (
            "aws:scheduler:Schedule",
            json!({ "endDate": "2099-01-31T14:00:00+02:00" }),
            json!({ "endDate": "2099-01-31T12:00:00Z" }),
            json!({ "endDate": "2099-01-31T14:00:00+02:00" }),
        ),
        (
            "aws:sns:TopicSubscription",
            json!({ "filterPolicy": "{ \"a\": [1] }" }),
            json!({ "filterPolicy": "{\"a\":[1]}" }),
            json!({ "filterPolicy": "{ \"a\": [1] }" }),
        ),
        (
            "aws:cloudwatch:MetricAlarm",
            json!({ "threshold": 1 }),
            json!({ "threshold": 1.0 }),
            json!({ "threshold": 1 }),
        ),
        // Sets have no order; of some only what was given counts.
        (
            "aws:iam:Role",
            json!({ "managedPolicyArns": ["b", "a"] }),
            json!({ "managedPolicyArns": ["a", "b"] }),
            json!({ "managedPolicyArns": ["b", "a"] }),
        ),
        (
            "aws:iam:UserGroupMembership",
            json!({ "groups": ["a", "b"] }),
            json!({ "groups": ["b", "c"] }),
            json!({ "groups": ["b"] }),
        ),
        // One word for a thing is enough.
        (
            "aws:cloudwatch:EventRule",
            json!({ "isEnabled": true }),
            json!({ "isEnabled": false, "state": "DISABLED" }),
            json!({ "isEnabled": false }),
        ),
        // Tags: the provider's and the resource's own.
        (
            "aws:sns:Topic",
            json!({ "tags": { "a": "b" }, "tagsAll": { "a": "b", "team": "ml" } }),
            json!({ "tags": { "a": "c", "team": "ml" } }),
            json!({ "tags": { "a": "c" }, "tagsAll": { "a": "c", "team": "ml" } }),
        ),
        (
            "aws:sns:Topic",
            json!({ "tagsAll": { "team": "ml" } }),
            json!({ "tags": { "team": "ml", "new": "x" } }),
            json!({ "tags": { "new": "x" }, "tagsAll": { "team": "ml", "new": "x" } }),
        ),
        (
            "aws:sns:Topic",
            json!({ "tagsAll": { "team": "ml" } }),
            json!({ "tags": { "team": "ml" } }),
            json!({ "tags": null, "tagsAll": { "team": "ml" } }),
        ),
    ]
}

#[test]
fn what_was_read_beside_what_was_given() {
    for (token, given, read, wanted) in cases() {
        let kind = find(token).expect("a type of the table");
        let found = beside(&kind, &object(&given), object(&read));
        assert_eq!(found, object(&wanted), "{token}: {given} and {read}");
        // Reading it once more changes nothing.
        let mut known = found.clone();
        known.retain(|_, value| !matches!(value, Value::Null));
        let mut again = beside(&kind, &known, object(&read));
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
