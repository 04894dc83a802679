//! Fan-out: what each subscriber gets, retries, dead letters, crashes at every commit.

use crate::world::{QUEUE, TOPIC, World};
use serde_json::{Value, json};
use service::{AwsError, Principal};
use store::memory::Crash;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

#[tokio::test]
async fn what_subscribers_get() {
    let world = World::with(json!({})).await;
    world
        .subscribe(
            TOPIC,
            "sqs",
            &QUEUE.replace("us-east-1", "eu-west-1"),
            json!({"RawMessageDelivery": "true"}),
        )
        .await;
    world.subscribe(TOPIC, "lambda", FUNCTION, json!({})).await;
    let published = world.ok("Publish", json!({
        "TopicArn": TOPIC, "Subject": "s", "MessageStructure": "json",
        "Message": json!({"default": "d", "sqs": "for queues", "lambda": "for functions", "email": 3}).to_string(),
        "MessageAttributes": {"n": {"DataType": "Number", "StringValue": "7"}, "b": {"DataType": "Binary", "BinaryValue": "AAE="}},
    })).await;
    world.run_due().await;
    let taken = world.taken().await;
    assert_eq!(taken.len(), 3);
    let function = taken.iter().find(|t| t.get("FunctionName").is_some()).unwrap();
    assert_eq!(
        (&function["FunctionName"], &function["InvocationType"]),
        (&json!(FUNCTION), &json!("Event"))
    );
    for taken in &taken {
        assert_eq!(taken["as"][0], "sns.amazonaws.com");
        assert_eq!(taken["as"][1], TOPIC, "policies ask about the topic as aws:SourceArn");
    }
    let raw = taken.iter().find(|t| t["as"][2] == "eu-west-1").unwrap();
    assert_eq!(raw["MessageBody"], "for queues");
    assert_eq!(raw["MessageAttributes"]["n"]["StringValue"], "7");
    let wrapped =
        taken.iter().find(|t| t["as"][2] == "us-east-1" && t.get("QueueUrl").is_some()).unwrap();
    assert_eq!(wrapped["QueueUrl"], "/123456789012/q");
    let envelope: Value = serde_json::from_str(wrapped["MessageBody"].as_str().unwrap()).unwrap();
    for (member, value) in [
        ("Type", json!("Notification")),
        ("MessageId", published["MessageId"].clone()),
        ("TopicArn", json!(TOPIC)),
        ("Subject", json!("s")),
        ("Message", json!("for queues")),
        ("Timestamp", json!("2026-01-01T00:00:00.000Z")),
        (
            "MessageAttributes",
            json!({"b": {"Type": "Binary", "Value": "AAE="}, "n": {"Type": "Number", "Value": "7"}}),
        ),
    ] {
        assert_eq!(envelope[member], value);
    }
    assert_eq!(world.count("effect").await, 0, "answers kept for deliveries go with them");
    assert_eq!(world.count("work").await, 0);
}

#[tokio::test]
async fn once_whatever_crashes() {
    // Commits from the publication on: the publication, the queue's, the delivery's end.
    for number in 1..=3 {
        for crash in [Crash::BeforeWriting, Crash::AfterWriting] {
            let world = World::with(json!({})).await;
            world.store.crash_at_commit(number, crash);
            let story = async {
                world.publish("m").await;
                world.run_due().await;
            };
            tokio::select! {
                biased;
                () = world.store.crashed() => {}
                () = story => panic!("no crash at commit {number}"),
            }
            let again = World::over(world.store.snapshot(), world.kit.clock.now_ms());
            again.run_due().await;
            let expected = usize::from(number > 1 || crash == Crash::AfterWriting);
            assert_eq!(again.texts().await, vec!["m"; expected], "commit {number}, {crash:?}");
            assert_eq!((again.count("work").await, again.count("effect").await), (0, 0));
        }
    }
}

