//! Schedules of EventBridge Scheduler that are changed, and clocks that were wrong.

use super::{MINUTE, ORIGIN_MS, World, call, minutes, role};
use crate::compose::Composed;
use runner::FakeScript;
use serde_json::{Value, json};
use service::SystemClock;
use std::sync::Arc;

/// 2099-01-01T00:00:00Z.
const FAR_MS: i64 = 4_070_908_800_000;

/// A machine of one state, and the request for a schedule that starts it.
async fn wish(server: &Composed, expression: &str, window_minutes: u32) -> (String, Value) {
    let states = role(server, "machine", "states.amazonaws.com", "sagemaker:*").await;
    let caller = role(server, "caller", "scheduler.amazonaws.com", "states:StartExecution").await;
    let definition = json!({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}});
    let input = json!({"name": "retrain", "roleArn": states, "definition": definition.to_string()});
    let machine = call(server, "states", "CreateStateMachine", input).await;
    let machine = machine["stateMachineArn"].as_str().unwrap().to_owned();
    let window = match window_minutes {
        0 => json!({"Mode": "OFF"}),
        _ => json!({"Mode": "FLEXIBLE", "MaximumWindowInMinutes": window_minutes}),
    };
    let wish = json!({
        "Name": "often", "ScheduleExpression": expression, "FlexibleTimeWindow": window,
        "Target": {"Arn": machine, "RoleArn": caller},
    });
    (machine, wish)
}

/// A change that is none of its times does not cost the firing that is put off within its window.
#[tokio::test(start_paused = true)]
async fn a_schedule_that_is_changed_within_its_window_fires() {
    let mut world = World::new(|_| FakeScript::exits(1000, 0));
    let server = world.boot().await;
    let (machine, mut wish) = wish(&server, "cron(0 2 * * ? *)", 60).await;
    call(&server, "scheduler", "CreateSchedule", wish.clone()).await;
    tokio::time::sleep(MINUTE * 121).await;
    assert!(minutes(&server, &machine).await.is_empty(), "the seed draws a later minute");
    wish["Description"] = json!("told better");
    call(&server, "scheduler", "UpdateSchedule", wish).await;
    tokio::time::sleep(MINUTE * 60).await;
    assert_eq!(minutes(&server, &machine).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_schedule_of_a_clock_in_the_future_comes_back() {
    let mut world = World::new(|_| FakeScript::exits(1000, 0));
    let server = world.boot().await;
    let (machine, wish) = wish(&server, "rate(5 minutes)", 0).await;
    world.kill(server);
    world.clock = Arc::new(SystemClock::starting_at(FAR_MS));
    let server = world.boot().await;
    call(&server, "scheduler", "CreateSchedule", wish).await;
    tokio::time::sleep(MINUTE * 7).await;
    world.kill(server);
    world.clock = Arc::new(SystemClock::starting_at(ORIGIN_MS));
    let server = world.boot().await;
    tokio::time::sleep(MINUTE * 11).await;
    let fired = minutes(&server, &machine).await;
    assert_eq!(fired.iter().filter(|minute| **minute < 60).count(), 2, "{fired:?}");
}
