//! `GetLogEvents`: pages and tokens as pollers use them.

use crate::world::{Expect, START_MS, World, check, messages};
use serde_json::{Value, json};

async fn get(world: &World, more: Value) -> Value {
    let mut input = json!({"logGroupName": "g", "logStreamName": "s"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.call("GetLogEvents", input).await.unwrap()
}

async fn filled() -> World {
    let world = World::with(&[("g", "s")]).await;
    world.put("g", "s", &[(10, "a"), (20, "b"), (20, "c")]).await;
    world.put("g", "s", &[(30, "d"), (40, "e")]).await;
    world
}

#[tokio::test]
async fn which_events() {
    let world = filled().await;
    let at = |ms: i64| START_MS + ms;
    for (input, expected) in [
        (json!({}), "abcde"),
        (json!({"limit": 2}), "de"),
        (json!({"limit": 2, "startFromHead": true}), "ab"),
        (json!({"startTime": at(20)}), "bcde"),
        (json!({"startTime": at(21)}), "de"),
        (json!({"endTime": at(40)}), "abcd"),
        (json!({"startTime": at(20), "endTime": at(30)}), "bc"),
        (json!({"startTime": at(20), "endTime": at(30), "limit": 1}), "c"),
        (json!({"startTime": at(20), "endTime": at(20)}), ""),
        (json!({"startTime": at(30), "endTime": at(20)}), ""),
        (json!({"startTime": at(41)}), ""),
        (json!({"startTime": 0, "endTime": i64::MAX}), "abcde"),
        (json!({"startTime": i64::MAX}), ""),
    ] {
        assert_eq!(messages(&get(&world, input.clone()).await).join(""), expected, "{input}");
    }
    let page = get(&world, json!({"limit": 1})).await;
    let event = json!([{"timestamp": at(40), "message": "e", "ingestionTime": START_MS}]);
    assert_eq!(page["events"], event);
}

#[tokio::test]
async fn a_poller_gets_every_event_once_and_the_same_token_at_the_end() {
    let world = filled().await;
    let mut input = json!({"startFromHead": true, "limit": 2});
    let mut seen = String::new();
    let mut appended = 0;
    loop {
        let page = get(&world, input.clone()).await;
        seen += &messages(&page).join("");
        let token = page["nextForwardToken"].clone();
        assert!(token.as_str().unwrap().starts_with("f/"));
        if Some(&token) == input.get("nextToken") {
            assert!(messages(&page).is_empty());
            if appended == 3 {
                break;
            }
            // At the time of the last event twice, and later.
            world.put("g", "s", &[(40 + appended / 2, "x"), (40 + appended / 2, "y")]).await;
            appended += 1;
        }
        input["nextToken"] = token;
    }
    assert_eq!(&seen[..5], "abcde");
    assert_eq!(seen.matches('x').count(), 3, "{seen}");
    assert_eq!(seen.matches('y').count(), 3, "{seen}");
}

#[tokio::test]
async fn a_poller_of_an_empty_stream_misses_nothing() {
    for more in [json!({}), json!({"startFromHead": true}), json!({"startTime": START_MS + 15})] {
        let world = World::with(&[("g", "s")]).await;
        let mut input = more.clone();
        let page = get(&world, input.clone()).await;
        assert_eq!(page["events"], json!([]));
        input["nextToken"] = page["nextForwardToken"].clone();
        let again = get(&world, input.clone()).await;
        assert_eq!(again["nextForwardToken"], page["nextForwardToken"]);
        world.put("g", "s", &[(10, "a"), (20, "b")]).await;
        let expected = if more.get("startTime").is_some() { "b" } else { "ab" };
        assert_eq!(messages(&get(&world, input).await).join(""), expected, "{more}");
    }
}

#[tokio::test]
async fn backwards_to_the_beginning_and_forwards_again() {
    let world = filled().await;
    let last = get(&world, json!({"limit": 2})).await;
    assert_eq!(messages(&last).join(""), "de");
    let back = |page: &Value| json!({"limit": 2, "nextToken": page["nextBackwardToken"]});
    let forth = |page: &Value| json!({"limit": 2, "nextToken": page["nextForwardToken"]});
    let middle = get(&world, back(&last)).await;
    assert_eq!(messages(&middle).join(""), "bc");
    let first = get(&world, back(&middle)).await;
    assert_eq!(messages(&first).join(""), "a");
    let before = get(&world, back(&first)).await;
    assert_eq!(messages(&before).join(""), "");
    assert_eq!(before["nextBackwardToken"], first["nextBackwardToken"]);
    assert!(before["nextBackwardToken"].as_str().unwrap().starts_with("b/"));
    assert_eq!(messages(&get(&world, forth(&before)).await).join(""), "ab");
    assert_eq!(messages(&get(&world, forth(&first)).await).join(""), "bc");
    assert_eq!(messages(&get(&world, forth(&middle)).await).join(""), "de");
    let end = get(&world, forth(&last)).await;
    assert_eq!(messages(&end).join(""), "");
    assert_eq!(messages(&get(&world, back(&end)).await).join(""), "de");
}

#[tokio::test]
async fn a_page_holds_a_megabyte() {
    let world = World::with(&[("g", "s")]).await;
    let line = "x".repeat(400_000);
    for ms in 0..5 {
        world.put("g", "s", &[(ms, &line)]).await;
    }
    world.put("g", "s", &[(5, &"y".repeat(1_048_550))]).await;
    let mut input = json!({"startFromHead": true});
    let mut sizes = Vec::new();
    loop {
        let page = get(&world, input.clone()).await;
        if messages(&page).is_empty() {
            break;
        }
        sizes.push(messages(&page).len());
        input["nextToken"] = page["nextForwardToken"].clone();
    }
    assert_eq!(sizes, [2, 2, 1, 1]);
}

#[tokio::test]
async fn foreign_tokens() {
    let world = filled().await;
    let with = |token: &str| json!({"logGroupName": "g", "logStreamName": "s", "nextToken": token});
    let refused = || Expect::Invalid("The specified nextToken is invalid.");
    let steps = ["x", "f/", "f/1/s", "b/é/s", "\u{0}"];
    let steps = steps.map(|token| ("GetLogEvents", with(token), refused())).into();
    check(&world, steps).await;
    let odd = format!("f/{}/s", "9".repeat(37));
    check(&world, vec![("GetLogEvents", with(&odd), refused())]).await;
    let far = format!("f/{}{}/s", "9".repeat(27), "0".repeat(10));
    let empty = json!({"events": [], "nextForwardToken": far});
    check(&world, vec![("GetLogEvents", with(&far), Expect::Output(empty))]).await;
}
