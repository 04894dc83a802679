//! CloudWatch Logs as services and clients call it.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]
#![allow(clippy::too_many_lines, reason = "cases are data")]

use serde_json::{Value, json};
use service::{
    AwsError, Call, Clock, Kit, OpenDoor, Principal, SeededEntropy, Service as _, WorkItem,
    WorkQueue,
};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use store::MemoryStore;

const ACCOUNT: &str = "123456789012";
/// 2026-01-01T00:00:00Z
const START_MS: i64 = 1_767_225_600_000;

struct Hands(AtomicI64);

impl Clock for Hands {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Default)]
struct Queue(Mutex<Vec<WorkItem>>);

impl WorkQueue for Queue {
    fn scheduled(&self, items: Vec<WorkItem>) {
        self.0.lock().unwrap().extend(items);
    }
    fn cancelled(&self, _: Vec<(String, String)>) {}
}

struct World {
    kit: Arc<Kit>,
    logs: Arc<logs::Logs>,
    clock: Arc<Hands>,
    queue: Arc<Queue>,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(Hands(AtomicI64::new(START_MS)));
        let entropy = Arc::new(SeededEntropy::new(1));
        let kit = Kit::new(ACCOUNT, Arc::new(MemoryStore::new()), clock.clone(), entropy);
        let logs = Arc::new(logs::Logs::default());
        let queue = Arc::new(Queue::default());
        kit.join(Arc::new(OpenDoor), queue.clone(), vec![logs.clone()]);
        Self { kit, logs, clock, queue }
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        let call = Call {
            service: "logs".to_owned(),
            operation: operation.to_owned(),
            input,
            principal: Principal::root(ACCOUNT),
            region: "us-east-1".to_owned(),
            effect_key: None,
        };
        self.kit.caller().call(call).await
    }

    async fn stream(&self, group: &str, stream: &str) {
        // The group may be there already.
        let _exists = self.call("CreateLogGroup", json!({"logGroupName": group})).await;
        let input = json!({"logGroupName": group, "logStreamName": stream});
        self.call("CreateLogStream", input).await.unwrap();
    }

    /// Puts events `(seconds after the start, message)`.
    async fn put(&self, group: &str, stream: &str, events: &[(i64, &str)]) -> Value {
        let events: Vec<Value> = events
            .iter()
            .map(|(at, message)| json!({"timestamp": START_MS + at * 1000, "message": message}))
            .collect();
        let input =
            json!({"logGroupName": group, "logStreamName": stream, "logEvents": events});
        self.call("PutLogEvents", input).await.unwrap()
    }
}

enum Expect {
    Has(Value),
    Fails(&'static str, &'static str),
}
use Expect::{Fails, Has};

fn holds(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Object(value), Value::Object(expected)) => expected
            .iter()
            .all(|(key, member)| value.get(key).is_some_and(|found| holds(found, member))),
        (Value::Array(value), Value::Array(expected)) => {
            value.len() == expected.len() && value.iter().zip(expected).all(|(v, e)| holds(v, e))
        }
        _ => value == expected,
    }
}

async fn check(world: &World, steps: Vec<(&str, Value, Expect)>) {
    for (operation, input, expect) in steps {
        let answer = world.call(operation, input.clone()).await;
        let step = format!("{operation} {input}");
        match (answer, expect) {
            (Ok(output), Has(expected)) => {
                assert!(holds(&output, &expected), "{step}\nhas    {output}\nwanted {expected}");
            }
            (Err(error), Fails(code, text)) => {
                assert_eq!(error.code, code, "{step}: {error}");
                assert!(error.message.contains(text), "{step}: {error}");
            }
            (Ok(output), Fails(code, _)) => panic!("{step}\nhas {output}, wanted {code}"),
            (Err(error), Has(_)) => panic!("{step}\nfails with {error}"),
        }
    }
}

