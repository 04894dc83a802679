//! Receives that wait.

use crate::world::{START_MS, World, call, texts, url, wait};
use serde_json::{Value, json};
use service::AwsError;
use tokio::task::JoinHandle;

async fn world(attributes: Value) -> World {
    let world = World::new();
    let name = if attributes["FifoQueue"] == "true" { "q.fifo" } else { "q" };
    world.ok("CreateQueue", json!({"QueueName": name, "Attributes": attributes})).await;
    world
}

type Waiting = JoinHandle<(Result<Value, AwsError>, i64)>;

/// Receives in the background; answers also after how many seconds.
fn receive(world: &World, mut input: Value) -> Waiting {
    let kit = world.kit.clone();
    if input.get("QueueUrl").is_none() {
        input["QueueUrl"] = url("q").into();
    }
    tokio::spawn(async move {
        let begin_ms = kit.clock.now_ms();
        let output = call(&kit, "ReceiveMessage", input).await;
        (output, (kit.clock.now_ms() - begin_ms) / 1000)
    })
}

async fn got(waiting: Waiting) -> (Vec<String>, i64) {
    let (output, seconds) = waiting.await.unwrap();
    (texts(&output.unwrap()), seconds)
}

fn one(text: &str) -> Vec<String> {
    vec![text.to_owned()]
}

#[tokio::test(start_paused = true)]
async fn waits_for_as_long_as_the_request_or_the_queue_says() {
    let world = world(json!({"ReceiveMessageWaitTimeSeconds": "7"})).await;
    for (input, seconds) in
        [(json!({}), 7), (json!({"WaitTimeSeconds": 20}), 20), (json!({"WaitTimeSeconds": 0}), 0)]
    {
        assert_eq!(got(receive(&world, input)).await, (Vec::new(), seconds));
    }
    assert_eq!(world.kit.clock.now_ms(), START_MS + 27_000);
}

#[tokio::test(start_paused = true)]
async fn what_comes_ends_the_wait() {
    let world = world(json!({})).await;
    let send = |input: Value| {
        let mut input = input;
        input["QueueUrl"] = url("q").into();
        world.ok("SendMessage", input)
    };
    let waiting = receive(&world, json!({"WaitTimeSeconds": 20}));
    wait(3).await;
    send(json!({"MessageBody": "sent"})).await;
    assert_eq!(got(waiting).await, (one("sent"), 3));

    let waiting = receive(&world, json!({"WaitTimeSeconds": 20}));
    wait(1).await;
    send(json!({"MessageBody": "delayed", "DelaySeconds": 5})).await;
    assert_eq!(got(waiting).await, (one("delayed"), 6));

    // The one that was received first is seen again 24 seconds later.
    assert_eq!(got(receive(&world, json!({"WaitTimeSeconds": 20}))).await, (Vec::new(), 20));
    let output = receive(&world, json!({"WaitTimeSeconds": 20})).await.unwrap();
    assert_eq!((texts(output.0.as_ref().unwrap()), output.1), (one("sent"), 4));

    let waiting = receive(&world, json!({"WaitTimeSeconds": 2}));
    wait(1).await;
    let handle = output.0.unwrap()["Messages"][0]["ReceiptHandle"].clone();
    world
        .ok(
            "ChangeMessageVisibility",
            json!({"QueueUrl": url("q"), "ReceiptHandle": handle, "VisibilityTimeout": 0}),
        )
        .await;
    assert_eq!(got(waiting).await, (one("sent"), 1));
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_free_again_ends_the_wait() {
    let world = world(json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"})).await;
    for body in ["1", "2"] {
        world
            .ok(
                "SendMessage",
                json!({"QueueUrl": url("q.fifo"), "MessageBody": body, "MessageGroupId": "g"}),
            )
            .await;
    }
    let input = json!({"QueueUrl": url("q.fifo"), "WaitTimeSeconds": 20});
    let first = world.ok("ReceiveMessage", input.clone()).await;
    let waiting = receive(&world, input.clone());
    wait(5).await;
    world.ok("DeleteMessage", json!({"QueueUrl": url("q.fifo"), "ReceiptHandle": first["Messages"][0]["ReceiptHandle"]})).await;
    assert_eq!(got(waiting).await, (one("2"), 5));
    wait(15).await;
    assert_eq!(got(receive(&world, input)).await, (one("2"), 15));
}

#[tokio::test(start_paused = true)]
async fn one_message_goes_to_one_of_those_who_wait() {
    let world = world(json!({})).await;
    let waiting: Vec<Waiting> = (0..20)
        .map(|_| receive(&world, json!({"WaitTimeSeconds": 10, "MaxNumberOfMessages": 10})))
        .collect();
    wait(1).await;
    for body in 0..5 {
        world
            .ok("SendMessage", json!({"QueueUrl": url("q"), "MessageBody": body.to_string()}))
            .await;
        wait(1).await;
    }
    let mut bodies = Vec::new();
    let mut empty = 0;
    for waiting in waiting {
        let (texts, _) = got(waiting).await;
        empty += usize::from(texts.is_empty());
        bodies.extend(texts);
    }
    bodies.sort();
    assert_eq!((bodies, empty), ((0..5).map(|n| n.to_string()).collect(), 15));
}

/// Whoever came too late for a message learns when it is visible again.
#[tokio::test(start_paused = true)]
async fn a_message_that_comes_back_ends_the_wait() {
    let world = world(json!({"VisibilityTimeout": "4"})).await;
    let wish = json!({"WaitTimeSeconds": 20});
    let waiting = [receive(&world, wish.clone()), receive(&world, wish)];
    wait(1).await;
    // The second looks while what the first has got is on its way to the disk.
    world.store.delay_commits(std::time::Duration::from_millis(100));
    world.ok("SendMessage", json!({"QueueUrl": url("q"), "MessageBody": "again"})).await;
    let [first, second] = waiting;
    let (first, second) = (got(first).await, got(second).await);
    let mut seconds = [first.1, second.1];
    seconds.sort_unstable();
    assert_eq!((first.0, second.0), (one("again"), one("again")));
    assert_eq!(seconds, [1, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_deleted_ends_the_wait() {
    let world = world(json!({})).await;
    let waiting = receive(&world, json!({"WaitTimeSeconds": 20}));
    wait(2).await;
    world.ok("DeleteQueue", json!({"QueueUrl": url("q")})).await;
    let (output, seconds) = waiting.await.unwrap();
    assert_eq!(
        (output.unwrap_err().code.as_str(), seconds),
        ("AWS.SimpleQueueService.NonExistentQueue", 2)
    );
}

#[tokio::test(start_paused = true)]
async fn a_damaged_message_holds_nobody_up() {
    let world = world(json!({})).await;
    world.ok("SendMessage", json!({"QueueUrl": url("q"), "MessageBody": "damaged"})).await;
    world.ok("SendMessage", json!({"QueueUrl": url("q"), "MessageBody": "good"})).await;
    world.damage("sqs/content").await;
    assert_eq!(world.bodies("q").await, one("good"));
    assert_eq!(world.count("sqs/message").await, 1);
}
