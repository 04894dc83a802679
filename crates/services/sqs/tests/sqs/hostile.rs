//! Inputs that nobody means well with: refused or taken, never a panic.

use crate::world::{World, url};
use base64::Engine as _;
use serde_json::{Value, json};

#[tokio::test(start_paused = true)]
async fn nothing_panics() {
    let world = World::new();
    world.ok("CreateQueue", json!({"QueueName": "q"})).await;
    world
        .ok("CreateQueue", json!({"QueueName": "q.fifo", "Attributes": {"FifoQueue": "true"}}))
        .await;
    let deep = (0..100).fold(json!("x"), |inner, _| json!({"a": inner}));
    let handle = |text: &str| json!(base64::engine::general_purpose::STANDARD.encode(text));
    let values = [
        json!(null),
        json!(0),
        json!(-1),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("ü"),
        json!("\u{0}"),
        json!("/"),
        json!("a/b/c"),
        json!("{}"),
        json!("[[[["),
        json!([]),
        json!({}),
        json!([null]),
        json!(["ü"]),
        json!({"a": null}),
        json!({"": ""}),
        json!("x".repeat(10_000)),
        json!("$"),
        json!("%2F/.."),
        handle(""),
        handle("\n"),
        handle("\n\n"),
        handle("x\ny\nz"),
        deep,
    ];
    let base = json!({"QueueUrl": url("q"), "QueueName": "n", "MessageBody": "b", "ReceiptHandle": "x", "VisibilityTimeout": 1, "Label": "l",
        "AWSAccountIds": ["123456789012"], "Actions": ["*"], "TagKeys": ["k"], "Tags": {"k": "v"}, "tags": {}, "Attributes": {"DelaySeconds": "1"},
        "Entries": [{"Id": "1", "MessageBody": "b"}], "AttributeNames": ["All"], "MessageAttributeNames": ["All"], "MaxNumberOfMessages": 1,
        "WaitTimeSeconds": 0, "DelaySeconds": 0, "MessageAttributes": {"a": {"DataType": "String", "StringValue": "x"}}, "MessageGroupId": "g",
        "MessageDeduplicationId": "d", "NextToken": null, "MaxResults": 1, "ReceiveRequestAttemptId": null, "MessageSystemAttributes": null,
        "MessageSystemAttributeNames": [], "QueueNamePrefix": "q", "QueueOwnerAWSAccountId": null});
    let names: Vec<String> = base.as_object().unwrap().keys().cloned().collect();
    for operation in sqs::model().operations() {
        for queue in ["q", "q.fifo"] {
            for name in &names {
                for value in &values {
                    let mut input = base.clone();
                    input["QueueUrl"] = url(queue).into();
                    if operation.name == "DeleteQueue" && name != "QueueUrl" {
                        continue;
                    }
                    input[name.as_str()] = value.clone();
                    let _any = world.call(&operation.name, input).await;
                }
            }
        }
    }
    for (name, value) in [
        ("a", "b"),
        ("RedrivePolicy", "{\"deadLetterTargetArn\":{},\"maxReceiveCount\":1e99}"),
        ("Policy", "{\"Statement\":[[]]}"),
        ("RedriveAllowPolicy", "{\"redrivePermission\":[]}"),
    ] {
        let input = json!({"QueueUrl": url("q"), "Attributes": {name: value}});
        assert!(world.call("SetQueueAttributes", input).await.is_err(), "{name}");
    }
    for attribute in [
        json!({"DataType": "Binary", "BinaryValue": "***"}),
        json!({"DataType": ".", "StringValue": "x"}),
        json!({"DataType": "Number", "StringValue": "٣"}),
        Value::Null,
    ] {
        let input = json!({"QueueUrl": url("q"), "MessageBody": "b", "MessageAttributes": {"a": attribute}});
        assert!(world.call("SendMessage", input).await.is_err());
    }
    // The queues still work; one has got a delay of a second above.
    world.ok("SendMessage", json!({"QueueUrl": url("q"), "MessageBody": "fine"})).await;
    crate::world::wait(1).await;
    assert!(world.bodies("q").await.contains(&"fine".to_owned()));
}