#[tokio::test]
async fn groups_and_streams() {
    let world = World::new();
    let group = |name: &str| json!({"logGroupName": name});
    let stream = |name: &str| json!({"logGroupName": "/a", "logStreamName": name});
    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:/a";
    check(&world, vec![
        ("CreateLogStream", stream("s"), Fails("ResourceNotFoundException", "The specified log group does not exist.")),
        ("CreateLogGroup", json!({"logGroupName": "/a", "tags": {"k": "v"}}), Has(json!({}))),
        ("CreateLogGroup", group("/a"), Fails("ResourceAlreadyExistsException", "The specified log group already exists")),
        ("CreateLogGroup", group("/ab"), Has(json!({}))),
        ("CreateLogGroup", group("bad name"), Fails("InvalidParameterException", "logGroupName")),
        ("DescribeLogGroups", json!({}), Has(json!({"logGroups": [{"logGroupName": "/a", "arn": format!("{arn}:*"), "logGroupArn": arn, "creationTime": START_MS}, {"logGroupName": "/ab"}]}))),
        ("DescribeLogGroups", json!({"logGroupNamePrefix": "/ab"}), Has(json!({"logGroups": [{"logGroupName": "/ab"}]}))),
        ("DescribeLogGroups", json!({"logGroupNamePattern": "B"}), Has(json!({"logGroups": [{"logGroupName": "/ab"}]}))),
        ("DescribeLogGroups", json!({"logGroupIdentifiers": [arn, "none"]}), Has(json!({"logGroups": [{"logGroupName": "/a"}]}))),
        ("DescribeLogGroups", json!({"nextToken": "x"}), Fails("InvalidParameterException", "")),
        ("ListTagsForResource", json!({"resourceArn": arn}), Has(json!({"tags": {"k": "v"}}))),
        ("TagResource", json!({"resourceArn": arn, "tags": {"k2": "v2"}}), Has(json!({}))),
        ("UntagResource", json!({"resourceArn": arn, "tagKeys": ["k"]}), Has(json!({}))),
        ("ListTagsLogGroup", group("/a"), Has(json!({"tags": {"k2": "v2"}}))),
        ("PutRetentionPolicy", json!({"logGroupName": "/a", "retentionInDays": 7}), Has(json!({}))),
        ("PutRetentionPolicy", json!({"logGroupName": "/a", "retentionInDays": 8}), Fails("InvalidParameterException", "retentionInDays")),
        ("DescribeLogGroups", json!({"limit": 1}), Has(json!({"logGroups": [{"retentionInDays": 7}]}))),
        ("CreateLogStream", stream("s/1"), Has(json!({}))),
        ("CreateLogStream", stream("s/1"), Fails("ResourceAlreadyExistsException", "The specified log stream already exists")),
        ("CreateLogStream", stream("t"), Has(json!({}))),
        ("DescribeLogStreams", group("/a"), Has(json!({"logStreams": [{"logStreamName": "s/1", "arn": format!("{arn}:log-stream:s/1"), "storedBytes": 0}, {"logStreamName": "t"}]}))),
        ("DescribeLogStreams", json!({"logGroupIdentifier": arn, "logStreamNamePrefix": "t"}), Has(json!({"logStreams": [{"logStreamName": "t"}]}))),
        ("DescribeLogStreams", json!({"logGroupName": "/a", "descending": true, "limit": 1}), Has(json!({"logStreams": [{"logStreamName": "t"}]}))),
        ("DescribeLogStreams", json!({"logGroupName": "/a", "orderBy": "LastEventTime", "logStreamNamePrefix": "t"}), Fails("InvalidParameterException", "")),
        ("GetLogEvents", stream("none"), Fails("ResourceNotFoundException", "The specified log stream does not exist.")),
        ("DeleteLogStream", stream("t"), Has(json!({}))),
        ("DeleteLogGroup", group("/a"), Has(json!({}))),
        ("DescribeLogGroups", json!({}), Has(json!({"logGroups": [{"logGroupName": "/ab"}]}))),
        ("CreateLogGroup", group("/a"), Has(json!({}))),
        ("DescribeLogStreams", group("/a"), Has(json!({"logStreams": []}))),
    ])
    .await;
}

#[tokio::test]
async fn pages_of_groups_and_streams() {
    let world = World::new();
    for number in 0..7 {
        world.stream(&format!("g{number}"), "s").await;
        world.stream("g0", &format!("t{number}")).await;
        world.put("g0", &format!("t{number}"), &[(-number, "x")]).await;
    }
    let pages = async |operation: &str, mut input: Value, list: &str, name: &str| {
        let mut names = Vec::new();
        loop {
            let output = world.call(operation, input.clone()).await.unwrap();
            let page = output[list].as_array().unwrap();
            assert!(page.len() <= 2);
            names.extend(page.iter().map(|it| it[name].as_str().unwrap().to_owned()));
            match output.get("nextToken") {
                Some(token) => input["nextToken"] = token.clone(),
                None => return names.join(" "),
            }
        }
    };
    let groups = pages("DescribeLogGroups", json!({"limit": 2}), "logGroups", "logGroupName").await;
    assert_eq!(groups, "g0 g1 g2 g3 g4 g5 g6");
    let input = json!({"logGroupName": "g0", "logStreamNamePrefix": "t", "limit": 2});
    let streams = pages("DescribeLogStreams", input, "logStreams", "logStreamName").await;
    assert_eq!(streams, "t0 t1 t2 t3 t4 t5 t6");
    let input = json!({"logGroupName": "g0", "orderBy": "LastEventTime", "descending": true, "limit": 2});
    let streams = pages("DescribeLogStreams", input, "logStreams", "logStreamName").await;
    // A stream without events stands where it was made.
    assert_eq!(streams.replace("s ", ""), "t0 t1 t2 t3 t4 t5 t6");
}

