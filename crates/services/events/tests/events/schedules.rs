//! Schedules against changes of their rule and of the clock.

use crate::world::{START_MS, World, machine, pass};
use serde_json::{Value, json};
use service::OpenDoor;
use std::sync::Arc;

/// Seconds from the start at which executions were started.
async fn seconds(world: &World) -> Vec<i64> {
    let calls = world.calls().await;
    calls.iter().map(|call| (call["at"].as_i64().unwrap() - START_MS) / 1000).collect()
}

fn every(expression: &str) -> Value {
    json!({"Name": "r", "ScheduleExpression": expression})
}

#[tokio::test(start_paused = true)]
async fn changes_move_the_beat_or_keep_it() {
    let rate = every("rate(1 minute)");
    // What is done at second 90, and when it fires until second 250.
    let cases: Vec<(&str, Value, Vec<i64>)> = vec![
        ("PutRule", rate.clone(), vec![60, 120, 180, 240]),
        ("PutRule", every("rate(2 minutes)"), vec![60, 210]),
        ("PutRule", every("cron(0/3 * * * ? *)"), vec![60, 180]),
        (
            "PutRule",
            json!({"Name": "r", "ScheduleExpression": "rate(1 minute)", "State": "DISABLED"}),
            vec![60],
        ),
        ("PutRule", json!({"Name": "r", "EventPattern": "{\"source\":[\"s\"]}"}), vec![60]),
        ("EnableRule", json!({"Name": "r"}), vec![60, 120, 180, 240]),
        ("DisableRule", json!({"Name": "r"}), vec![60]),
        ("RemoveTargets", json!({"Rule": "r", "Ids": ["machine"]}), vec![60]),
    ];
    for (operation, input, fired) in cases {
        let world = World::new().await;
        world.rule(rate.clone(), json!([machine()])).await;
        pass(90).await;
        world.ok(operation, input.clone()).await;
        pass(160).await;
        assert_eq!(seconds(&world).await, fired, "{operation} {input}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_rule_put_again_keeps_a_firing_that_is_due() {
    let world = World::new().await;
    world.rule(every("rate(1 minute)"), json!([machine()])).await;
    let store = world.store.snapshot();
    drop(world);
    // A server that was down comes back after the instant, and the first thing it hears is the rule as it is.
    let world = World::begin(store, START_MS + 70_000, 2, Arc::new(OpenDoor)).await;
    world.ok("PutRule", every("rate(1 minute)")).await;
    pass(1).await;
    let calls = world.calls().await;
    assert_eq!(calls.len(), 1);
    let event: Value = serde_json::from_str(calls[0]["input"]["input"].as_str().unwrap()).unwrap();
    assert_eq!(event["time"], "2026-01-01T00:01:00Z", "{event}");
    assert_eq!(
        (&event["source"], &event["detail-type"], &event["detail"]),
        (&json!("aws.events"), &json!("Scheduled Event"), &json!({}))
    );
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_is_deleted_and_made_anew_fires_its_own_beat() {
    let world = World::new().await;
    for _ in 0..3 {
        world.rule(every("rate(1 minute)"), json!([machine()])).await;
        pass(30).await;
        world.ok("RemoveTargets", json!({"Rule": "r", "Ids": ["machine"]})).await;
        world.ok("DeleteRule", json!({"Name": "r"})).await;
    }
    world.rule(every("rate(1 minute)"), json!([machine()])).await;
    pass(70).await;
    assert_eq!(seconds(&world).await, [150]);
}

/// A server stops at second 90 and starts when the clock says `START_MS + at`; when it fires in the next 131 seconds.
async fn check_clock(at_seconds: i64, fired: &[i64]) {
    let world = World::new().await;
    world.rule(every("rate(1 minute)"), json!([machine()])).await;
    pass(90).await;
    let store = world.store.snapshot();
    drop(world);
    let world = World::begin(store, START_MS + at_seconds * 1000, 2, Arc::new(OpenDoor)).await;
    pass(131).await;
    let mut found = seconds(&world).await;
    found.retain(|second| *second != 60);
    assert_eq!(found, fired, "the clock says {at_seconds}");
}

#[tokio::test(start_paused = true)]
async fn clocks_that_jump() {
    check_clock(90, &[120, 180]).await;
    // Back a little: no instant fires twice.
    check_clock(50, &[120, 180]).await;
    // Forward: once for what was missed.
    check_clock(1_000, &[1_000, 1_020, 1_080]).await;
    // Back by days, for the clock was wrong before: the schedule begins anew.
    let day = 86_400;
    check_clock(-3 * day, &[-3 * day + 60, -3 * day + 120]).await;
}
