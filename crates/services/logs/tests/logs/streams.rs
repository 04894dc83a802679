//! Log streams: making, describing, deleting.

use crate::world::{Expect, NO_GROUP, NO_STREAM, START_MS, World, check, done};
use serde_json::{Value, json};

#[tokio::test]
async fn life_of_a_stream() {
    let world = World::new();
    let name = json!({"logGroupName": "g", "logStreamName": "2026/01/01/[$LATEST]ab"});
    let exists =
        Expect::Error("ResourceAlreadyExistsException", "The specified log stream already exists");
    let described = json!({"logStreams": [{
        "logStreamName": "2026/01/01/[$LATEST]ab",
        "creationTime": START_MS,
        "arn": "arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:2026/01/01/[$LATEST]ab",
        "storedBytes": 0,
    }]});
    let group = json!({"logGroupName": "g"});
    check(
        &world,
        vec![
            ("CreateLogStream", name.clone(), NO_GROUP),
            ("DescribeLogStreams", group.clone(), NO_GROUP),
            ("CreateLogGroup", group.clone(), done()),
            ("CreateLogStream", name.clone(), done()),
            ("CreateLogStream", name.clone(), exists),
            ("DescribeLogStreams", group.clone(), Expect::Output(described)),
            ("DeleteLogStream", name.clone(), done()),
            ("DeleteLogStream", name.clone(), NO_STREAM),
            ("GetLogEvents", name.clone(), NO_STREAM),
            (
                "CreateLogStream",
                json!({"logGroupName": "g", "logStreamName": "a:b"}),
                Expect::Invalid("logStreamName"),
            ),
            (
                "CreateLogStream",
                json!({"logGroupName": "g", "logStreamName": "a*"}),
                Expect::Invalid("logStreamName"),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn times_of_a_stream() {
    let world = World::with(&[("g", "s")]).await;
    world.advance_ms(60_000);
    world.put("g", "s", &[(10, "a"), (20, "b")]).await;
    world.advance_ms(1_000);
    world.put("g", "s", &[(5, "early")]).await;
    let page = world.call("DescribeLogStreams", json!({"logGroupName": "g"})).await.unwrap();
    let stream = &page["logStreams"][0];
    assert_eq!(stream["firstEventTimestamp"], START_MS + 5);
    assert_eq!(stream["lastEventTimestamp"], START_MS + 20);
    assert_eq!(stream["lastIngestionTime"], START_MS + 61_000);
    assert_eq!(stream["uploadSequenceToken"].as_str().unwrap().len(), 56);
}

#[tokio::test]
async fn which_streams() {
    let streams = ["a", "a/1", "a/2", "b", "ä"];
    let world = World::with(&streams.map(|stream| ("g", stream))).await;
    for (stream, ms) in [("a", 30), ("a/1", 10), ("b", 20)] {
        world.put("g", stream, &[(ms, "x")]).await;
    }
    for (more, expected) in [
        (json!({}), "a a/1 a/2 b ä"),
        (json!({"descending": true}), "ä b a/2 a/1 a"),
        (json!({"logStreamNamePrefix": "a"}), "a a/1 a/2"),
        (json!({"logStreamNamePrefix": "a/", "descending": true}), "a/2 a/1"),
        (json!({"orderBy": "LogStreamName"}), "a a/1 a/2 b ä"),
        (json!({"orderBy": "LastEventTime"}), "a/2 ä a/1 b a"),
        (json!({"orderBy": "LastEventTime", "descending": true}), "a b a/1 ä a/2"),
    ] {
        for limit in [1, 2, 50] {
            assert_eq!(names(&world, &more, limit).await, expected, "{more} {limit}");
        }
    }
}

/// The names on all pages.
async fn names(world: &World, more: &Value, limit: usize) -> String {
    let mut input = more.clone();
    input["logGroupName"] = "g".into();
    input["limit"] = limit.into();
    let mut names = Vec::new();
    loop {
        let page = world.call("DescribeLogStreams", input.clone()).await.unwrap();
        let streams = page["logStreams"].as_array().unwrap();
        assert!(streams.len() <= limit);
        names.extend(streams.iter().map(|s| s["logStreamName"].as_str().unwrap().to_owned()));
        match page.get("nextToken") {
            Some(token) => input["nextToken"] = token.clone(),
            None => return names.join(" "),
        }
    }
}

#[tokio::test]
async fn how_a_group_is_named() {
    let world = World::with(&[("/g", "s")]).await;
    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:/g";
    let found = || Expect::Output(json!({"logStreams": [{"logStreamName": "s"}]}));
    let by = |identifier: &str| json!({"logGroupIdentifier": identifier});
    check(
        &world,
        vec![
            ("DescribeLogStreams", by("/g"), found()),
            ("DescribeLogStreams", by(arn), found()),
            ("DescribeLogStreams", by("arn:aws:logs:us-east-1:210987654321:log-group:/g"), NO_GROUP),
            ("DescribeLogStreams", by("arn:aws:logs:eu-west-1:123456789012:log-group:/g"), NO_GROUP),
            ("DescribeLogStreams", by("arn:aws:s3:us-east-1:123456789012:log-group:/g"), Expect::Invalid("ARN")),
            ("DescribeLogStreams", by("arn:aws:logs:us-east-1:123456789012:stream:/g"), Expect::Invalid("ARN")),
            ("DescribeLogStreams", by("arn:"), Expect::Invalid("ARN")),
            ("DescribeLogStreams", by("/g:s"), Expect::Invalid("name")),
            ("DescribeLogStreams", json!({}), Expect::Invalid("logGroupName")),
            (
                "DescribeLogStreams",
                json!({"logGroupName": "/g", "logGroupIdentifier": "/g"}),
                Expect::Invalid("logGroupName"),
            ),
            (
                "DescribeLogStreams",
                json!({"logGroupName": "/g", "logStreamNamePrefix": "s", "orderBy": "LastEventTime"}),
                Expect::Invalid("Cannot order by LastEventTime with a logStreamNamePrefix."),
            ),
            (
                "DescribeLogStreams",
                json!({"logGroupName": "/g", "nextToken": "none"}),
                Expect::Invalid("The specified nextToken is invalid."),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_deleted_stream_takes_its_events_with_it() {
    let world = World::with(&[("g", "s"), ("g", "s1")]).await;
    world.put("g", "s", &[(0, "old")]).await;
    world.put("g", "s1", &[(0, "other")]).await;
    let name = json!({"logGroupName": "g", "logStreamName": "s"});
    check(
        &world,
        vec![
            ("DeleteLogStream", name.clone(), done()),
            ("CreateLogStream", name.clone(), done()),
            ("GetLogEvents", name, Expect::Output(json!({"events": []}))),
            (
                "GetLogEvents",
                json!({"logGroupName": "g", "logStreamName": "s1"}),
                Expect::Output(json!({"events": [{"message": "other"}]})),
            ),
        ],
    )
    .await;
    world.put("g", "s", &[(0, "new")]).await;
    assert_eq!(world.count("logs/chunk").await, 2);
}
