//! FIFO topics: one message per deduplication id, in the order of their groups.

use crate::world::{FIFO, QUEUE, World};
use serde_json::{Value, json};
use service::AwsError;
use std::sync::Arc;

async fn fifo(by_content: bool) -> World {
    let world = World::new();
    let attributes =
        json!({"FifoTopic": "true", "ContentBasedDeduplication": by_content.to_string()});
    world.ok("CreateTopic", json!({"Name": "t.fifo", "Attributes": attributes})).await;
    world.subscribe(FIFO, "sqs", &format!("{QUEUE}.fifo"), json!({})).await;
    world
}

fn message(text: &str, group: &str, id: Option<&str>) -> Value {
    let mut input = json!({"TopicArn": FIFO, "Message": text, "MessageGroupId": group});
    if let Some(id) = id {
        input["MessageDeduplicationId"] = json!(id);
    }
    input
}

#[tokio::test]
async fn deduplication() {
    let world = fifo(true).await;
    let first = world.ok("Publish", message("a", "g", Some("1"))).await;
    assert_eq!(first["SequenceNumber"], "00000000000000000001");
    assert_eq!(world.ok("Publish", message("other", "g", Some("1"))).await, first);
    assert_ne!(world.ok("Publish", message("a", "g", None)).await, first, "by content");
    world.pass(299_999);
    assert_eq!(world.ok("Publish", message("a", "g", Some("1"))).await, first);
    world.pass(1);
    assert_ne!(world.ok("Publish", message("a", "g", Some("1"))).await, first);
    // Twice in one batch is once.
    let entry = |id: &str| json!({"Id": id, "Message": "b", "MessageGroupId": "g", "MessageDeduplicationId": "b"});
    let batch = json!({"TopicArn": FIFO, "PublishBatchRequestEntries": [entry("1"), entry("2")]});
    let answer = world.ok("PublishBatch", batch).await;
    assert_eq!(answer["Successful"][0]["MessageId"], answer["Successful"][1]["MessageId"]);
    world.run_due().await;
    assert_eq!(world.texts().await, ["a", "a", "a", "b"]);
    // A new topic of the name remembers nothing.
    world.ok("DeleteTopic", json!({"TopicArn": FIFO})).await;
    assert_eq!(world.count("sns/deduplication").await, 0);
    for (input, expected) in [
        (
            json!({"TopicArn": FIFO, "Message": "m", "MessageDeduplicationId": "1"}),
            "MessageGroupId parameter is required",
        ),
        (message("m", "g", None), "ContentBasedDeduplication"),
    ] {
        let world = fifo(false).await;
        let (code, text) = world.refused("Publish", input).await;
        assert!(code == "InvalidParameterException" && text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn deduplication_ids_do_not_pile_up() {
    let world = fifo(false).await;
    for number in 0..300 {
        world.ok("Publish", message("m", "g", Some(&number.to_string()))).await;
        world.pass(10_000);
    }
    let kept = world.count("sns/deduplication").await;
    assert!(kept <= 32, "{kept} deduplication ids for 5 minutes of one message in 10 seconds");
    assert_eq!(world.count("sns/message").await, 100);
}

#[tokio::test]
async fn the_order_of_a_group_holds_whatever_is_run_when() {
    let world = Arc::new(fifo(true).await);
    for number in 0..12 {
        let group = if number % 2 == 0 { "even" } else { "odd" };
        world.ok("Publish", message(&number.to_string(), group, None)).await;
    }
    // All at once, the latest first, and the first attempt fails.
    world.sqs.refuses.lock().unwrap().push(AwsError::fault("ServiceUnavailable", "x", 503));
    let mut items = world.items().await;
    items.reverse();
    let runs = items.into_iter().map(|item| {
        let world = world.clone();
        tokio::spawn(async move {
            loop {
                world.run(&item).await;
                let items = world.items().await;
                if !items.iter().any(|left| left.key == item.key) {
                    return;
                }
            }
        })
    });
    for run in futures_util::future::join_all(runs).await {
        run.unwrap();
    }
    for (group, expected) in
        [(0, ["0", "2", "4", "6", "8", "10"]), (1, ["1", "3", "5", "7", "9", "11"])]
    {
        let texts = world.texts().await;
        let of_group: Vec<&String> =
            texts.iter().filter(|text| text.parse::<u32>().unwrap() % 2 == group).collect();
        assert_eq!(of_group, expected, "{texts:?}");
    }
    let taken = world.taken().await;
    assert!(
        taken.iter().all(|taken| taken["MessageGroupId"].is_string()
            && taken["MessageDeduplicationId"].is_string())
    );
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_long_is_looked_at_again() {
    let world = fifo(true).await;
    world.ok("Publish", message("first", "g", None)).await;
    world.ok("Publish", message("second", "g", None)).await;
    let items = world.items().await;
    assert!(world.run(&items[1]).await);
    assert!(world.taken().await.is_empty());
    let again = world.items().await.into_iter().find(|item| item.key == items[1].key).unwrap();
    assert_eq!((again.attempts, again.due_ms), (0, items[1].due_ms + 1_000));
}
