//! Topics, subscriptions, publications: what is taken and what is refused.

use crate::world::{FIFO, QUEUE, TOPIC, World};
use serde_json::{Value, json};
use std::sync::Arc;

#[tokio::test]
async fn topics() {
    let world = World::new();
    let first = world.ok("CreateTopic", json!({"Name": "t", "Attributes": {"DisplayName": "d"}, "Tags": [{"Key": "a", "Value": "b"}]})).await;
    assert_eq!(first, json!({"TopicArn": TOPIC}));
    assert_eq!(
        world.ok("CreateTopic", json!({"Name": "t", "Attributes": {"DisplayName": "d"}})).await,
        first
    );
    for (input, expected) in [
        (
            json!({"Name": "t", "Attributes": {"DisplayName": "e"}}),
            "already exists with different attributes",
        ),
        (json!({"Name": "a b"}), "Topic Name"),
        (json!({"Name": "é"}), "Topic Name"),
        (json!({"Name": ""}), "Topic Name"),
        (json!({"Name": "x".repeat(257)}), "Topic Name"),
        (json!({"Name": "t.fifo"}), "Topic Name"),
        (json!({"Name": "u", "Attributes": {"FifoTopic": "true"}}), "Topic Name"),
        (json!({"Name": "u", "Attributes": {"Nonsense": "x"}}), "AttributeName"),
        (json!({"Name": "u", "Attributes": {"Policy": "{}}"}}), "Policy"),
        (
            json!({"Name": "u", "Attributes": {"ContentBasedDeduplication": "x"}}),
            "ContentBasedDeduplication",
        ),
    ] {
        let (code, text) = world.refused("CreateTopic", input).await;
        assert!(code == "InvalidParameterException" && text.contains(expected), "{text}");
    }
    let get = json!({"TopicArn": TOPIC});
    let shown = world.ok("GetTopicAttributes", get.clone()).await;
    assert_eq!(
        (&shown["Attributes"]["DisplayName"], &shown["Attributes"]["Owner"]),
        (&json!("d"), &json!("123456789012"))
    );
    world.ok("AddPermission", json!({"TopicArn": TOPIC, "Label": "l", "AWSAccountId": ["210987654321"], "ActionName": ["Publish"]})).await;
    let policy = |shown: Value| shown["Attributes"]["Policy"].as_str().unwrap().to_owned();
    assert!(policy(world.ok("GetTopicAttributes", get.clone()).await).contains("210987654321"));
    world.refused("AddPermission", json!({"TopicArn": TOPIC, "Label": "l", "AWSAccountId": ["210987654321"], "ActionName": ["Publish"]})).await;
    world.ok("RemovePermission", json!({"TopicArn": TOPIC, "Label": "l"})).await;
    assert!(!policy(world.ok("GetTopicAttributes", get.clone()).await).contains("210987654321"));
    for value in ["x", "[]", "{}", r#"{"Statement": 1}"#] {
        let input = json!({"TopicArn": TOPIC, "AttributeName": "Policy", "AttributeValue": value});
        world.refused("SetTopicAttributes", input).await;
    }
    world
        .ok("TagResource", json!({"ResourceArn": TOPIC, "Tags": [{"Key": "c", "Value": "d"}]}))
        .await;
    world.ok("UntagResource", json!({"ResourceArn": TOPIC, "TagKeys": ["a"]})).await;
    let tags = world.ok("ListTagsForResource", json!({"ResourceArn": TOPIC})).await;
    assert_eq!(tags, json!({"Tags": [{"Key": "c", "Value": "d"}]}));
    for arn in [
        "x",
        "arn:aws:sqs:us-east-1:123456789012:t",
        "arn:aws:sns:eu-west-1:123456789012:t",
        &format!("{TOPIC}:x"),
    ] {
        let (code, _) = world.refused("GetTopicAttributes", json!({"TopicArn": arn})).await;
        assert_eq!(code, "InvalidParameterException", "{arn}");
    }
    world.ok("DeleteTopic", get.clone()).await;
    world.ok("DeleteTopic", get.clone()).await;
    assert_eq!(world.refused("GetTopicAttributes", get).await.0, "NotFoundException");
}