#[tokio::test]
async fn failures_end_in_the_dead_letter_queue() {
    let dead = "arn:aws:sqs:us-east-1:123456789012:dead";
    let redrive = json!({"RedrivePolicy": json!({"deadLetterTargetArn": dead}).to_string()});
    let world = World::with(redrive).await;
    // Refused for good: at once.
    world.publish("refused").await;
    world.sqs.refuses.lock().unwrap().push(AwsError::new("AccessDenied", "no"));
    world.run_due().await;
    assert_eq!(world.taken().await[0]["QueueUrl"], "/123456789012/dead");
    // Out of order: many tries, then the same; the dead-letter queue may be out of order too.
    world.publish("later").await;
    let broken = || AwsError::fault("ServiceUnavailable", "x", 503);
    *world.sqs.refuses.lock().unwrap() = (0..22).map(|_| broken()).collect();
    for _ in 0..100 {
        world.run_due_once().await;
        world.pass(300_000);
    }
    assert_eq!(world.texts().await, ["refused", "later"]);
    assert_eq!((world.count("work").await, world.count("effect").await), (0, 0));
}

impl World {
    async fn run_due_once(&self) {
        for item in self.items().await {
            self.run(&item).await;
        }
    }
}

#[tokio::test]
async fn retries_grow_and_succeed() {
    let world = World::with(json!({})).await;
    world.publish("m").await;
    let broken = || AwsError::fault("ServiceUnavailable", "x", 503);
    *world.sqs.refuses.lock().unwrap() = vec![broken(), broken(), broken()];
    for delay_ms in [1_000, 2_000, 4_000] {
        world.run_due().await;
        let due_ms = world.items().await[0].due_ms;
        assert_eq!(due_ms - world.kit.clock.now_ms(), delay_ms);
        world.pass(delay_ms);
    }
    world.run_due().await;
    assert_eq!(world.texts().await, ["m"]);
}

#[tokio::test]
async fn web_endpoints() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let mut requests = Vec::new();
        for status in ["500 X", "204 X"] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = vec![0; 65_536];
            let mut length = 0;
            while !String::from_utf8_lossy(&bytes[..length]).contains("hello web") {
                length += stream.read(&mut bytes[length..]).await.unwrap();
            }
            requests.push(String::from_utf8_lossy(&bytes[..length]).into_owned());
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        requests
    });
    let world = World::new();
    world.ok("CreateTopic", json!({"Name": "t"})).await;
    world.subscribe(TOPIC, "http", &format!("http://{address}/hook?x=1"), json!({})).await;
    world.publish("hello web").await;
    world.run_due().await;
    assert_eq!(world.count("work").await, 1, "a server's error is tried again");
    world.pass(1_000);
    world.run_due().await;
    assert_eq!(world.count("work").await, 0);
    let requests = server.await.unwrap();
    assert!(
        requests[1].starts_with("POST /hook?x=1 ")
            && requests[1].contains("x-amz-sns-message-type: Notification")
    );
}

#[tokio::test]
async fn what_changes_between_publication_and_delivery() {
    let world = World::with(json!({})).await;
    world.publish("m").await;
    world.ok("DeleteTopic", json!({"TopicArn": TOPIC})).await;
    assert_eq!((world.count("sns/subscription").await, world.count("sns/message").await), (0, 0));
    world.run_due().await;
    assert_eq!(world.texts().await, ["m"], "accepted is delivered");
    let (code, _) = world.refused("Publish", json!({"TopicArn": TOPIC, "Message": "m"})).await;
    assert_eq!(code, "NotFoundException");
    for body in [Value::Null, json!({}), json!({"subscription": 1})] {
        let item = service::WorkItem::new("sns/deliver", "k", "us-east-1", 0, &body);
        assert!(world.run(&item).await, "what cannot be read is dropped");
    }
}

#[tokio::test]
async fn iam_is_asked_about_the_topic_with_its_policy() {
    let world = World::with(json!({})).await;
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": TOPIC}]}).to_string();
    world
        .ok(
            "SetTopicAttributes",
            json!({"TopicArn": TOPIC, "AttributeName": "Policy", "AttributeValue": policy}),
        )
        .await;
    for member in ["TopicArn", "TargetArn"] {
        let events = Principal::service("123456789012", "events.amazonaws.com");
        let ctx = world.kit.ctx(events, "us-east-1");
        ctx.call("sns", "Publish", json!({member: TOPIC, "Message": "m"})).await.unwrap();
        let asked = world.door.0.lock().unwrap().pop().unwrap();
        assert_eq!(asked, (TOPIC.to_owned(), Some(policy.clone())), "{member}");
    }
}
