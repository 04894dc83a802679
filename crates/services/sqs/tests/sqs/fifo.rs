//! FIFO queues: order within groups, groups that are blocked, messages that are sent twice.

use crate::world::Step::{self, Wait};
use crate::world::{World, arn, check, does, refuses, run, url};
use serde_json::{Value, json};

fn fifo() -> Value {
    json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"})
}

fn send(group: &str, body: &str) -> Step {
    does("SendMessage", json!({"MessageBody": body, "MessageGroupId": group}), json!({}))
}

fn receive(messages: usize, expected: &[(&str, &str)]) -> Step {
    let expected: Vec<Value> = expected
        .iter()
        .map(|(body, handle)| json!({"Body": body, "ReceiptHandle": format!("={handle}")}))
        .collect();
    let expected = if expected.is_empty() { Value::Null } else { expected.into() };
    does("ReceiveMessage", json!({"MaxNumberOfMessages": messages}), json!({"Messages": expected}))
}

fn delete(handle: &str) -> Step {
    does("DeleteMessage", json!({"ReceiptHandle": handle}), json!({}))
}

fn change(handle: &str, seconds: i64) -> Step {
    does(
        "ChangeMessageVisibility",
        json!({"ReceiptHandle": handle, "VisibilityTimeout": seconds}),
        json!({}),
    )
}

