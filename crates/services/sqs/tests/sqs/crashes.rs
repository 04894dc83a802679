//! Crashes at every commit, failed disks, and receivers that go away.

use crate::world::{World, texts, url};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use store::memory::Crash;

/// Sends ten messages, receives and deletes them, moves one to the dead-letter queue; answers what was sent for certain
/// and what was deleted for certain. Ends early when the store does not answer any more.
async fn scenario(
    world: &World,
    queue: &str,
    sent: &mut BTreeSet<String>,
    deleted: &mut BTreeSet<String>,
) -> Option<()> {
    let call = |operation: &'static str, input: Value| {
        let answer = world.call(operation, input);
        async {
            tokio::time::timeout(Duration::from_secs(5), answer)
                .await
                .ok()
                .map(|answer| answer.expect("is not refused"))
        }
    };
    for number in 0..10 {
        let body = format!("m{number}");
        let mut input = json!({"QueueUrl": url(queue), "MessageBody": body});
        if queue.ends_with(".fifo") {
            input["MessageGroupId"] = format!("g{}", number % 2).into();
        }
        call("SendMessage", input).await?;
        sent.insert(body);
    }
    for _ in 0..3 {
        let output =
            call("ReceiveMessage", json!({"QueueUrl": url(queue), "MaxNumberOfMessages": 3}))
                .await?;
        for message in output["Messages"].as_array().into_iter().flatten() {
            let input = json!({"QueueUrl": url(queue), "ReceiptHandle": message["ReceiptHandle"]});
            call("DeleteMessage", input).await?;
            deleted.insert(message["Body"].as_str().unwrap().to_owned());
        }
    }
    Some(())
}

async fn world(queue: &str) -> World {
    let world = World::new();
    let attributes = if queue.ends_with(".fifo") {
        json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"})
    } else {
        json!({})
    };
    world.ok("CreateQueue", json!({"QueueName": queue, "Attributes": attributes})).await;
    world
}

#[tokio::test(start_paused = true)]
async fn what_was_answered_survives_a_crash_at_any_commit() {
    for queue in ["q", "q.fifo"] {
        for crash in [Crash::BeforeWriting, Crash::AfterWriting] {
            let mut number = 1;
            loop {
                let world = world(queue).await;
                world.store.crash_at_commit(number, crash);
                let (mut sent, mut deleted) = (BTreeSet::new(), BTreeSet::new());
                let ended = scenario(&world, queue, &mut sent, &mut deleted).await;
                if ended.is_some() {
                    assert_eq!((sent.len(), deleted.len()), (10, 9), "{queue}");
                    break;
                }
                let restarted = world.restarted();
                let mut found = BTreeSet::new();
                // FIFO groups come free one receive after the other.
                for _ in 0..20 {
                    tokio::time::sleep(Duration::from_secs(31)).await;
                    let input = json!({"QueueUrl": url(queue), "MaxNumberOfMessages": 10});
                    let output = restarted.ok("ReceiveMessage", input).await;
                    found.extend(texts(&output));
                    for message in output["Messages"].as_array().into_iter().flatten() {
                        restarted.ok("DeleteMessage", json!({"QueueUrl": url(queue), "ReceiptHandle": message["ReceiptHandle"]})).await;
                    }
                }
                let place = format!("{queue}, {crash:?} at commit {number}");
                let lost: Vec<_> = sent
                    .iter()
                    .filter(|body| !deleted.contains(*body) && !found.contains(*body))
                    .collect();
                // The delete under way when it crashed may or may not have happened.
                assert!(
                    lost.len() <= usize::from(crash == Crash::AfterWriting && sent.len() == 10),
                    "{place}: lost {lost:?}"
                );
                let risen: Vec<_> = deleted.intersection(&found).collect();
                assert!(risen.is_empty(), "{place}: deleted and received again {risen:?}");
                assert_eq!(
                    restarted.count("sqs/message").await,
                    restarted.count("sqs/content").await,
                    "{place}"
                );
                assert_eq!(restarted.count("sqs/group").await, 0, "{place}");
                number += 1;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_receive_that_cannot_be_written_gives_the_messages_back() {
    let world = world("q").await;
    world.ok("SendMessage", json!({"QueueUrl": url("q"), "MessageBody": "1"})).await;
    let full = store::Error::Full { path: "/data".into() };
    world.store.fail_commit(1, full);
    let error = world.call("ReceiveMessage", json!({"QueueUrl": url("q")})).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("InternalFailure", 500));
    assert_eq!(world.bodies("q").await, ["1"]);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_goes_away_leaves_the_messages() {
    let world = world("q").await;
    let input = json!({"QueueUrl": url("q"), "WaitTimeSeconds": 20});
    let waiting =
        tokio::time::timeout(Duration::from_secs(1), world.call("ReceiveMessage", input)).await;
    assert!(waiting.is_err());
    world.ok("SendMessage", json!({"QueueUrl": url("q"), "MessageBody": "1"})).await;
    assert_eq!(world.bodies("q").await, ["1"]);
}

#[tokio::test(start_paused = true)]
async fn many_receivers_share_a_queue() {
    let world = world("q").await;
    world.store.delay_commits(Duration::from_millis(1));
    for number in 0..200 {
        world
            .ok("SendMessage", json!({"QueueUrl": url("q"), "MessageBody": format!("{number}")}))
            .await;
    }
    let receivers: Vec<_> = (0..30).map(|_| {
        let kit = world.kit.clone();
        tokio::spawn(async move {
            let mut bodies = Vec::new();
            loop {
                let input = json!({"QueueUrl": url("q"), "MaxNumberOfMessages": 3, "WaitTimeSeconds": 1});
                let page = texts(&crate::world::call(&kit, "ReceiveMessage", input).await.unwrap());
                if page.is_empty() {
                    return bodies;
                }
                bodies.extend(page);
            }
        })
    }).collect();
    let mut bodies = Vec::new();
    for receiver in receivers {
        bodies.extend(receiver.await.unwrap());
    }
    assert_eq!(bodies.len(), 200);
    assert_eq!(bodies.into_iter().collect::<BTreeSet<_>>().len(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_restart_changes_nothing() {
    for queue in ["q", "q.fifo"] {
        let world = world(queue).await;
        let mut input = json!({"QueueUrl": url(queue), "MessageBody": "1"});
        if queue == "q.fifo" {
            input["MessageGroupId"] = "g".into();
        }
        world.ok("SendMessage", input.clone()).await;
        let output = world.ok("ReceiveMessage", json!({"QueueUrl": url(queue)})).await;
        let restarted = world.restarted();
        assert!(restarted.bodies(queue).await.is_empty(), "{queue}");
        if queue == "q.fifo" {
            restarted.ok("SendMessage", input).await;
            assert_eq!(restarted.count("sqs/message").await, 1, "what was sent is still known");
        }
        restarted.ok("DeleteMessage", json!({"QueueUrl": url(queue), "ReceiptHandle": output["Messages"][0]["ReceiptHandle"]})).await;
        assert_eq!(restarted.count("sqs/message").await, 0, "{queue}");
    }
}
