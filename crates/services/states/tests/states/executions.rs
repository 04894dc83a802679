//! Starting, stopping, describing and listing executions.

use crate::world::Expect::{Error, Output};
use crate::world::{ROLE, World, check, holds, output, types};
use serde_json::{Value, json};

const EXECUTION: &str = "arn:aws:states:us-east-1:000000000000:execution:m";

fn waiting() -> Value {
    json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}})
}

#[tokio::test(start_paused = true)]
async fn names_make_starting_idempotent_while_it_runs() {
    let world = World::new(Vec::new()).await;
    let machine = world.machine("m", &waiting()).await;
    let start =
        |name: &str, input: &str| json!({"stateMachineArn": machine, "name": name, "input": input});
    let arn = format!("{EXECUTION}:x");
    check(
        &world,
        vec![
            ("StartExecution", start("x", "{}"), Output(json!({"executionArn": arn}))),
            ("StartExecution", start("x", "{ }"), Output(json!({"executionArn": arn}))),
            (
                "StartExecution",
                start("x", "1"),
                Error("ExecutionAlreadyExists", "Execution Already Exists: 'arn:aws:states:us-east-1:000000000000:execution:m:x'"),
            ),
            ("StartExecution", start("x y", "1"), Error("InvalidName", "Invalid Name: 'x y'")),
            (
                "StartExecution",
                start("z", "not some json"),
                Error("InvalidExecutionInput", "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')'"),
            ),
            ("DescribeExecution", json!({"executionArn": arn}), Output(json!({"status": "RUNNING", "input": "{}", "name": "x", "redriveStatus": "NOT_REDRIVABLE"}))),
            ("StopExecution", json!({"executionArn": arn, "error": "E", "cause": "C"}), Output(json!({"stopDate": "*"}))),
            ("DescribeExecution", json!({"executionArn": arn}), Output(json!({"status": "ABORTED", "error": "E", "cause": "C"}))),
            (
                "StartExecution",
                start("x", "{}"),
                Error("ExecutionAlreadyExists", "Execution Already Exists: 'arn:aws:states:us-east-1:000000000000:execution:m:x'"),
            ),
            (
                "DescribeExecution",
                json!({"executionArn": format!("{EXECUTION}:none")}),
                Error("ExecutionDoesNotExist", "Execution Does Not Exist: 'arn:aws:states:us-east-1:000000000000:execution:m:none'"),
            ),
            (
                "DescribeExecution",
                json!({"executionArn": "nonsense"}),
                Error("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: nonsense'"),
            ),
            ("StartSyncExecution", start("x", "{}"), Error("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn lists_and_histories_come_in_pages() {
    let world = World::new(Vec::new()).await;
    let machine = world.machine("m", &waiting()).await;
    for number in 0..5 {
        let input = json!({"stateMachineArn": machine, "name": format!("x{number}")});
        world.ok("StartExecution", input).await;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    world.ok("StopExecution", json!({"executionArn": format!("{EXECUTION}:x1")})).await;
    let mut names = Vec::new();
    let mut question =
        json!({"stateMachineArn": machine, "statusFilter": "RUNNING", "maxResults": 3});
    loop {
        let page = world.ok("ListExecutions", question.clone()).await;
        let page_names = page["executions"].as_array().unwrap().iter();
        names.extend(page_names.map(|item| item["name"].as_str().unwrap().to_owned()));
        let Some(token) = page.get("nextToken") else { break };
        question["nextToken"] = token.clone();
    }
    assert_eq!(names, ["x4", "x3", "x2", "x0"]);
    question["statusFilter"] = json!("FAILED");
    question["nextToken"] = json!("eHh4");
    let refused = world.call("ListExecutions", question).await.unwrap_err();
    assert_eq!(refused.code, "InvalidToken");

    world.ended(&format!("{EXECUTION}:x0")).await;
    let question =
        json!({"executionArn": format!("{EXECUTION}:x0"), "maxResults": 2, "reverseOrder": true});
    let first = world.ok("GetExecutionHistory", question.clone()).await;
    assert_eq!(
        types(first["events"].as_array().unwrap()),
        ["ExecutionSucceeded", "WaitStateExited"]
    );
    let mut next = question;
    next["nextToken"] = first["nextToken"].clone();
    next["includeExecutionData"] = json!(false);
    let second = world.ok("GetExecutionHistory", next).await;
    assert_eq!(
        types(second["events"].as_array().unwrap()),
        ["WaitStateEntered", "ExecutionStarted"]
    );
    assert!(second.get("nextToken").is_none());
    let details = &second["events"][0]["stateEnteredEventDetails"];
    assert_eq!(details, &json!({"name": "W"}));
}

#[tokio::test(start_paused = true)]
async fn express_executions_answer_at_once() {
    let world = World::new(Vec::new()).await;
    let definition = json!({"QueryLanguage": "JSONata", "StartAt": "P", "States": {"P": {"Type": "Pass", "Output": "{% $states.input.a + 1 %}", "End": true}}});
    let input = json!({"name": "m", "definition": definition.to_string(), "roleArn": ROLE, "type": "EXPRESS"});
    let machine = world.ok("CreateStateMachine", input).await["stateMachineArn"].clone();
    let found = world
        .ok(
            "StartSyncExecution",
            json!({"stateMachineArn": machine, "input": "{\"a\": 1}", "name": "x"}),
        )
        .await;
    assert!(
        holds(
            &found,
            &json!({"status": "SUCCEEDED", "output": "2", "name": "x", "billingDetails": {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 100}})
        ),
        "{found}"
    );
    assert!(
        found["executionArn"]
            .as_str()
            .unwrap()
            .starts_with("arn:aws:states:us-east-1:000000000000:express:m:x:")
    );
    let started =
        world.ok("StartExecution", json!({"stateMachineArn": machine, "name": "x"})).await;
    check(
        &world,
        vec![
            (
                "DescribeExecution",
                json!({"executionArn": started["executionArn"]}),
                Error(
                    "InvalidArn",
                    "Invalid Arn: 'Resource type not valid in this context: express'",
                ),
            ),
            (
                "ListExecutions",
                json!({"stateMachineArn": machine}),
                Error(
                    "StateMachineTypeNotSupported",
                    "This operation is not supported by this type of state machine",
                ),
            ),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn executions_go_on_after_a_restart() {
    let world = World::new(Vec::new()).await;
    let machine = world.machine("m", &waiting()).await;
    let execution = world.start(&machine, &json!({"a": 1})).await;
    let store = world.store.snapshot();
    drop(world);
    let world = World::over(store, Vec::new(), std::sync::Arc::new(service::OpenDoor)).await;
    let found = world.ended(&execution).await;
    assert_eq!(output(&found), json!({"a": 1}));
}

#[tokio::test(start_paused = true)]
async fn express_executions_end_after_five_minutes() {
    let world = World::new(Vec::new()).await;
    let waits = |seconds: u64| json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": seconds, "End": true}}});
    for (name, seconds, status) in
        [("short", 299, "SUCCEEDED"), ("long", 301, "TIMED_OUT"), ("longer", 100_000, "TIMED_OUT")]
    {
        let definition = waits(seconds).to_string();
        let input =
            json!({"name": name, "definition": definition, "roleArn": ROLE, "type": "EXPRESS"});
        let machine = world.ok("CreateStateMachine", input).await["stateMachineArn"].clone();
        let found = world.ok("StartSyncExecution", json!({"stateMachineArn": machine})).await;
        assert_eq!(found["status"], status, "{found}");
        let lasted = found["stopDate"].as_f64().unwrap() - found["startDate"].as_f64().unwrap();
        assert!((lasted - f64::from(u32::try_from(seconds.min(300)).unwrap())).abs() < 0.1);
    }
}

#[tokio::test(start_paused = true)]
async fn names_are_free_again_after_ninety_days() {
    let world = World::new(Vec::new()).await;
    let machine = world.machine("m", &waiting()).await;
    let start = |input: &str| json!({"stateMachineArn": machine, "name": "x", "input": input});
    let arn = format!("{EXECUTION}:x");
    let day = std::time::Duration::from_hours(24);
    world.ok("StartExecution", start("1")).await;
    world.ok("StopExecution", json!({"executionArn": arn})).await;
    tokio::time::sleep(day * 90).await;
    let refused = Error(
        "ExecutionAlreadyExists",
        "Execution Already Exists: 'arn:aws:states:us-east-1:000000000000:execution:m:x'",
    );
    check(&world, vec![("StartExecution", start("2"), refused)]).await;
    tokio::time::sleep(day).await;
    check(
        &world,
        vec![
            ("StartExecution", start("2"), Output(json!({"executionArn": arn}))),
            (
                "DescribeExecution",
                json!({"executionArn": arn}),
                Output(json!({"status": "RUNNING", "input": "2"})),
            ),
        ],
    )
    .await;
    assert_eq!(world.history(&arn).await.len(), 2);
}
