//! Messages that are too old.

use crate::world::{START_MS, World, url, wait};
use serde_json::json;

async fn world(name: &str, fifo: bool) -> World {
    let world = World::new();
    let mut attributes = json!({"MessageRetentionPeriod": "60"});
    if fifo {
        attributes["FifoQueue"] = "true".into();
        attributes["ContentBasedDeduplication"] = "true".into();
    }
    world.ok("CreateQueue", json!({"QueueName": name, "Attributes": attributes})).await;
    world
}

async fn send(world: &World, name: &str, body: &str, group: &str) {
    let mut input = json!({"QueueUrl": url(name), "MessageBody": body});
    if name == "q.fifo" {
        input["MessageGroupId"] = group.into();
    }
    world.ok("SendMessage", input).await;
}

#[tokio::test(start_paused = true)]
async fn old_messages_are_neither_received_nor_counted() {
    for (name, fifo) in [("q", false), ("q.fifo", true)] {
        let world = world(name, fifo).await;
        send(&world, name, "old", "g").await;
        wait(30).await;
        send(&world, name, "new", "g").await;
        wait(30).await;
        let input =
            json!({"QueueUrl": url(name), "AttributeNames": ["ApproximateNumberOfMessages"]});
        let counted = world.ok("GetQueueAttributes", input).await;
        assert_eq!(counted["Attributes"]["ApproximateNumberOfMessages"], "1", "{name}");
        assert_eq!(world.bodies(name).await, ["new"], "{name}");
        assert_eq!(world.count("sqs/message").await, 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn old_messages_go_by_themselves() {
    for (name, fifo) in [("q", false), ("q.fifo", true)] {
        let world = world(name, fifo).await;
        assert_eq!(world.due(), [START_MS + 60_000], "{name}");
        for (body, group) in [("1", "a"), ("2", "b"), ("3", "a")] {
            send(&world, name, body, group).await;
        }
        wait(20).await;
        send(&world, name, "4", "a").await;
        wait(40).await;
        world.run_work().await;
        assert_eq!(
            (world.count("sqs/message").await, world.count("sqs/content").await),
            (1, 1),
            "{name}"
        );
        assert_eq!(world.due(), [START_MS + 80_000], "{name}");
        if fifo {
            assert_eq!(world.count("sqs/group").await, 1);
        }
        wait(20).await;
        world.run_work().await;
        assert_eq!(world.count("sqs/message").await, 0, "{name}");
        assert_eq!(world.due(), [START_MS + 140_000], "{name}");
        send(&world, name, "5", "a").await;
        assert_eq!(world.bodies(name).await, ["5"], "{name}");
        wait(400).await;
        world.run_work().await;
        for kind in ["sqs/message", "sqs/content", "sqs/group", "sqs/seen"] {
            assert_eq!(world.count(kind).await, 0, "{name} {kind}");
        }
        world.ok("DeleteQueue", json!({"QueueUrl": url(name)})).await;
        assert!(world.due().is_empty(), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_shorter_period_counts_at_once() {
    let world = world("q", false).await;
    world
        .ok(
            "SetQueueAttributes",
            json!({"QueueUrl": url("q"), "Attributes": {"MessageRetentionPeriod": "3600"}}),
        )
        .await;
    world.run_work().await;
    for body in 0..450 {
        send(&world, "q", &body.to_string(), "").await;
    }
    wait(100).await;
    world
        .ok(
            "SetQueueAttributes",
            json!({"QueueUrl": url("q"), "Attributes": {"MessageRetentionPeriod": "60"}}),
        )
        .await;
    for left in [250, 50, 0] {
        world.run_work().await;
        assert_eq!(world.count("sqs/message").await, left);
    }
    assert_eq!(world.due(), [START_MS + 160_000]);
}
