//! What an append writes and a read reads, whatever the length of the stream.

use crate::world::{START_MS, World, messages};
use serde_json::json;

#[tokio::test]
async fn costs_do_not_grow_with_the_stream() {
    let world = World::with(&[("g", "s")]).await;
    let line = "a line of some length, as programs write them while they train a model";
    let mut written_most = 0;
    world.costs();
    for ms in 0..3_000 {
        world.put("g", "s", &[(ms, line)]).await;
        let (bytes_written, records_read) = world.costs();
        written_most = written_most.max(bytes_written);
        assert!(records_read <= 3, "append {ms} reads {records_read} records");
    }
    assert!(written_most < 16_000, "an append wrote {written_most} bytes");
    // 3,000 lines of 96 bytes in chunks of at most 8 KiB.
    let chunks = world.count("logs/chunk").await;
    assert!((30..60).contains(&chunks), "{chunks} chunks");

    let get = |more| {
        let mut input = json!({"logGroupName": "g", "logStreamName": "s"});
        if let serde_json::Value::Object(more) = more {
            input.as_object_mut().unwrap().extend(more);
        }
        input
    };
    world.costs();
    for (input, events) in [
        (get(json!({"limit": 10})), 10),
        (get(json!({"limit": 10, "startFromHead": true})), 10),
        (get(json!({"limit": 10, "startTime": START_MS + 1_500, "startFromHead": true})), 10),
        (get(json!({"limit": 10, "endTime": START_MS + 1_500})), 10),
        (get(json!({"startTime": START_MS + 2_999})), 1),
        (get(json!({"startTime": START_MS + 3_000})), 0),
    ] {
        let page = world.call("GetLogEvents", input.clone()).await.unwrap();
        let (_, records_read) = world.costs();
        assert_eq!(messages(&page).len(), events, "{input}");
        assert!(records_read <= 2 + 17, "{input} reads {records_read} records");
    }
    // A poll that finds nothing new.
    let last = world.call("GetLogEvents", get(json!({"limit": 1}))).await.unwrap();
    world.costs();
    let poll = get(json!({"nextToken": last["nextForwardToken"], "startFromHead": true}));
    let page = world.call("GetLogEvents", poll).await.unwrap();
    assert_eq!(messages(&page).len(), 0);
    let (_, records_read) = world.costs();
    assert!(records_read <= 3, "a poll reads {records_read} records");
}

#[tokio::test]
async fn a_large_batch_is_cut_into_chunks() {
    let world = World::with(&[("g", "s")]).await;
    let line = "x".repeat(74);
    let events: Vec<(i64, &str)> = (0..10_000).map(|ms| (ms, line.as_str())).collect();
    world.put("g", "s", &events).await;
    let chunks = world.count("logs/chunk").await;
    assert!((15..20).contains(&chunks), "{chunks} chunks");
    let input = json!({"logGroupName": "g", "logStreamName": "s"});
    let page = world.call("GetLogEvents", input).await.unwrap();
    assert_eq!(messages(&page).len(), 10_000);
}

#[tokio::test]
async fn a_search_that_finds_nothing_comes_back_before_the_end() {
    let world = World::with(&[("g", "s"), ("g", "t")]).await;
    let line = "x".repeat(8_100);
    for ms in 0..2_200 {
        world.put("g", "s", &[(ms, &line)]).await;
    }
    world.put("g", "s", &[(3_000, "needle")]).await;
    let mut input = json!({"logGroupName": "g", "filterPattern": "needle"});
    let mut pages = 1;
    let mut page = world.call("FilterLogEvents", input.clone()).await.unwrap();
    while let Some(token) = page.get("nextToken") {
        assert!(messages(&page).is_empty());
        input["nextToken"] = token.clone();
        page = world.call("FilterLogEvents", input.clone()).await.unwrap();
        pages += 1;
    }
    assert_eq!(messages(&page), ["needle"]);
    assert_eq!(pages, 2);
}
