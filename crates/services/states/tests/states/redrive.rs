//! `RedriveExecution`.

use crate::fakes::Fake;
use crate::world::Expect::{Error, Output};
use crate::world::{World, check, output, types};
use serde_json::{Value, json};
use service::AwsError;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_failed_execution_goes_on_with_the_task_that_failed() {
    let calls = AtomicU32::new(0);
    let lambda = Fake::new("lambda", move |_, _| {
        if calls.fetch_add(1, Ordering::Relaxed) == 0 {
            return Err(AwsError::new("ServiceException", "not now"));
        }
        Ok(json!({"StatusCode": 200, "Payload": service::base64_text(b"7")}))
    });
    let world = World::new(vec![lambda]).await;
    let machine = world
        .machine(
            "m",
            &json!({"StartAt": "P", "States": {
            "P": {"Type": "Pass", "Result": {"x": 1}, "Next": "T"},
            "T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
                "Parameters": {"FunctionName": "f", "Payload.$": "$$.Execution.RedriveCount"},
                "ResultSelector": {"got.$": "$.Payload"}, "ResultPath": "$.y"}}}),
        )
        .await;
    let execution = world.start(&machine, &json!({})).await;
    let named = json!({"executionArn": execution});
    let with_token = json!({"executionArn": execution, "clientToken": "once"});
    let found = world.ended(&execution).await;
    assert_eq!(
        (&found["status"], &found["redriveStatus"]),
        (&json!("FAILED"), &json!("REDRIVABLE"))
    );
    assert!(found.get("redriveStatusReason").is_none(), "{found}");
    tokio::time::sleep(Duration::from_mins(1)).await;

    let first = world.ok("RedriveExecution", with_token.clone()).await;
    let again = world.ok("RedriveExecution", with_token).await;
    assert_eq!(first, again);
    let found = world.ended(&execution).await;
    assert_eq!(output(&found), json!({"x": 1, "y": {"got": 7}}));
    assert_eq!((&found["redriveCount"], &found["redriveDate"]), (&json!(1), &first["redriveDate"]));
    assert!(found["startDate"].as_f64() < found["redriveDate"].as_f64());
    let events = world.history(&execution).await;
    assert_eq!(
        types(&events),
        [
            "ExecutionStarted",
            "PassStateEntered",
            "PassStateExited",
            "TaskStateEntered",
            "TaskScheduled",
            "TaskStarted",
            "TaskFailed",
            "ExecutionFailed",
            "ExecutionRedriven",
            "TaskScheduled",
            "TaskStarted",
            "TaskSucceeded",
            "TaskStateExited",
            "ExecutionSucceeded",
        ]
    );
    assert_eq!(events[8]["executionRedrivenEventDetails"], json!({"redriveCount": 1}));
    lists_know_it(&world, &machine, &named).await;
}

async fn lists_know_it(world: &World, machine: &str, named: &Value) {
    let list = |filter: &str| json!({"stateMachineArn": machine, "redriveFilter": filter});
    check(
        world,
        vec![
            (
                "RedriveExecution",
                named.clone(),
                Error("ExecutionNotRedrivable", "Execution is SUCCEEDED and cannot be redriven"),
            ),
            (
                "ListExecutions",
                list("REDRIVEN"),
                Output(json!({"executions": [{"redriveCount": 1}]})),
            ),
            ("ListExecutions", list("NOT_REDRIVEN"), Output(json!({"executions": []}))),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_redriven() {
    let world = World::new(Vec::new()).await;
    let waits =
        json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}});
    let machine = world.machine("m", &waits).await;
    let execution = world.start(&machine, &json!({})).await;
    let named = json!({"executionArn": execution});
    let nobody = "arn:aws:states:us-east-1:000000000000:execution:m:nobody";
    let express = "arn:aws:states:us-east-1:000000000000:express:m:n:u";
    check(
        &world,
        vec![
            (
                "RedriveExecution",
                named.clone(),
                Error("ExecutionNotRedrivable", "Execution is RUNNING and cannot be redriven"),
            ),
            (
                "RedriveExecution",
                json!({"executionArn": nobody}),
                Error("ExecutionDoesNotExist", "Execution Does Not Exist: 'arn:aws:states:us-east-1:000000000000:execution:m:nobody'"),
            ),
            (
                "RedriveExecution",
                json!({"executionArn": express}),
                Error("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'"),
            ),
            ("StopExecution", named.clone(), Output(json!({}))),
            ("DescribeExecution", named.clone(), Output(json!({"redriveStatus": "REDRIVABLE"}))),
        ],
    )
    .await;
    tokio::time::sleep(Duration::from_secs(14 * 86_400 + 1)).await;
    check(
        &world,
        vec![
            (
                "RedriveExecution",
                named.clone(),
                Error("ExecutionNotRedrivable", "Execution redrivable period exceeded"),
            ),
            (
                "DescribeExecution",
                named,
                Output(json!({"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": "Execution redrivable period exceeded"})),
            ),
        ],
    )
    .await;
}
