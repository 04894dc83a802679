//! Filter policies: which messages a subscription gets.

use crate::world::{TOPIC, World};
use serde_json::{Value, json};

async fn gets(world: &World, message: &Value) -> bool {
    let mut input = json!({"TopicArn": TOPIC, "Message": "m"});
    input.as_object_mut().unwrap().extend(message.as_object().unwrap().clone());
    world.ok("Publish", input).await;
    let before = world.taken().await.len();
    world.run_due().await;
    world.taken().await.len() > before
}

#[tokio::test]
async fn by_attributes() {
    let text = |value: &str| json!({"DataType": "String", "StringValue": value});
    let number = |value: &str| json!({"DataType": "Number", "StringValue": value});
    let array = |value: &str| json!({"DataType": "String.Array", "StringValue": value});
    for (policy, attributes, expected) in [
        (json!({"a": ["x", "y"]}), json!({"a": text("y")}), true),
        (json!({"a": ["x", "y"]}), json!({"a": text("z")}), false),
        (json!({"a": ["x"]}), json!({}), false),
        (json!({"a": ["x"], "b": ["y"]}), json!({"a": text("x")}), false),
        (json!({"a": ["x"], "b": ["y"]}), json!({"a": text("x"), "b": text("y")}), true),
        (json!({"a": [{"anything-but": ["x"]}]}), json!({"a": text("y")}), true),
        (json!({"a": [{"anything-but": ["x"]}]}), json!({"a": text("x")}), false),
        (json!({"a": [{"anything-but": ["x"]}]}), json!({}), false),
        (json!({"a": [{"prefix": "mod"}]}), json!({"a": text("model")}), true),
        (json!({"a": [{"exists": true}]}), json!({"a": text("")}), false),
        (json!({"a": [{"exists": true}]}), json!({"a": text("x")}), true),
        (json!({"a": [{"exists": false}]}), json!({"b": text("x")}), true),
        (json!({"a": [{"exists": false}]}), json!({"a": text("x")}), false),
        (json!({"n": [{"numeric": [">=", 0.9, "<", 1]}]}), json!({"n": number("0.95")}), true),
        (json!({"n": [{"numeric": [">=", 0.9]}]}), json!({"n": number("0.8")}), false),
        (json!({"n": [{"numeric": ["=", 5]}]}), json!({"n": text("5")}), false),
        (json!({"n": [5]}), json!({"n": number("5.0")}), true),
        (json!({"a": ["x"]}), json!({"a": array("[\"w\", \"x\"]")}), true),
        (json!({"a": ["x"]}), json!({"a": array("[\"w\"]")}), false),
        (json!({}), json!({}), true),
    ] {
        let has_empty = attributes.as_object().unwrap().values().any(|a| a["StringValue"] == "");
        let world = World::with(json!({"FilterPolicy": policy.to_string()})).await;
        let message = json!({"MessageAttributes": attributes});
        if has_empty {
            let input = json!({"TopicArn": TOPIC, "Message": "m", "MessageAttributes": attributes});
            world.refused("Publish", input).await;
            continue;
        }
        assert_eq!(gets(&world, &message).await, expected, "{policy} {message}");
    }
}

#[tokio::test]
async fn by_body() {
    for (policy, body, expected) in [
        (
            json!({"detail": {"status": ["Completed"]}}),
            r#"{"detail": {"status": "Completed"}}"#,
            true,
        ),
        (
            json!({"detail": {"status": ["Completed"]}}),
            r#"{"detail": {"status": "Failed"}}"#,
            false,
        ),
        (
            json!({"detail": {"status": ["Completed"]}}),
            r#"{"detail": [{"status": "Completed"}]}"#,
            true,
        ),
        (json!({"n": [{"numeric": ["<", 3]}]}), r#"{"n": 2}"#, true),
        (json!({"n": [null]}), r#"{"n": null}"#, true),
        (json!({"n": [{"exists": false}]}), "not json", false),
        (json!({"n": [{"exists": false}]}), "[]", false),
        (json!({"n": [{"exists": false}]}), "{}", true),
    ] {
        let attributes =
            json!({"FilterPolicyScope": "MessageBody", "FilterPolicy": policy.to_string()});
        let world = World::with(attributes).await;
        assert_eq!(gets(&world, &json!({"Message": body})).await, expected, "{policy} {body}");
    }
    let deep = format!("{}1{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    let world =
        World::with(json!({"FilterPolicyScope": "MessageBody", "FilterPolicy": r#"{"a": [1]}"#}))
            .await;
    assert!(!gets(&world, &json!({"Message": deep})).await);
}

#[tokio::test]
async fn policies_that_are_refused() {
    let world = World::with(json!({})).await;
    let subscription =
        world.ok("ListSubscriptions", json!({})).await["Subscriptions"][0]["SubscriptionArn"]
            .clone();
    for (attributes, expected) in [
        (json!({"FilterPolicy": "x"}), "failed to parse JSON"),
        (json!({"FilterPolicy": "[]"}), "failed to parse JSON"),
        (json!({"FilterPolicy": r#"{"a": "x"}"#}), "FilterPolicy"),
        (json!({"FilterPolicy": r#"{"a": [{"nonsense": 1}]}"#}), "FilterPolicy"),
        (json!({"FilterPolicy": r#"{"a": {"b": ["c"]}}"#}), "nested"),
        (json!({"FilterPolicyScope": "Everything"}), "FilterPolicyScope"),
        (json!({"RawMessageDelivery": "yes"}), "RawMessageDelivery"),
        (json!({"RedrivePolicy": "{}"}), "RedrivePolicy"),
        (json!({"RedrivePolicy": r#"{"deadLetterTargetArn": "arn:aws:sns:x"}"#}), "RedrivePolicy"),
        (json!({"Nonsense": "x"}), "AttributeName"),
    ] {
        let input = json!({"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": "arn:aws:sqs:us-east-1:123456789012:other", "Attributes": attributes});
        let (code, text) = world.refused("Subscribe", input).await;
        assert!(
            code == "InvalidParameterException" && text.contains(expected),
            "{attributes}: {text}"
        );
        let (name, value) = attributes.as_object().unwrap().iter().next().unwrap();
        let input = json!({"SubscriptionArn": subscription, "AttributeName": name, "AttributeValue": value});
        let (code, text) = world.refused("SetSubscriptionAttributes", input).await;
        assert!(
            code == "InvalidParameterException" && text.contains(expected),
            "{attributes}: {text}"
        );
    }
    for (name, value) in
        [("FilterPolicy", r#"{"a": ["b"]}"#), ("RawMessageDelivery", "true"), ("FilterPolicy", "")]
    {
        world.ok("SetSubscriptionAttributes", json!({"SubscriptionArn": subscription, "AttributeName": name, "AttributeValue": value})).await;
    }
    let shown =
        world.ok("GetSubscriptionAttributes", json!({"SubscriptionArn": subscription})).await;
    assert_eq!(
        (&shown["Attributes"]["RawMessageDelivery"], &shown["Attributes"]["FilterPolicy"]),
        (&json!("true"), &Value::Null)
    );
}
