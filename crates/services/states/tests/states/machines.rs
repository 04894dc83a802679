//! State machines, versions, aliases, tags.

use crate::world::Expect::{Error, Output};
use crate::world::{ROLE, World, check};
use serde_json::{Value, json};

const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";

fn pass(comment: &str) -> String {
    json!({"Comment": comment, "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}})
        .to_string()
}

fn create(name: &str, comment: &str) -> Value {
    json!({"name": name, "definition": pass(comment), "roleArn": ROLE})
}

fn with(mut input: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    input
}

#[tokio::test(start_paused = true)]
async fn machines_are_made_changed_and_removed() {
    let world = World::new(Vec::new()).await;
    let arn = json!({"stateMachineArn": MACHINE});
    check(
        &world,
        vec![
            ("CreateStateMachine", create("m", "one"), Output(arn.clone())),
            ("CreateStateMachine", create("m", "one"), Output(arn.clone())),
            (
                "CreateStateMachine",
                create("m", "two"),
                Error("StateMachineAlreadyExists", "State Machine Already Exists: 'arn:aws:states:us-east-1:000000000000:stateMachine:m'"),
            ),
            (
                "CreateStateMachine",
                create("a b", "one"),
                Error("InvalidName", "Invalid Name: 'a b'"),
            ),
            (
                "CreateStateMachine",
                with(create("n", ""), json!({"definition": "{\"StartAt\": \"P\"}"})),
                Error("InvalidDefinition", "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'"),
            ),
            (
                "CreateStateMachine",
                with(create("n", ""), json!({"roleArn": "nobody"})),
                Error("InvalidArn", "Invalid Arn: 'Invalid Role Arn: 'nobody''"),
            ),
            (
                "CreateStateMachine",
                with(create("n", ""), json!({"loggingConfiguration": {"level": "ALL"}})),
                Error("InvalidLoggingConfiguration", "Invalid Logging Configuration: Must specify exactly one Log Destination."),
            ),
            (
                "UpdateStateMachine",
                with(arn.clone(), json!({"definition": pass("two")})),
                Output(json!({"revisionId": "*", "updateDate": 1_767_225_600.0})),
            ),
            (
                "DescribeStateMachine",
                arn.clone(),
                Output(json!({"definition": pass("two"), "status": "ACTIVE", "type": "STANDARD", "revisionId": "*",
                    "loggingConfiguration": {"level": "OFF", "includeExecutionData": false},
                    "tracingConfiguration": {"enabled": false}})),
            ),
            ("ListStateMachines", json!({}), Output(json!({"stateMachines": [{"name": "m"}]}))),
            ("DeleteStateMachine", arn.clone(), Output(json!({}))),
            ("DeleteStateMachine", arn.clone(), Output(json!({}))),
            (
                "DescribeStateMachine",
                arn,
                Error("StateMachineDoesNotExist", "State Machine Does Not Exist: 'arn:aws:states:us-east-1:000000000000:stateMachine:m'"),
            ),
            (
                "DescribeMapRun",
                json!({"mapRunArn": "arn:aws:states:us-east-1:000000000000:mapRun:m/l:1"}),
                Error("ResourceNotFound", "Resource not found: 'arn:aws:states:us-east-1:000000000000:mapRun:m/l:1'"),
            ),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn versions_and_aliases_route_executions() {
    let world = World::new(Vec::new()).await;
    let (one, two) = (format!("{MACHINE}:1"), format!("{MACHINE}:2"));
    let route = |arn: &str, weight: u32| json!([{"stateMachineVersionArn": arn, "weight": weight}]);
    check(
        &world,
        vec![
            (
                "CreateStateMachine",
                with(create("m", "one"), json!({"publish": true, "versionDescription": "first"})),
                Output(json!({"stateMachineVersionArn": one})),
            ),
            (
                "UpdateStateMachine",
                json!({"stateMachineArn": MACHINE, "definition": pass("two"), "publish": true}),
                Output(json!({"stateMachineVersionArn": two})),
            ),
            (
                "PublishStateMachineVersion",
                json!({"stateMachineArn": MACHINE}),
                Output(json!({"stateMachineVersionArn": two})),
            ),
            (
                "ListStateMachineVersions",
                json!({"stateMachineArn": MACHINE}),
                Output(json!({"stateMachineVersions": [{"stateMachineVersionArn": two}, {"stateMachineVersionArn": one}]})),
            ),
            (
                "DescribeStateMachine",
                json!({"stateMachineArn": one}),
                Output(json!({"definition": pass("one"), "description": "first", "stateMachineArn": one})),
            ),
            (
                "CreateStateMachineAlias",
                json!({"name": "live", "routingConfiguration": route(&one, 100)}),
                Output(json!({"stateMachineAliasArn": format!("{MACHINE}:live")})),
            ),
            (
                "DeleteStateMachineVersion",
                json!({"stateMachineVersionArn": one}),
                Error("ConflictException", "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [live]"),
            ),
            (
                "CreateStateMachineAlias",
                json!({"name": "off", "routingConfiguration": route(&one, 99)}),
                Error("ValidationException", "Sum of routing configuration weights must equal 100. Received: [99]"),
            ),
        ],
    )
    .await;
    routed(&world, &one, &two).await;
}

/// The alias `live` routes to version one, then to version two, then it is gone.
async fn routed(world: &World, one: &str, two: &str) {
    check(
        world,
        vec![
            (
                "StartExecution",
                json!({"stateMachineArn": format!("{MACHINE}:live"), "name": "x"}),
                Output(json!({"executionArn": "arn:aws:states:us-east-1:000000000000:execution:m:x"})),
            ),
            (
                "DescribeExecution",
                json!({"executionArn": "arn:aws:states:us-east-1:000000000000:execution:m:x"}),
                Output(json!({"stateMachineVersionArn": one, "stateMachineAliasArn": format!("{MACHINE}:live"), "stateMachineArn": MACHINE})),
            ),
            (
                "DescribeStateMachineForExecution",
                json!({"executionArn": "arn:aws:states:us-east-1:000000000000:execution:m:x"}),
                Output(json!({"definition": pass("one")})),
            ),
            (
                "ListExecutions",
                json!({"stateMachineArn": two}),
                Output(json!({"executions": []})),
            ),
            (
                "ListExecutions",
                json!({"stateMachineArn": format!("{MACHINE}:live")}),
                Output(json!({"executions": [{"name": "x", "status": "SUCCEEDED"}]})),
            ),
            (
                "UpdateStateMachineAlias",
                json!({"stateMachineAliasArn": format!("{MACHINE}:live"), "routingConfiguration": [{"stateMachineVersionArn": two, "weight": 100}]}),
                Output(json!({})),
            ),
            ("DeleteStateMachineVersion", json!({"stateMachineVersionArn": one}), Output(json!({}))),
            (
                "DescribeStateMachineAlias",
                json!({"stateMachineAliasArn": format!("{MACHINE}:live")}),
                Output(json!({"name": "live", "routingConfiguration": [{"weight": 100, "stateMachineVersionArn": two}]})),
            ),
            (
                "DeleteStateMachineAlias",
                json!({"stateMachineAliasArn": format!("{MACHINE}:live")}),
                Output(json!({})),
            ),
            (
                "StartExecution",
                json!({"stateMachineArn": format!("{MACHINE}:live")}),
                Error("StateMachineDoesNotExist", "State Machine Does Not Exist: 'arn:aws:states:us-east-1:000000000000:stateMachine:m:live'"),
            ),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn tags() {
    let world = World::new(Vec::new()).await;
    let arn = json!({"resourceArn": MACHINE});
    check(
        &world,
        vec![
            (
                "CreateStateMachine",
                with(create("m", ""), json!({"tags": [{"key": "a", "value": "1"}]})),
                Output(json!({})),
            ),
            (
                "TagResource",
                with(arn.clone(), json!({"tags": [{"key": "b", "value": ""}]})),
                Output(json!({})),
            ),
            ("UntagResource", with(arn.clone(), json!({"tagKeys": ["a", "c"]})), Output(json!({}))),
            ("ListTagsForResource", arn, Output(json!({"tags": [{"key": "b", "value": ""}]}))),
            (
                "ListTagsForResource",
                json!({"resourceArn": "arn:aws:states:us-east-1:000000000000:stateMachine:none"}),
                Error(
                    "ResourceNotFound",
                    "Resource not found: 'arn:aws:states:us-east-1:000000000000:stateMachine:none'",
                ),
            ),
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_machine_with_running_executions_is_deleted_after_them() {
    let world = World::new(Vec::new()).await;
    let definition =
        json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": true}}});
    let machine = world.machine("m", &definition).await;
    let execution = world.start(&machine, &json!({})).await;
    world.ok("DeleteStateMachine", json!({"stateMachineArn": machine})).await;
    let found = world.ended(&execution).await;
    assert_eq!(found["status"], "ABORTED");
    for _ in 0..100 {
        if world.call("DescribeStateMachine", json!({"stateMachineArn": machine})).await.is_err() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the machine stays");
}

#[tokio::test(start_paused = true)]
async fn variables_are_said_to_be_referred_to() {
    let world = World::new(Vec::new()).await;
    let definition = json!({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
        "B": {"Type": "Pass", "Parameters": {"y.$": "$x"}, "End": true}}});
    let machine = world.machine("m", &definition).await;
    let execution = world.start(&machine, &json!({})).await;
    let references = json!({"variableReferences": {"B": ["x"]}});
    check(
        &world,
        vec![
            (
                "DescribeStateMachine",
                json!({"stateMachineArn": machine}),
                Output(references.clone()),
            ),
            (
                "DescribeStateMachineForExecution",
                json!({"executionArn": execution}),
                Output(references),
            ),
        ],
    )
    .await;
}