#[tokio::test(start_paused = true)]
async fn groups_are_in_order_and_blocked_while_in_flight() {
    check(
        fifo(),
        vec![
            send("a", "a1"),
            send("b", "b1"),
            send("a", "a2"),
            send("a", "a3"),
            send("b/../a", "c1"),
            receive(2, &[("a1", "a1"), ("a2", "a2")]),
            receive(10, &[("b1", "b1"), ("c1", "c1")]),
            receive(10, &[]),
            delete("$a1"),
            // One of the group is still out.
            receive(10, &[]),
            send("a", "a4"),
            receive(10, &[]),
            delete("$a2"),
            receive(10, &[("a3", "a3"), ("a4", "a4")]),
            Wait(30),
            receive(2, &[("a3", "a3"), ("a4", "a4")]),
            receive(10, &[("b1", "x"), ("c1", "x")]),
            // Given back: in order again, but not before the rest of the group is back.
            change("$a3", 0),
            receive(10, &[]),
            change("$a4", 0),
            receive(10, &[("a3", "x"), ("a4", "x")]),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_handle_ends_with_the_visibility_timeout() {
    let expired = "Value $one for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.";
    let unavailable = "Value $one for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.";
    check(
        fifo(),
        vec![
            send("g", "1"),
            receive(1, &[("1", "one")]),
            Wait(30),
            refuses(
                "DeleteMessage",
                json!({"ReceiptHandle": "$one"}),
                "InvalidParameterValue",
                expired,
            ),
            refuses(
                "ChangeMessageVisibility",
                json!({"ReceiptHandle": "$one", "VisibilityTimeout": 5}),
                "InvalidParameterValue",
                unavailable,
            ),
            receive(1, &[("1", "two")]),
            refuses(
                "DeleteMessage",
                json!({"ReceiptHandle": "$one"}),
                "InvalidParameterValue",
                expired,
            ),
            delete("$two"),
            delete("$two"),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn parameters_are_checked() {
    let dedup = "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
    let group = "The request must contain the parameter MessageGroupId.";
    let entry = |entry: Value| json!({"Entries": [entry]});
    check(json!({"FifoQueue": "true"}), vec![
        refuses("SendMessage", json!({"MessageBody": "b", "MessageGroupId": "g"}), "InvalidParameterValue", dedup),
        refuses("SendMessage", json!({"MessageBody": "b", "MessageDeduplicationId": "d"}), "MissingParameter", group),
        refuses("SendMessage", json!({"MessageBody": "b", "MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 2}), "InvalidParameterValue", "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type."),
        does("SendMessage", json!({"MessageBody": "b", "MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 0}), json!({})),
        refuses("SendMessage", json!({"MessageBody": "b", "MessageGroupId": "ü", "MessageDeduplicationId": "d"}), "InvalidParameterValue", "Value ü for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."),
        refuses("SendMessageBatch", entry(json!({"Id": "1", "MessageBody": "b", "MessageDeduplicationId": "d"})), "InvalidParameterValue", group),
        refuses("SendMessageBatch", entry(json!({"Id": "1", "MessageBody": "b", "MessageGroupId": "g"})), "InvalidParameterValue", dedup),
    ]).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_is_sent_once_in_five_minutes() {
    let send = |body: &str, group: &str, id: Value, answer: Value| {
        does(
            "SendMessage",
            json!({"MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": id}),
            answer,
        )
    };
    check(fifo(), vec![
        send("1", "g", json!("d"), json!({"MessageId": "=id", "SequenceNumber": "=number", "MD5OfMessageBody": "c4ca4238a0b923820dcc509a6f75849b"})),
        // The answer is the first one's, but for the digest.
        send("2", "h", json!("d"), json!({"MessageId": "$id", "SequenceNumber": "$number", "MD5OfMessageBody": "c81e728d9d4c2f636f067f89cc14862c"})),
        send("1", "g", Value::Null, json!({"SequenceNumber": "=other"})),
        send("1", "g", Value::Null, json!({"SequenceNumber": "$other"})),
        send("x", "g", json!("6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"), json!({"SequenceNumber": "$other"})),
        does("ReceiveMessage", json!({"MaxNumberOfMessages": 10, "AttributeNames": ["All"]}), json!({"Messages": [
            {"Body": "1", "ReceiptHandle": "=one", "Attributes": {"SequenceNumber": "$number", "MessageDeduplicationId": "d", "MessageGroupId": "g"}},
            {"Body": "1", "ReceiptHandle": "=two", "Attributes": {"SequenceNumber": "$other"}}]})),
        delete("$one"),
        delete("$two"),
        Wait(299),
        send("3", "g", json!("d"), json!({"MessageId": "$id"})),
        receive(10, &[]),
        Wait(1),
        send("4", "g", json!("d"), json!({})),
        receive(10, &[("4", "x")]),
    ]).await;
    check(json!({"FifoQueue": "true", "ContentBasedDeduplication": "true", "DeduplicationScope": "messageGroup"}), vec![
        send("1", "g", json!("d"), json!({"MessageId": "=id"})),
        send("1", "g", json!("d"), json!({"MessageId": "$id"})),
        send("2", "h", json!("d"), json!({})),
        receive(10, &[("1", "x"), ("2", "x")]),
    ]).await;
    // Also within one batch, and no longer after the queue was purged.
    let batch = json!({"Entries": [{"Id": "1", "MessageBody": "same", "MessageGroupId": "g"}, {"Id": "2", "MessageBody": "same", "MessageGroupId": "g"}]});
    check(fifo(), vec![
        does("SendMessageBatch", batch.clone(), json!({"Successful": [{"Id": "1", "MessageId": "=id"}, {"Id": "2", "MessageId": "$id"}], "Failed": []})),
        receive(10, &[("same", "x")]),
        does("PurgeQueue", json!({}), json!({})),
        does("SendMessageBatch", batch, json!({})),
        receive(10, &[("same", "x")]),
    ]).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_remembered_is_forgotten() {
    let world = World::new();
    world.ok("CreateQueue", json!({"QueueName": "q.fifo", "Attributes": fifo()})).await;
    for body in 0..20 {
        run(&world, "q.fifo", vec![send("g", &body.to_string())]).await;
    }
    assert_eq!(world.count("sqs/seen").await, 20);
    run(&world, "q.fifo", vec![Wait(300), send("g", "x"), send("g", "y")]).await;
    assert_eq!(world.count("sqs/seen").await, 2);
    assert_eq!(world.bodies("q.fifo").await.len(), 10, "one batch, then the group is blocked");
}

#[tokio::test(start_paused = true)]
async fn the_delay_is_the_queues_and_retroactive() {
    let delay = |seconds: &str| {
        does("SetQueueAttributes", json!({"Attributes": {"DelaySeconds": seconds}}), json!({}))
    };
    check(
        json!({"FifoQueue": "true", "ContentBasedDeduplication": "true", "DelaySeconds": "60"}),
        vec![
            send("a", "1"),
            send("b", "2"),
            receive(10, &[]),
            does(
                "GetQueueAttributes",
                json!({"AttributeNames": ["All"]}),
                json!({"Attributes": {"ApproximateNumberOfMessagesDelayed": "2"}}),
            ),
            delay("10"),
            Wait(10),
            receive(1, &[("1", "x")]),
            delay("20"),
            receive(10, &[]),
            does(
                "ReceiveMessage",
                json!({"WaitTimeSeconds": 10}),
                json!({"Messages": [{"Body": "2"}]}),
            ),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_receive_can_be_repeated() {
    let again = |expected: Value| {
        does(
            "ReceiveMessage",
            json!({"MaxNumberOfMessages": 2, "ReceiveRequestAttemptId": "try"}),
            json!({"Messages": expected}),
        )
    };
    check(fifo(), vec![
        again(Value::Null),
        send("g", "1"), send("g", "2"), send("h", "3"),
        again(json!([{"Body": "1", "ReceiptHandle": "=one"}, {"Body": "2", "ReceiptHandle": "=two"}])),
        Wait(20),
        again(json!([{"Body": "1", "ReceiptHandle": "$one"}, {"Body": "2", "ReceiptHandle": "$two"}])),
        // The timeout has begun anew.
        Wait(20),
        delete("$one"),
        // One is changed: it is another receive.
        again(json!([{"Body": "3", "ReceiptHandle": "=three"}])),
        Wait(30),
        again(json!([{"Body": "2", "ReceiptHandle": "=two"}, {"Body": "3"}])),
    ]).await;
}

#[tokio::test(start_paused = true)]
async fn a_group_goes_on_without_what_was_received_too_often() {
    let world = World::new();
    world.ok("CreateQueue", json!({"QueueName": "dead.fifo", "Attributes": fifo()})).await;
    let mut attributes = fifo();
    attributes["RedrivePolicy"] =
        json!({"deadLetterTargetArn": arn("dead.fifo"), "maxReceiveCount": 2}).to_string().into();
    world.ok("CreateQueue", json!({"QueueName": "q.fifo", "Attributes": attributes})).await;
    run(&world, "q.fifo", vec![
        send("g", "1"), send("g", "2"), send("g", "3"),
        receive(1, &[("1", "x")]), Wait(30),
        receive(2, &[("1", "x"), ("2", "x")]), Wait(30),
        does("ReceiveMessage", json!({"MaxNumberOfMessages": 10, "AttributeNames": ["All"]}), json!({"Messages": [
            {"Body": "2", "Attributes": {"ApproximateReceiveCount": "2"}}, {"Body": "3", "Attributes": {"ApproximateReceiveCount": "1"}}]})),
        does("ReceiveMessage", json!({"QueueUrl": url("dead.fifo"), "MaxNumberOfMessages": 10, "AttributeNames": ["All"]}), json!({"Messages": [
            {"Body": "1", "Attributes": {"ApproximateReceiveCount": "3", "MessageGroupId": "g", "DeadLetterQueueSourceArn": arn("q.fifo")}}]})),
        Wait(30),
        receive(10, &[("3", "x")]),
        does("ReceiveMessage", json!({"QueueUrl": url("dead.fifo"), "MaxNumberOfMessages": 10}), json!({"Messages": [{"Body": "1"}, {"Body": "2"}]})),
    ]).await;
    assert_eq!(world.count("sqs/group").await, 2);
    assert_eq!(world.count("sqs/content").await, 3);
}

#[tokio::test(start_paused = true)]
async fn many_senders_and_receivers_keep_the_order() {
    let world = World::new();
    world.ok("CreateQueue", json!({"QueueName": "q.fifo", "Attributes": fifo()})).await;
    let senders: Vec<_> = (0..100).map(|number| {
        let kit = world.kit.clone();
        tokio::spawn(async move {
            let input = json!({"QueueUrl": url("q.fifo"), "MessageBody": format!("{number}"), "MessageGroupId": format!("g{}", number % 3)});
            crate::world::call(&kit, "SendMessage", input).await.unwrap()["SequenceNumber"].as_str().unwrap().to_owned()
        })
    }).collect();
    for sender in senders {
        sender.await.unwrap();
    }
    let receivers: Vec<_> = (0..10).map(|_| {
        let kit = world.kit.clone();
        tokio::spawn(async move {
            let mut got = Vec::new();
            loop {
                let input = json!({"QueueUrl": url("q.fifo"), "MaxNumberOfMessages": 3, "AttributeNames": ["All"], "WaitTimeSeconds": 1});
                let output = crate::world::call(&kit, "ReceiveMessage", input).await.unwrap();
                let Some(messages) = output["Messages"].as_array() else { return got };
                for message in messages {
                    let attributes = &message["Attributes"];
                    got.push((attributes["MessageGroupId"].clone(), attributes["SequenceNumber"].clone()));
                    let input = json!({"QueueUrl": url("q.fifo"), "ReceiptHandle": message["ReceiptHandle"]});
                    crate::world::call(&kit, "DeleteMessage", input).await.unwrap();
                }
            }
        })
    }).collect();
    let mut all = 0;
    for receiver in receivers {
        let got = receiver.await.unwrap();
        all += got.len();
        for group in ["g0", "g1", "g2"] {
            let numbers: Vec<&str> = got
                .iter()
                .filter(|(own, _)| own == group)
                .map(|(_, number)| number.as_str().unwrap())
                .collect();
            assert!(numbers.is_sorted(), "{group}: {numbers:?}");
        }
    }
    assert_eq!(all, 100);
    assert_eq!(
        (
            world.count("sqs/group").await,
            world.count("sqs/message").await,
            world.count("sqs/content").await
        ),
        (0, 0, 0)
    );
}
