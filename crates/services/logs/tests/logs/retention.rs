//! Retention: what has expired is not shown, and is removed day by day.

use crate::world::{DAY_MS, Expect, HOUR_MS, NO_GROUP, World, check, done, messages};
use serde_json::json;

#[tokio::test]
async fn policies() {
    let world = World::with(&[("g", "s")]).await;
    let days = |days: i64| json!({"logGroupName": "g", "retentionInDays": days});
    let shown = |group| Expect::Output(json!({"logGroups": [group]}));
    check(
        &world,
        vec![
            ("PutRetentionPolicy", json!({"logGroupName": "h", "retentionInDays": 1}), NO_GROUP),
            ("DeleteRetentionPolicy", json!({"logGroupName": "h"}), NO_GROUP),
            ("PutRetentionPolicy", days(2), Expect::Invalid("retentionInDays")),
            ("PutRetentionPolicy", days(0), Expect::Invalid("retentionInDays")),
            ("PutRetentionPolicy", days(3653), done()),
            ("PutRetentionPolicy", days(7), done()),
            ("DescribeLogGroups", json!({}), shown(json!({"retentionInDays": 7}))),
            ("DeleteRetentionPolicy", json!({"logGroupName": "g"}), done()),
            ("DeleteRetentionPolicy", json!({"logGroupName": "g"}), done()),
        ],
    )
    .await;
    let page = world.call("DescribeLogGroups", json!({})).await.unwrap();
    assert_eq!(page["logGroups"][0].get("retentionInDays"), None);
    assert_eq!(world.count("work").await, 0);
}

#[tokio::test]
async fn expired_events_are_hidden_at_once_and_removed_with_time() {
    let world = World::with(&[("g", "s"), ("g", "t")]).await;
    world.put("g", "s", &[(0, "old")]).await;
    world.put("g", "t", &[(0, "old too")]).await;
    let large = "x".repeat(9_000);
    world.put("g", "s", &[(HOUR_MS, &large)]).await;
    world.advance_ms(12 * HOUR_MS);
    world.put("g", "s", &[(12 * HOUR_MS, "young")]).await;
    let policy = json!({"logGroupName": "g", "retentionInDays": 1});
    world.call("PutRetentionPolicy", policy).await.unwrap();
    world.run_due_work().await;
    assert_eq!(world.count("logs/chunk").await, 4);

    world.advance_ms(13 * HOUR_MS);
    let get = json!({"logGroupName": "g", "logStreamName": "s"});
    let find = json!({"logGroupName": "g"});
    for head in [true, false] {
        let mut input = get.clone();
        input["startFromHead"] = head.into();
        let page = world.call("GetLogEvents", input).await.unwrap();
        assert_eq!(messages(&page), [large.as_str(), "young"]);
    }
    let page = world.call("FilterLogEvents", find.clone()).await.unwrap();
    assert_eq!(messages(&page).len(), 2);

    // A round a day: the next one is due 36 hours after the start.
    assert_eq!(world.run_due_work().await, 0);
    world.advance_ms(11 * HOUR_MS);
    assert_eq!(world.run_due_work().await, 1);
    assert_eq!(world.count("logs/chunk").await, 1);
    world.advance_ms(DAY_MS);
    assert_eq!(world.run_due_work().await, 1);
    assert_eq!(world.count("logs/chunk").await, 0);
    let page = world.call("DescribeLogGroups", json!({})).await.unwrap();
    assert_eq!(page["logGroups"][0]["storedBytes"], 0);
    let page = world.call("DescribeLogStreams", find).await.unwrap();
    assert_eq!(page["logStreams"][0].get("firstEventTimestamp"), None);
    // A stream whose events are all gone goes on.
    let ms = 36 * HOUR_MS + DAY_MS;
    world.put("g", "s", &[(ms, "new")]).await;
    assert_eq!(messages(&world.call("GetLogEvents", get).await.unwrap()), ["new"]);
    assert_eq!(world.count("work").await, 1);
}

#[tokio::test]
async fn much_is_removed_in_several_commits() {
    let names: Vec<String> = (0..120).map(|number| format!("s{number:03}")).collect();
    let streams: Vec<(&str, &str)> = names.iter().map(|name| ("g", name.as_str())).collect();
    let world = World::with(&streams).await;
    for name in &names {
        world.put("g", name, &[(0, "x")]).await;
    }
    let large = "x".repeat(9_000);
    for ms in 0..600 {
        world.put("g", "s007", &[(ms, &large)]).await;
    }
    world.advance_ms(2 * DAY_MS);
    world.put("g", "s007", &[(2 * DAY_MS, "stays")]).await;
    let policy = json!({"logGroupName": "g", "retentionInDays": 1});
    world.call("PutRetentionPolicy", policy).await.unwrap();
    let runs = world.run_due_work().await;
    assert!((3..=5).contains(&runs), "{runs} runs");
    assert_eq!(world.count("logs/chunk").await, 1);
    let page = world.call("DescribeLogGroups", json!({})).await.unwrap();
    assert_eq!(page["logGroups"][0]["storedBytes"], 5 + 26);
    world.advance_ms(HOUR_MS);
    assert_eq!(world.run_due_work().await, 0);
}