/// Reads with these parameters until a token repeats; answers the messages page by page.
async fn read(world: &World, mut input: Value, token: &str) -> Vec<String> {
    input["logGroupName"] = json!("g");
    input["logStreamName"] = json!("s");
    let mut pages = Vec::new();
    loop {
        let output = world.call("GetLogEvents", input.clone()).await.unwrap();
        let messages: Vec<&str> = output["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["message"].as_str().unwrap())
            .collect();
        if !messages.is_empty() {
            pages.push(messages.join(" "));
        }
        if input["nextToken"] == output[token] {
            assert!(messages.is_empty());
            return pages;
        }
        input["nextToken"] = output[token].clone();
    }
}

#[tokio::test]
async fn events_in_pages_both_ways() {
    let world = World::new();
    world.stream("g", "s").await;
    let forward = "nextForwardToken";
    assert_eq!(read(&world, json!({}), forward).await, Vec::<String>::new());
    world.put("g", "s", &[(0, "a"), (1, "b"), (2, "c")]).await;
    world.put("g", "s", &[(3, "d"), (4, "e")]).await;
    world.put("g", "s", &[(-5, "early")]).await;
    let at = |seconds: i64| START_MS + seconds * 1000;
    for (input, token, expected) in [
        (json!({"startFromHead": true}), forward, vec!["early a b c d e"]),
        (json!({"startFromHead": true, "limit": 4}), forward, vec!["early a b c", "d e"]),
        (json!({"startFromHead": true, "limit": 1}), forward, vec!["early", "a", "b", "c", "d", "e"]),
        (json!({"limit": 2}), forward, vec!["d e"]),
        (json!({"limit": 2}), "nextBackwardToken", vec!["d e", "b c", "early a"]),
        (json!({"limit": 4}), "nextBackwardToken", vec!["b c d e", "early a"]),
        (json!({"startTime": at(1), "endTime": at(4), "startFromHead": true}), forward, vec!["b c d"]),
        (json!({"startTime": at(1), "endTime": at(4), "limit": 2}), "nextBackwardToken", vec!["c d", "b"]),
        (json!({"startTime": at(9)}), forward, vec![]),
    ] {
        assert_eq!(read(&world, input.clone(), token).await, expected, "{input} {token}");
    }
    // Whoever waits at the end gets what comes.
    let input = json!({"logGroupName": "g", "logStreamName": "s", "startTime": at(9)});
    let end = world.call("GetLogEvents", input).await.unwrap();
    world.put("g", "s", &[(9, "new")]).await;
    let input = json!({"logGroupName": "g", "logStreamName": "s", "nextToken": end[forward]});
    let new = world.call("GetLogEvents", input).await.unwrap();
    assert_eq!(new["events"][0]["message"], "new");
    for token in ["", "f", "f/", "x/00", "f/é", &format!("f/{}", "f".repeat(32))] {
        let input = json!({"logGroupName": "g", "logStreamName": "s", "nextToken": token});
        if let Err(error) = world.call("GetLogEvents", input).await {
            assert_eq!(error.code, "InvalidParameterException", "{token}");
        }
    }
}

#[tokio::test]
async fn rules_of_a_batch() {
    let world = World::new();
    world.stream("g", "s").await;
    let put = |events: Value| json!({"logGroupName": "g", "logStreamName": "s", "logEvents": events});
    let event = |seconds: i64| json!({"timestamp": START_MS + seconds * 1000, "message": "m"});
    let day = 24 * 3600;
    check(&world, vec![
        ("PutLogEvents", put(json!([event(1), event(0)])), Fails("InvalidParameterException", "chronological order")),
        ("PutLogEvents", put(json!([event(-2 * day), event(0)])), Fails("InvalidParameterException", "24 hours")),
        ("PutLogEvents", put(json!([{"timestamp": START_MS, "message": "x".repeat(1 << 20)}])), Fails("InvalidParameterException", "1048602 bytes exceeds limit of 1048576")),
        ("PutLogEvents", put(json!([])), Fails("InvalidParameterException", "logEvents")),
        ("PutLogEvents", put(json!([{"timestamp": -1, "message": "x"}])), Fails("InvalidParameterException", "timestamp")),
        ("PutLogEvents", put(json!([event(0), event(3 * 3600)])), Has(json!({"rejectedLogEventsInfo": {"tooNewLogEventStartIndex": 1}}))),
        ("PutLogEvents", put(json!([event(-15 * day)])), Has(json!({"rejectedLogEventsInfo": {"tooOldLogEventEndIndex": 1}}))),
        ("PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": 1}), Has(json!({}))),
        ("PutLogEvents", put(json!([event(-day - 10), event(-day + 10)])), Has(json!({"rejectedLogEventsInfo": {"expiredLogEventEndIndex": 1}}))),
        ("GetLogEvents", json!({"logGroupName": "g", "logStreamName": "s"}), Has(json!({"events": [{}, {}]}))),
    ])
    .await;
}

