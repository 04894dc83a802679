//! How much of everything there may be, and what is said when it is too much.

use crate::world::Expect::{Error, Output};
use crate::world::{ROLE, World, check};
use serde_json::{Value, json};
use service::OpenDoor;
use std::sync::Arc;
use store::{Batch, Expect, Store};

const ACTIVITY: &str = "arn:aws:states:us-east-1:000000000000:activity:";
const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:";

fn definition(state: &Value) -> Value {
    json!({"StartAt": "S", "States": {"S": state}})
}

fn pass() -> Value {
    definition(&json!({"Type": "Pass", "End": true}))
}

fn create(name: &str) -> Value {
    json!({"name": name, "definition": pass().to_string(), "roleArn": ROLE})
}

/// Makes there be more records like one, under other keys.
async fn copies(world: &World, kind: &str, key: &str, keys: impl Iterator<Item = String>) {
    let record = world.store.get(kind, key).await.unwrap().unwrap();
    let value: Value = serde_json::from_slice(&record.body).unwrap();
    let mut batch = Batch::new();
    for key in keys {
        batch.put(kind, key, &value, Expect::Absent);
    }
    world.store.commit(batch).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn machines_and_activities() {
    let world = World::new(Vec::new()).await;
    world.ok("CreateActivity", json!({"name": "a"})).await;
    world.machine("m", &pass()).await;
    let names = |prefix: &'static str| (1..9_999).map(move |n| format!("{prefix}copy{n}"));
    copies(&world, "states/activity", &format!("{ACTIVITY}a"), names(ACTIVITY)).await;
    copies(&world, "states/machine", &format!("{MACHINE}m"), names(MACHINE)).await;
    // A server that has not made them itself.
    let world = World::over(world.store.clone(), Vec::new(), Arc::new(OpenDoor)).await;
    let no_activity = "The maximum number of activities has been reached. Existing activities must be deleted before a new activity can be created.";
    let no_machine = "The maximum number of state machines has been reached. Existing state machines must be deleted before a new state machine can be created.";
    let empty = || Output(json!({}));
    check(
        &world,
        vec![
            // The ten thousandth, one too many, one that is there already, and one in place of another.
            ("CreateActivity", json!({"name": "last"}), empty()),
            (
                "CreateActivity",
                json!({"name": "more"}),
                Error("ActivityLimitExceeded", no_activity),
            ),
            ("CreateActivity", json!({"name": "last"}), empty()),
            ("DeleteActivity", json!({"activityArn": format!("{ACTIVITY}copy7")}), empty()),
            ("CreateActivity", json!({"name": "more"}), empty()),
            (
                "CreateActivity",
                json!({"name": "again"}),
                Error("ActivityLimitExceeded", no_activity),
            ),
            ("CreateStateMachine", create("last"), empty()),
            ("CreateStateMachine", create("more"), Error("StateMachineLimitExceeded", no_machine)),
            ("CreateStateMachine", create("last"), empty()),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn versions_aliases_and_tags() {
    let world = World::new(Vec::new()).await;
    let machine = world.machine("m", &pass()).await;
    let publish = || json!({"stateMachineArn": &machine});
    let version = world.ok("PublishStateMachineVersion", publish()).await;
    let version = version["stateMachineVersionArn"].as_str().unwrap().to_owned();
    let keys = world.store.scan(store::Scan::of("states/version", "", 9)).await.unwrap().records;
    assert_eq!(keys.len(), 1);
    let first = keys[0].key.clone();
    // Between the first and what comes after it.
    let others = (0..999).map(|n| format!("{first}{n:04}"));
    copies(&world, "states/version", &first, others).await;
    let changed = json!({"stateMachineArn": &machine, "definition": definition(&json!({"Type": "Succeed"})).to_string()});
    let route = json!([{"stateMachineVersionArn": version, "weight": 100}]);
    let alias = |n: usize| json!({"name": format!("alias{n}"), "routingConfiguration": route});
    let mut steps = vec![
        ("UpdateStateMachine", changed, Output(json!({}))),
        (
            "PublishStateMachineVersion",
            publish(),
            Error(
                "ServiceQuotaExceededException",
                "A state machine can have at most 1000 versions",
            ),
        ),
    ];
    for n in 0..100 {
        steps.push(("CreateStateMachineAlias", alias(n), Output(json!({}))));
    }
    steps.push((
        "CreateStateMachineAlias",
        alias(100),
        Error("ServiceQuotaExceededException", "A state machine can have at most 100 aliases"),
    ));
    steps.push(("CreateStateMachineAlias", alias(99), Output(json!({}))));
    let tags = |numbers: std::ops::Range<usize>| {
        let tags: Vec<Value> =
            numbers.map(|n| json!({"key": format!("k{n}"), "value": "v"})).collect();
        json!({"resourceArn": &machine, "tags": tags})
    };
    let too_many = "The resource has too many tags: at most 50 are allowed";
    steps.push(("TagResource", tags(0..50), Output(json!({}))));
    steps.push(("TagResource", tags(10..20), Output(json!({}))));
    steps.push(("TagResource", tags(50..51), Error("TooManyTags", too_many)));
    check(&world, steps).await;
}

#[tokio::test(start_paused = true)]
async fn open_executions() {
    let world = World::new(Vec::new()).await;
    world.executions.set_most_live(2);
    let wait = |seconds: u64| definition(&json!({"Type": "Wait", "Seconds": seconds, "End": true}));
    let machine = world.machine("m", &wait(60)).await;
    let start = |name: &str| json!({"stateMachineArn": &machine, "name": name});
    let full = "The maximum number of running executions has been reached. Running executions must end or be stopped before a new execution can be started.";
    let execution = "arn:aws:states:us-east-1:000000000000:execution:m:a";
    check(
        &world,
        vec![
            ("StartExecution", start("a"), Output(json!({}))),
            ("StartExecution", start("b"), Output(json!({}))),
            ("StartExecution", start("c"), Error("ExecutionLimitExceeded", full)),
            // What is there is only told again.
            ("StartExecution", start("a"), Output(json!({"executionArn": execution}))),
            ("StopExecution", json!({"executionArn": execution}), Output(json!({}))),
            ("StartExecution", start("c"), Output(json!({}))),
        ],
    )
    .await;
}

/// What is too long is refused by the model's own limits, and at them it is taken.
#[tokio::test(start_paused = true)]
async fn lengths() {
    let world = World::new(Vec::new()).await;
    let machine = world.machine("m", &pass()).await;
    let name = |length: usize| "n".repeat(length);
    // A text of so many bytes in all.
    let text = |length: usize| json!("x".repeat(length - 2)).to_string();
    let commented = |length: usize| {
        let bare =
            r#"{"Comment": "", "StartAt": "S", "States": {"S": {"Type": "Pass", "End": true}}}"#;
        bare.replacen("\"\"", &text(length - bare.len() + 2), 1)
    };
    let start = |name: &str, input: String| json!({"stateMachineArn": &machine, "name": name, "input": input});
    let describe = |definition: String| json!({"definition": definition});
    for (operation, taken, refused) in [
        ("CreateActivity", json!({"name": name(80)}), json!({"name": name(81)})),
        ("CreateStateMachine", create(&name(80)), create(&name(81))),
        ("StartExecution", start(&name(80), "1".into()), start(&name(81), "1".into())),
        ("StartExecution", start("full", text(262_144)), start("over", text(262_145))),
        (
            "ValidateStateMachineDefinition",
            describe(commented(1_048_576)),
            describe(commented(1_048_577)),
        ),
    ] {
        assert!(world.call(operation, taken).await.is_ok(), "{operation}");
        let error = world.call(operation, refused).await.unwrap_err();
        assert!(
            ["ValidationException", "InvalidName", "InvalidExecutionInput"].contains(&&*error.code),
            "{operation}: {error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn events_of_a_history() {
    let world = World::new(Vec::new()).await;
    let machine = world
        .machine(
            "m",
            &json!({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "C"},
                "C": {"Type": "Choice", "Choices": [{"Variable": "$.stop", "IsPresent": true, "Next": "D"}], "Default": "A"},
                "D": {"Type": "Succeed"}}}),
        )
        .await;
    let execution = world.start(&machine, &json!({})).await;
    let found = world.ended(&execution).await;
    assert_eq!((&found["status"], &found["error"]), (&json!("FAILED"), &json!("States.Runtime")));
    let last = json!({"executionArn": execution, "reverseOrder": true, "maxResults": 1});
    let last = world.ok("GetExecutionHistory", last).await;
    assert_eq!(last["events"][0]["id"], 25_000);
    assert_eq!(last["events"][0]["type"], "ExecutionFailed");
    let cause = last["events"][0]["executionFailedEventDetails"]["cause"].as_str().unwrap();
    assert!(cause.contains("25000") || cause.contains("history"), "{cause}");
}
