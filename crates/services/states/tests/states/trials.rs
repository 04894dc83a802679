//! `TestState`: one state alone, with and without a mock.

use crate::fakes::Fake;
use crate::world::Expect::{Error, Output};
use crate::world::{ROLE, World, check};
use serde_json::{Value, json};

fn trial(state: &Value, more: Value) -> Value {
    let mut input = json!({"definition": state.to_string(), "inspectionLevel": "DEBUG"});
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    input
}

fn task(more: Value) -> Value {
    let mut state = json!({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload.$": "$"}, "Next": "After"});
    for (name, value) in more.as_object().unwrap() {
        state[name] = value.clone();
    }
    state
}

#[tokio::test(start_paused = true)]
async fn a_task_is_carried_out_with_its_role() {
    let lambda = Fake::new("lambda", |_, input| {
        assert_eq!(input["FunctionName"], "f");
        let payload = service::base64_text(b"{\"score\": 7}");
        Ok(json!({"StatusCode": 200, "Payload": payload}))
    });
    let world = World::new(vec![lambda.clone()]).await;
    let state =
        task(json!({"ResultSelector": {"score.$": "$.Payload.score"}, "ResultPath": "$.found"}));
    let input = json!({"roleArn": ROLE, "input": "{\"x\": 1}"});
    let expected = json!({
        "status": "SUCCEEDED",
        "nextState": "After",
        "output": "{\"x\":1,\"found\":{\"score\":7}}",
        "inspectionData": {
            "input": "{\"x\": 1}",
            "afterParameters": "{\"FunctionName\":\"f\",\"Payload\":{\"x\":1}}",
            "afterResultSelector": "{\"score\":7}",
        },
    });
    let steps = vec![
        ("TestState", trial(&state, input), Output(expected)),
        (
            "TestState",
            trial(&state, json!({})),
            Error("ValidationException", "RoleArn must be specified when testing a Task state"),
        ),
    ];
    check(&world, steps).await;
    assert_eq!(lambda.got().len(), 1);
    assert!(lambda.got()[0].principal.contains("retrain"), "{:?}", lambda.got());
}

#[tokio::test(start_paused = true)]
async fn failures_are_retried_caught_or_not() {
    let world = World::new(Vec::new()).await;
    let state = task(json!({
        "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 1, "IntervalSeconds": 3}],
        "Catch": [{"ErrorEquals": ["Busy"], "Next": "Tidy", "ResultPath": "$.why"}],
    }));
    let mocked = |error: &str, retries: u32| {
        json!({
            "input": "{\"x\":1}",
            "mock": {"errorOutput": {"error": error, "cause": "why"}},
            "stateConfiguration": {"retrierRetryCount": retries},
        })
    };
    check(
        &world,
        vec![
            (
                "TestState",
                trial(&state, mocked("Busy", 0)),
                Output(json!({"status": "RETRIABLE", "error": "Busy", "cause": "why", "inspectionData": {"errorDetails": {"retryIndex": 0, "retryBackoffIntervalSeconds": 3}}})),
            ),
            (
                "TestState",
                trial(&state, mocked("Busy", 1)),
                Output(json!({"status": "CAUGHT_ERROR", "error": "Busy", "nextState": "Tidy", "output": "{\"x\":1,\"why\":{\"Error\":\"Busy\",\"Cause\":\"why\"}}", "inspectionData": {"errorDetails": {"catchIndex": 0}}})),
            ),
            (
                "TestState",
                trial(&state, mocked("Other", 0)),
                Output(json!({"status": "FAILED", "error": "Other"})),
            ),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn waits_end_after_five_minutes() {
    let world = World::new(Vec::new()).await;
    let wait = |seconds: u64| json!({"Type": "Wait", "Seconds": seconds, "End": true});
    check(
        &world,
        vec![
            ("TestState", trial(&wait(120), json!({})), Output(json!({"status": "SUCCEEDED"}))),
            (
                "TestState",
                trial(&wait(301), json!({})),
                Output(json!({"status": "FAILED", "error": "States.Timeout"})),
            ),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn failed_iterations_count_against_what_is_tolerated() {
    let world = World::new(Vec::new()).await;
    let map = |more: Value| {
        let mut state = json!({"Type": "Map", "ItemsPath": "$", "End": true,
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "One", "States": {"One": {"Type": "Pass", "End": true}}}});
        for (name, value) in more.as_object().unwrap() {
            state[name] = value.clone();
        }
        let more = json!({"input": "[1,2,3]", "mock": {"result": "[0,0,1]"}, "stateConfiguration": {"mapIterationFailureCount": 2}});
        trial(&state, more)
    };
    let exceeded = "States.ExceedToleratedFailureThreshold";
    let threshold = json!({"ErrorEquals": [exceeded], "Next": "Over"});
    let ok = json!({"status": "SUCCEEDED", "output": "[0,0,1]"});
    check(
        &world,
        vec![
            ("TestState", map(json!({})), Output(ok.clone())),
            ("TestState", map(json!({"ToleratedFailureCount": 2})), Output(ok)),
            (
                "TestState",
                map(json!({"ToleratedFailureCount": 1, "Catch": [threshold]})),
                Output(json!({"status": "CAUGHT_ERROR", "error": exceeded, "nextState": "Over", "cause": "The specified tolerated failure threshold was exceeded", "inspectionData": {"toleratedFailureCount": 1, "errorDetails": {"catchIndex": 0}}})),
            ),
            (
                "TestState",
                map(json!({"ToleratedFailurePercentage": 50})),
                Output(json!({"status": "FAILED", "error": exceeded, "inspectionData": {"toleratedFailurePercentage": 50}})),
            ),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn states_inside_others_can_be_tried() {
    let world = World::new(Vec::new()).await;
    let definition = json!({"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true,
        "ItemSelector": {"n.$": "$$.Map.Item.Index"},
        "ItemProcessor": {"StartAt": "One", "States": {
            "One": {"Type": "Pass", "Parameters": {"was.$": "$v"}, "Next": "Two"},
            "Two": {"Type": "Succeed"}}}}}});
    let whole = |state: &str, more: Value| {
        let mut input = trial(&definition, more);
        input["stateName"] = json!(state);
        input
    };
    check(
        &world,
        vec![
            (
                "TestState",
                whole("One", json!({"variables": "{\"v\": 5}"})),
                Output(json!({"nextState": "Two", "output": "{\"was\":5}"})),
            ),
            (
                "TestState",
                whole("Each", json!({"input": "[7,8]", "mock": {"result": "[1,2]"}})),
                Output(json!({"output": "[1,2]", "inspectionData": {"afterItemSelector": "[{\"n\":0},{\"n\":1}]"}})),
            ),
            (
                "TestState",
                whole("Each", json!({"input": "[7,8]", "mock": {"result": "[1]"}})),
                Error("ValidationException", "Input array does not equal the mocked result array's size."),
            ),
            (
                "TestState",
                whole("Nobody", json!({})),
                Error("ValidationException", "State not found in definition"),
            ),
            (
                "TestState",
                json!({"definition": "{\"Type\": \"Pass\", "}),
                Error("InvalidDefinition", "Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: this '{' is never closed with '}' at null'"),
            ),
        ],
    )
    .await;
}
