//! Dead-letter queues of standard queues.

use crate::world::Step::Wait;
use crate::world::{World, arn, does, refuses, run, url};
use serde_json::{Value, json};

async fn world(max_receive_count: Value) -> World {
    let world = World::new();
    world.ok("CreateQueue", json!({"QueueName": "dead"})).await;
    let policy = json!({"deadLetterTargetArn": arn("dead"), "maxReceiveCount": max_receive_count})
        .to_string();
    world.ok("CreateQueue", json!({"QueueName": "q", "Attributes": {"RedrivePolicy": policy, "VisibilityTimeout": "1"}})).await;
    world
}

#[tokio::test(start_paused = true)]
async fn a_message_received_too_often_moves() {
    let attributes = json!({"a": {"DataType": "String", "StringValue": "v"}});
    for count in [json!(2), json!("2")] {
        run(&world(count).await, "q", vec![
            does("SendMessage", json!({"MessageBody": "bad", "MessageAttributes": attributes}), json!({"MessageId": "=id"})),
            does("ReceiveMessage", json!({}), json!({"Messages": [{"Body": "bad"}]})), Wait(1),
            does("ReceiveMessage", json!({"AttributeNames": ["All"]}), json!({"Messages": [{"Attributes": {"DeadLetterQueueSourceArn": null}}]})), Wait(1),
            does("ReceiveMessage", json!({"QueueUrl": url("dead")}), json!({"Messages": null})),
            does("SendMessage", json!({"MessageBody": "good"}), json!({})),
            does("ReceiveMessage", json!({}), json!({"Messages": [{"Body": "good"}]})),
            does("ReceiveMessage", json!({"QueueUrl": url("dead"), "AttributeNames": ["All"], "MessageAttributeNames": ["All"]}), json!({"Messages": [{
                "MessageId": "$id", "Body": "bad", "MessageAttributes": attributes, "ReceiptHandle": "=handle",
                "Attributes": {"ApproximateReceiveCount": "3", "DeadLetterQueueSourceArn": arn("q")}}]})),
            refuses("DeleteMessage", json!({"ReceiptHandle": "$handle"}), "ReceiptHandleIsInvalid", "The input receipt handle \"$handle\" is not valid."),
            does("DeleteMessage", json!({"QueueUrl": url("dead"), "ReceiptHandle": "$handle"}), json!({})),
        ]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_dead_letters_gets_them() {
    let world = world(json!(1)).await;
    run(
        &world,
        "q",
        vec![
            does("SendMessage", json!({"MessageBody": "bad"}), json!({})),
            does("ReceiveMessage", json!({}), json!({})),
        ],
    )
    .await;
    let kit = world.kit.clone();
    let waiting = tokio::spawn(async move {
        crate::world::call(
            &kit,
            "ReceiveMessage",
            json!({"QueueUrl": url("dead"), "WaitTimeSeconds": 20}),
        )
        .await
    });
    run(
        &world,
        "q",
        vec![Wait(3), does("ReceiveMessage", json!({}), json!({"Messages": null})), Wait(1)],
    )
    .await;
    assert!(waiting.is_finished());
    assert_eq!(waiting.await.unwrap().unwrap()["Messages"][0]["Body"], "bad");
}

#[tokio::test(start_paused = true)]
async fn without_its_dead_letter_queue_a_queue_keeps_messages() {
    run(
        &world(json!(1)).await,
        "q",
        vec![
            does("SendMessage", json!({"MessageBody": "bad"}), json!({})),
            does("ReceiveMessage", json!({}), json!({"Messages": [{"Body": "bad"}]})),
            Wait(1),
            does("DeleteQueue", json!({"QueueUrl": url("dead")}), json!({})),
            does("ReceiveMessage", json!({}), json!({"Messages": [{"Body": "bad"}]})),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn sources_are_listed_and_can_be_kept_out() {
    let world = world(json!(1)).await;
    let own =
        r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:q","maxReceiveCount":1}"#;
    let policy = json!({"deadLetterTargetArn": arn("dead"), "maxReceiveCount": 7}).to_string();
    let refused = format!(
        "Value {policy} for parameter RedrivePolicy is invalid. Reason: Dead-letter queue does not allow this queue as a source queue."
    );
    let make = |name: &str| json!({"QueueName": name, "Attributes": {"RedrivePolicy": policy}});
    let allow = |policy: Value| json!({"QueueUrl": url("dead"), "Attributes": {"RedriveAllowPolicy": policy.to_string()}});
    run(&world, "q", vec![
        does("ListDeadLetterSourceQueues", json!({"QueueUrl": url("dead")}), json!({"queueUrls": [url("q")], "NextToken": null})),
        does("ListDeadLetterSourceQueues", json!({}), json!({"queueUrls": []})),
        does("CreateQueue", make("p"), json!({})),
        does("ListDeadLetterSourceQueues", json!({"QueueUrl": url("dead"), "MaxResults": 1}), json!({"queueUrls": [url("q")], "NextToken": "=token"})),
        does("ListDeadLetterSourceQueues", json!({"QueueUrl": url("dead"), "MaxResults": 1, "NextToken": "$token"}), json!({"queueUrls": [url("p")], "NextToken": null})),
        does("SetQueueAttributes", json!({"Attributes": {"RedrivePolicy": ""}}), json!({})),
        does("ListDeadLetterSourceQueues", json!({"QueueUrl": url("dead")}), json!({"queueUrls": [url("p")]})),
        does("SetQueueAttributes", allow(json!({"redrivePermission": "byQueue", "sourceQueueArns": [arn("r")]})), json!({})),
        refuses("CreateQueue", make("s"), "InvalidParameterValue", &refused),
        does("CreateQueue", make("r"), json!({})),
        does("SetQueueAttributes", allow(json!({"redrivePermission": "denyAll"})), json!({})),
        refuses("CreateQueue", make("t"), "InvalidParameterValue", &refused),
        refuses("SetQueueAttributes", json!({"Attributes": {"RedrivePolicy": own}}), "InvalidParameterValue", &format!("Value {own} for parameter RedrivePolicy is invalid. Reason: Dead-letter queue must not be the source queue itself.")),
    ]).await;
}