#[tokio::test]
async fn a_group_forgets() {
    let world = World::new();
    world.stream("g", "s").await;
    world.put("g", "s", &[(0, "old")]).await;
    world.call("PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": 1})).await.unwrap();
    world.clock.0.fetch_add(20 * 3_600_000, Ordering::SeqCst);
    world.put("g", "s", &[(20 * 3600, "new")]).await;
    world.clock.0.fetch_add(6 * 3_600_000, Ordering::SeqCst);
    assert_eq!(read(&world, json!({"startFromHead": true}), "nextForwardToken").await, ["new"]);
    let item = world.queue.0.lock().unwrap().last().unwrap().clone();
    let ctx = world.kit.platform_ctx("us-east-1");
    let outcome = world.logs.work(&ctx, &item).await.unwrap();
    assert_eq!(outcome.batch.removes.len(), 1);
    assert!(outcome.again.is_some());
    world.call("DeleteRetentionPolicy", json!({"logGroupName": "g"})).await.unwrap();
    assert!(world.logs.work(&ctx, &item).await.unwrap().again.is_none());
}

#[tokio::test]
async fn filtering_many_streams() {
    let world = World::new();
    for stream in ["a", "b", "other"] {
        world.stream("g", stream).await;
    }
    world.put("g", "a", &[(0, "ok 1"), (2, "ERROR 2"), (4, "ok 3")]).await;
    world.put("g", "b", &[(1, "ERROR 4"), (3, "ok 5")]).await;
    world.put("g", "other", &[(2, "ERROR 6")]).await;
    let at = |seconds: i64| START_MS + seconds * 1000;
    for (input, expected) in [
        (json!({}), "ok 1|ERROR 4|ERROR 2|ERROR 6|ok 5|ok 3"),
        (json!({"filterPattern": "ERROR"}), "ERROR 4|ERROR 2|ERROR 6"),
        (json!({"filterPattern": "ERROR", "logStreamNames": ["b", "a"]}), "ERROR 4|ERROR 2"),
        (json!({"logStreamNamePrefix": "o"}), "ERROR 6"),
        (json!({"startTime": at(2), "endTime": at(3)}), "ERROR 2|ERROR 6|ok 5"),
        (json!({"filterPattern": "nothing"}), ""),
    ] {
        for limit in [1, 2, 100] {
            let mut input = input.clone();
            input["logGroupName"] = json!("g");
            input["limit"] = json!(limit);
            let (mut messages, mut ids) = (Vec::new(), std::collections::HashSet::new());
            loop {
                let output = world.call("FilterLogEvents", input.clone()).await.unwrap();
                for event in output["events"].as_array().unwrap() {
                    messages.push(event["message"].as_str().unwrap().to_owned());
                    let stream = event["logStreamName"].as_str().unwrap();
                    assert!(ids.insert(format!("{stream}{}", event["eventId"])));
                }
                match output.get("nextToken") {
                    Some(token) => input["nextToken"] = token.clone(),
                    None => break,
                }
            }
            assert_eq!(messages.join("|"), expected, "{input}");
        }
    }
    check(&world, vec![
        ("FilterLogEvents", json!({"logGroupName": "g", "filterPattern": "{ $.a = 1 }"}), Fails("InvalidParameterException", "does not implement")),
        ("FilterLogEvents", json!({"logGroupName": "none"}), Fails("ResourceNotFoundException", "")),
        ("FilterLogEvents", json!({"logGroupName": "g", "logStreamNames": ["none"]}), Fails("ResourceNotFoundException", "stream")),
        ("FilterLogEvents", json!({}), Fails("InvalidParameterException", "")),
    ])
    .await;
}

#[tokio::test]
async fn an_append_rings() {
    let world = World::new();
    world.stream("g", "s").await;
    let mut bell = world.kit.notices.subscribe(&logs::notice_topic("us-east-1", "g", "s"));
    world.put("g", "s", &[(0, "x")]).await;
    assert!(bell.has_changed().unwrap());
    bell.mark_unchanged();
    world.stream("g", "t").await;
    world.put("g", "t", &[(0, "x")]).await;
    assert!(!bell.has_changed().unwrap());
}
