//! Activities and task tokens.

use crate::world::Expect::{Error, Output};
use crate::world::{World, check, output, types};
use base64::Engine as _;
use serde_json::{Value, json};
use std::time::Duration;

const ACTIVITY: &str = "arn:aws:states:us-east-1:000000000000:activity:a";

fn definition() -> Value {
    json!({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": ACTIVITY, "HeartbeatSeconds": 30, "End": true}}})
}

/// A token as tasks have them, of an execution that never was.
fn of_nobody() -> String {
    let arn = "arn:aws:states:us-east-1:000000000000:execution:m:nobody";
    let (kind, frame) = (engine::KeyKind::Task, engine::FrameId::TOP);
    let key = engine::Key { kind, frame, entry: 1, attempt: 0 };
    let text = format!("{arn}\n{key}\n0123456789abcdef");
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test(start_paused = true)]
async fn activities_come_and_go() {
    let world = World::new(Vec::new()).await;
    let arn = json!({"activityArn": ACTIVITY});
    check(
        &world,
        vec![
            ("CreateActivity", json!({"name": "a"}), Output(arn.clone())),
            ("CreateActivity", json!({"name": "a"}), Output(arn.clone())),
            ("CreateActivity", json!({"name": "a b"}), Error("InvalidName", "Invalid Name: 'a b'")),
            (
                "DescribeActivity",
                arn.clone(),
                Output(json!({"name": "a", "encryptionConfiguration": {"type": "AWS_OWNED_KEY"}})),
            ),
            ("ListActivities", json!({}), Output(json!({"activities": [{"name": "a"}]}))),
            ("DeleteActivity", arn.clone(), Output(json!({}))),
            ("DeleteActivity", arn.clone(), Output(json!({}))),
            (
                "GetActivityTask",
                arn,
                Error(
                    "ActivityDoesNotExist",
                    "Activity Does Not Exist: 'arn:aws:states:us-east-1:000000000000:activity:a'",
                ),
            ),
            (
                "SendTaskSuccess",
                json!({"taskToken": "x", "output": "{}"}),
                Error("InvalidToken", "Invalid Token: 'Invalid token'"),
            ),
            (
                "SendTaskHeartbeat",
                json!({"taskToken": of_nobody()}),
                Error("TaskDoesNotExist", "Task Does Not Exist: 'Provided task does not exist'"),
            ),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn workers_take_tasks_and_answer_them() {
    let world = World::new(Vec::new()).await;
    world.ok("CreateActivity", json!({"name": "a"})).await;
    let machine = world.machine("m", &definition()).await;
    // Nobody has work yet: the worker is sent away after a minute.
    let before = tokio::time::Instant::now();
    let nothing = world.ok("GetActivityTask", json!({"activityArn": ACTIVITY})).await;
    assert_eq!((nothing, before.elapsed()), (json!({}), Duration::from_mins(1)));

    let execution = world.start(&machine, &json!({"n": 1})).await;
    let task =
        world.ok("GetActivityTask", json!({"activityArn": ACTIVITY, "workerName": "w"})).await;
    assert_eq!(task["input"], "{\"n\":1}");
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(20)).await;
        world.ok("SendTaskHeartbeat", json!({"taskToken": task["taskToken"]})).await;
    }
    let refused = world
        .call("SendTaskSuccess", json!({"taskToken": task["taskToken"], "output": "nope"}))
        .await;
    assert_eq!(refused.unwrap_err().code, "InvalidOutput");
    world.ok("SendTaskSuccess", json!({"taskToken": task["taskToken"], "output": "[2]"})).await;
    let found = world.ended(&execution).await;
    assert_eq!(output(&found), json!([2]));
    assert_eq!(
        types(&world.history(&execution).await),
        [
            "ExecutionStarted",
            "TaskStateEntered",
            "ActivityScheduled",
            "ActivityStarted",
            "ActivitySucceeded",
            "TaskStateExited",
            "ExecutionSucceeded"
        ]
    );
    let late =
        world.call("SendTaskSuccess", json!({"taskToken": task["taskToken"], "output": "1"})).await;
    assert_eq!(late.unwrap_err().code, "TaskTimedOut");
}

#[tokio::test(start_paused = true)]
async fn a_silent_worker_fails_the_task() {
    let world = World::new(Vec::new()).await;
    world.ok("CreateActivity", json!({"name": "a"})).await;
    let machine = world.machine("m", &definition()).await;
    for (answer, status, error) in [
        (Some(json!({"error": "E", "cause": "C"})), "FAILED", "E"),
        (None, "FAILED", "States.Timeout"),
    ] {
        let execution = world.start(&machine, &json!({})).await;
        let task = world.ok("GetActivityTask", json!({"activityArn": ACTIVITY})).await;
        if let Some(mut answer) = answer {
            answer["taskToken"] = task["taskToken"].clone();
            world.ok("SendTaskFailure", answer).await;
        }
        let found = world.ended(&execution).await;
        assert_eq!((&found["status"], &found["error"]), (&json!(status), &json!(error)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_of_an_activity_that_is_not_there_fails_at_once() {
    let world = World::new(Vec::new()).await;
    let machine = world.machine("m", &definition()).await;
    let execution = world.start(&machine, &json!({})).await;
    let found = world.ended(&execution).await;
    assert_eq!(found["error"], "ActivityDoesNotExist", "{found}");
    let history = world.history(&execution).await;
    assert_eq!(
        types(&history),
        [
            "ExecutionStarted",
            "TaskStateEntered",
            "ActivityScheduled",
            "ActivityScheduleFailed",
            "ExecutionFailed"
        ]
    );
    let details = &history[3]["activityScheduleFailedEventDetails"];
    assert_eq!(details["cause"], format!("Activity Does Not Exist: '{ACTIVITY}'"));
    // It can be caught.
    let mut caught = definition();
    caught["States"]["T"]["Catch"] = json!([{"ErrorEquals": ["States.TaskFailed"], "Next": "C"}]);
    caught["States"]["C"] = json!({"Type": "Pass", "Result": "caught", "End": true});
    let machine = world.machine("n", &caught).await;
    let execution = world.start(&machine, &json!({})).await;
    assert_eq!(output(&world.ended(&execution).await), json!("caught"));
}
