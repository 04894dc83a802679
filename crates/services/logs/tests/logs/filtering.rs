//! `FilterLogEvents`: streams interleaved by time, patterns, pages.

use crate::world::{Expect, NO_GROUP, NO_STREAM, START_MS, World, check, messages};
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn filled() -> World {
    let world =
        World::with(&[("g", "a/1"), ("g", "a/2"), ("g", "b"), ("g", "empty"), ("h", "b")]).await;
    world.put("g", "b", &[(5, "b5 ERROR"), (20, "b20 ok"), (30, "b30 ERROR disk full")]).await;
    world.put("g", "a/2", &[(20, "y20 ERROR"), (20, "y20 second")]).await;
    world.put("g", "a/1", &[(20, "x20 ok"), (25, "x25 WARN")]).await;
    world.put("h", "b", &[(1, "other group")]).await;
    world
}

#[tokio::test]
async fn which_events() {
    let world = filled().await;
    let at = |ms: i64| START_MS + ms;
    let all = "b5 x20 y20 y20 b20 x25 b30";
    for (input, expected) in [
        (json!({}), all),
        (json!({"interleaved": true, "filterPattern": ""}), all),
        (json!({"filterPattern": "ERROR"}), "b5 y20 b30"),
        (json!({"filterPattern": "ERROR \"disk full\""}), "b30"),
        (json!({"filterPattern": "-ERROR"}), "x20 y20 b20 x25"),
        (json!({"filterPattern": "?WARN ?second"}), "y20 x25"),
        (json!({"filterPattern": "nothing"}), ""),
        (json!({"logStreamNamePrefix": "a/"}), "x20 y20 y20 x25"),
        (json!({"logStreamNames": ["b", "a/1", "b"]}), "b5 x20 b20 x25 b30"),
        (json!({"logStreamNames": ["empty"]}), ""),
        (json!({"startTime": at(20), "endTime": at(24)}), "x20 y20 y20 b20"),
        (json!({"startTime": at(21)}), "x25 b30"),
        (json!({"startTime": at(25), "endTime": at(30)}), "x25 b30"),
        (json!({"endTime": at(4)}), ""),
        (json!({"startTime": i64::MAX, "endTime": i64::MAX}), ""),
    ] {
        for limit in [1, 2, 3, 10_000] {
            let found = pages(&world, &input, limit).await;
            let first_words: Vec<&str> =
                found.iter().map(|m| m.split(' ').next().unwrap()).collect();
            assert_eq!(first_words.join(" "), expected, "{input} {limit}");
        }
    }
}

/// The messages on all pages.
async fn pages(world: &World, input: &Value, limit: usize) -> Vec<String> {
    let mut input = input.clone();
    input["logGroupName"] = "g".into();
    input["limit"] = limit.into();
    let mut found = Vec::new();
    let mut ids = BTreeSet::new();
    loop {
        let page = world.call("FilterLogEvents", input.clone()).await.unwrap();
        let messages = messages(&page);
        assert!(messages.len() <= limit);
        for event in page["events"].as_array().unwrap() {
            let id = event["eventId"].as_str().unwrap();
            assert_eq!(id.len(), 56);
            assert!(ids.insert(id.to_owned()), "an event came twice");
        }
        found.extend(messages);
        match page.get("nextToken") {
            Some(token) => input["nextToken"] = token.clone(),
            None => return found,
        }
    }
}

#[tokio::test]
async fn an_event_is_shown_whole() {
    let world = filled().await;
    let input = json!({"logGroupName": "h"});
    let page = world.call("FilterLogEvents", input).await.unwrap();
    assert_eq!(page["searchedLogStreams"], json!([]));
    let event = &page["events"][0];
    assert_eq!(event["logStreamName"], "b");
    assert_eq!(event["timestamp"], START_MS + 1);
    assert_eq!(event["ingestionTime"], START_MS);
    assert_eq!(event["message"], "other group");
}

#[tokio::test]
async fn refusals() {
    let world = filled().await;
    let with = |more: Value| {
        let mut input = json!({"logGroupName": "g"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let page = world.call("FilterLogEvents", with(json!({"limit": 1}))).await.unwrap();
    let of_another_question = with(json!({"filterPattern": "x", "nextToken": page["nextToken"]}));
    check(
        &world,
        vec![
            ("FilterLogEvents", json!({"logGroupName": "none"}), NO_GROUP),
            ("FilterLogEvents", with(json!({"logStreamNames": ["b", "none"]})), NO_STREAM),
            (
                "FilterLogEvents",
                with(json!({"logStreamNames": ["b"], "logStreamNamePrefix": "b"})),
                Expect::Invalid("cannot be used together"),
            ),
            (
                "FilterLogEvents",
                with(json!({"filterPattern": "{ $.level = \"ERROR\" }"})),
                Expect::Invalid("refit does not evaluate JSON filter patterns"),
            ),
            (
                "FilterLogEvents",
                with(json!({"filterPattern": "a:b"})),
                Expect::Invalid("Invalid filter pattern: Invalid character(s) in term 'a:b'"),
            ),
            ("FilterLogEvents", of_another_question, Expect::Invalid("nextToken")),
            ("FilterLogEvents", with(json!({"nextToken": "AAAA"})), Expect::Invalid("nextToken")),
        ],
    )
    .await;
}