#[tokio::test]
async fn subscriptions() {
    let world = World::with(json!({})).await;
    world.ok("CreateTopic", json!({"Name": "t.fifo", "Attributes": {"FifoTopic": "true"}})).await;
    let listed = world.ok("ListSubscriptionsByTopic", json!({"TopicArn": TOPIC})).await;
    let arn = listed["Subscriptions"][0]["SubscriptionArn"].clone();
    let same = json!({"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE});
    assert_eq!(world.ok("Subscribe", same).await["SubscriptionArn"], arn);
    for (topic, protocol, endpoint) in [
        (TOPIC, "sqs", "arn:aws:sqs:us-east-1:123456789012:q.fifo"),
        (TOPIC, "sqs", "q"),
        (TOPIC, "lambda", QUEUE),
        (TOPIC, "http", "ftp://x"),
        (TOPIC, "https", "https://x"),
        (TOPIC, "email", "nobody"),
        (TOPIC, "email", "a@b\nBcc: c@d"),
        (TOPIC, "sms", "+1"),
        (TOPIC, "pigeon", "x"),
        (FIFO, "email", "a@b"),
    ] {
        let input = json!({"TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint});
        assert_eq!(
            world.refused("Subscribe", input).await.0,
            "InvalidParameterException",
            "{protocol} {endpoint}"
        );
    }
    world.ok("Unsubscribe", json!({"SubscriptionArn": arn})).await;
    world.ok("Unsubscribe", json!({"SubscriptionArn": arn})).await;
    let (code, _) =
        world.refused("GetSubscriptionAttributes", json!({"SubscriptionArn": arn})).await;
    assert_eq!(code, "NotFoundException");
    world.refused("ConfirmSubscription", json!({"TopicArn": TOPIC, "Token": "t"})).await;
}

#[tokio::test]
async fn the_same_subscription_many_times_at_once_is_one() {
    let store = store::MemoryStore::new();
    store.delay_commits(std::time::Duration::from_millis(2));
    let world = Arc::new(World::over(store, 0));
    world.ok("CreateTopic", json!({"Name": "t"})).await;
    let calls = (0..10).map(|_| {
        let world = world.clone();
        tokio::spawn(async move { world.subscribe(TOPIC, "sqs", QUEUE, json!({})).await })
    });
    let arns = futures_util::future::join_all(calls).await;
    assert!(arns.iter().all(|arn| arn.as_ref().unwrap() == arns[0].as_ref().unwrap()));
    let publications = (0..60).map(|n| {
        let world = world.clone();
        tokio::spawn(async move { world.publish(&n.to_string()).await })
    });
    for published in futures_util::future::join_all(publications).await {
        published.unwrap();
    }
    world.run_due().await;
    assert_eq!(world.taken().await.len(), 60);
}

#[tokio::test]
async fn publications() {
    let world = World::with(json!({})).await;
    let text = |value: &str| json!({"DataType": "String", "StringValue": value});
    for (more, expected) in [
        (json!({"Message": ""}), "Empty message"),
        (json!({"Message": "x".repeat(262_145)}), "Message too long"),
        (
            json!({"Message": "x".repeat(262_140), "MessageAttributes": {"a": text("1234567890")}}),
            "Message too long",
        ),
        (json!({"Subject": ""}), "Subject"),
        (json!({"Subject": "x".repeat(101)}), "Subject"),
        (json!({"Subject": "a\rb"}), "Subject"),
        (json!({"MessageStructure": "json"}), "JSON message body failed to parse"),
        (json!({"MessageStructure": "json", "Message": "[]"}), "failed to parse"),
        (json!({"MessageStructure": "json", "Message": "{}"}), "No default entry"),
        (
            json!({"MessageAttributes": {"a": {"DataType": "Text", "StringValue": "x"}}}),
            "invalid message attribute type",
        ),
        (json!({"MessageAttributes": {"a": text("")}}), "must contain non-empty"),
        (
            json!({"MessageAttributes": {"a": {"DataType": "Binary", "StringValue": "x"}}}),
            "must contain non-empty",
        ),
        (
            json!({"MessageAttributes": {"a": {"DataType": "Number", "StringValue": "x"}}}),
            "Could not cast",
        ),
        (
            json!({"MessageAttributes": {"a": {"DataType": "Number", "StringValue": "inf"}}}),
            "Could not cast",
        ),
        (json!({"MessageAttributes": {"a b": text("x")}}), "not valid"),
    ] {
        let mut input = json!({"TopicArn": TOPIC, "Message": "m"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (code, said) = world.refused("Publish", input).await;
        assert!(code.starts_with("InvalidParameter") && said.contains(expected), "{code} {said}");
    }
    world.refused("Publish", json!({"Message": "m", "PhoneNumber": "+1"})).await;
    assert_eq!(world.count("work").await, 0);
    for _ in 0..120 {
        world.publish("m").await;
    }
    assert_eq!(world.count("sns/message").await, 100, "the last hundred are kept");
}

#[tokio::test]
async fn batches() {
    let world = World::with(json!({})).await;
    let entry = |id: &str, text: &str| json!({"Id": id, "Message": text});
    let batch =
        |entries: Vec<Value>| json!({"TopicArn": TOPIC, "PublishBatchRequestEntries": entries});
    for (entries, expected) in [
        (vec![], "EmptyBatchRequest"),
        ((0..11).map(|n| entry(&n.to_string(), "m")).collect(), "TooManyEntriesInBatchRequest"),
        (vec![entry("a", "m"), entry("a", "m")], "BatchEntryIdsNotDistinct"),
        (vec![entry("a b", "m")], "InvalidBatchEntryId"),
        (vec![entry("", "m")], "InvalidBatchEntryId"),
        (
            vec![entry("a", &"x".repeat(200_000)), entry("b", &"x".repeat(100_000))],
            "BatchRequestTooLong",
        ),
    ] {
        let (code, _) = world.refused("PublishBatch", batch(entries)).await;
        assert!(code.starts_with(expected), "{code} is not {expected}");
    }
    let wrong = json!({"Id": "c", "Message": "m", "MessageAttributes": {"a": {"DataType": "X", "StringValue": "x"}}});
    let answer =
        world.ok("PublishBatch", batch(vec![entry("a", "one"), entry("b", ""), wrong])).await;
    assert_eq!(answer["Successful"][0]["Id"], "a");
    assert_eq!(
        (&answer["Failed"][0]["Id"], &answer["Failed"][1]["Id"]),
        (&json!("b"), &json!("c"))
    );
    world.run_due().await;
    assert_eq!(world.texts().await, ["one"]);
}

#[tokio::test]
async fn pages() {
    let world = World::new();
    for number in 0..205 {
        world.ok("CreateTopic", json!({"Name": format!("t{number}")})).await;
    }
    let topic = "arn:aws:sns:us-east-1:123456789012:t0";
    for number in 0..150 {
        world.subscribe(topic, "email", &format!("{number}@example.com"), json!({})).await;
    }
    for (operation, input, list, total) in [
        ("ListTopics", json!({}), "Topics", 205),
        ("ListSubscriptions", json!({}), "Subscriptions", 150),
        ("ListSubscriptionsByTopic", json!({"TopicArn": topic}), "Subscriptions", 150),
    ] {
        let mut input = input;
        let mut found = 0;
        loop {
            let page = world.ok(operation, input.clone()).await;
            found += page[list].as_array().unwrap().len();
            let Some(token) = page.get("NextToken") else { break };
            input["NextToken"] = token.clone();
        }
        assert_eq!(found, total, "{operation}");
        input["NextToken"] = json!("nonsense");
        assert_eq!(world.refused(operation, input).await.0, "InvalidParameterException");
    }
}
