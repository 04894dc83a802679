//! What is kept in bounds: executions go after their time; a full disk is said and survived.

use super::{MINUTE, ORIGIN_MS, World, call, minutes, role, scheduled_machine};
use crate::compose::Composed;
use crate::server::{ACCOUNT, REGION};
use runner::FakeScript;
use serde_json::{Value, json};
use service::Principal;
use std::time::Duration;
use store::{Scan, Store};

const DAY: Duration = Duration::from_hours(24);

/// How many records of a kind there are.
async fn count(world: &World, kind: &str) -> usize {
    world.store.scan(Scan::of(kind, "", 10_000)).await.unwrap().records.len()
}

async fn described(server: &Composed, arn: &Value) -> Result<Value, String> {
    let ctx = server.kit.ctx(Principal::root(ACCOUNT), REGION);
    let answer = ctx.call("states", "DescribeExecution", json!({"executionArn": arn})).await;
    answer.map_err(|error| error.code)
}

async fn machine(server: &Composed, name: &str, role: &str, definition: &Value) -> Value {
    let input = json!({"name": name, "roleArn": role, "definition": definition.to_string()});
    call(server, "states", "CreateStateMachine", input).await["stateMachineArn"].clone()
}

/// Nothing of an Express execution is ever sent again, so nothing is remembered against that.
#[tokio::test(start_paused = true)]
async fn express_executions_leave_no_effects() {
    let mut world = World::new(|_| FakeScript::exits(1000, 0));
    let server = world.boot().await;
    let queue = call(&server, "sqs", "CreateQueue", json!({"QueueName": "sent"})).await;
    let role = role(&server, "machine", "states.amazonaws.com", "sqs:*").await;
    let definition = json!({"StartAt": "Send", "States": {"Send": {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true,
        "Parameters": {"QueueUrl": queue["QueueUrl"], "MessageBody": "hello"},
    }}});
    for kind in ["EXPRESS", "STANDARD"] {
        let definition = definition.to_string();
        let input = json!({"name": kind, "roleArn": role, "type": kind, "definition": definition});
        let machine = call(&server, "states", "CreateStateMachine", input).await;
        let start = json!({"stateMachineArn": machine["stateMachineArn"]});
        call(&server, "states", "StartExecution", start).await;
        tokio::time::sleep(MINUTE).await;
    }
    let input = json!({"QueueUrl": queue["QueueUrl"], "MaxNumberOfMessages": 10});
    let got = call(&server, "sqs", "ReceiveMessage", input).await;
    assert_eq!(got["Messages"].as_array().map(Vec::len), Some(2));
    assert_eq!(count(&world, "effect").await, 0);
}

/// Servers die now and then, also while they forget.
#[tokio::test(start_paused = true)]
async fn executions_go_after_ninety_days() {
    let mut world = World::new(|_| FakeScript::exits(1000, 0));
    let mut server = world.boot().await;
    let scheduled = scheduled_machine(&server, "rate(1 day)").await;
    let role = role(&server, "waits", "states.amazonaws.com", "states:*").await;
    let wait = |seconds: i64| {
        json!({"StartAt": "Wait", "States": {
            "Wait": {"Type": "Wait", "Seconds": seconds, "Next": "No"}, "No": {"Type": "Fail", "Error": "E"},
        }})
    };
    let waits = machine(&server, "waits", &role, &wait(20 * 86_400)).await;
    let start = json!({"stateMachineArn": waits, "name": "one"});
    let waited = call(&server, "states", "StartExecution", start).await["executionArn"].clone();
    let map = json!({"StartAt": "Map", "States": {"Map": {
        "Type": "Map", "End": true,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Choose", "States": {
                "Choose": {"Type": "Choice", "Default": "Done", "Choices": [
                    {"Variable": "$", "NumericGreaterThan": 590, "Next": "Wait"},
                ]},
                "Wait": {"Type": "Wait", "Seconds": 5, "Next": "Done"}, "Done": {"Type": "Succeed"},
            },
        },
    }}});
    let maps = machine(&server, "maps", &role, &map).await;
    let items: Vec<u32> = (1..=600).collect();
    let start = json!({"stateMachineArn": maps, "input": json!(items).to_string()});
    let mapped = call(&server, "states", "StartExecution", start).await["executionArn"].clone();
    tokio::time::sleep(MINUTE * 60).await;
    assert_eq!(described(&server, &mapped).await.unwrap()["status"], "SUCCEEDED");
    assert!(count(&world, "states/mapRunChildren").await > 0);
    let definitions = count(&world, "states/definition").await;
    assert_eq!(definitions, 3, "of each machine that ran, and the children's");
    assert_eq!(count(&world, "states/common").await, 2, "waits and maps");
    tokio::time::sleep(DAY * 89).await;
    assert_eq!(minutes(&server, &scheduled).await.len(), 89, "all are there");
    assert!(described(&server, &mapped).await.is_ok());
    for commits in 1..12 {
        world.store.crash_at_commit(commits, store::memory::Crash::BeforeWriting);
        tokio::time::sleep(DAY).await;
        world.kill(server);
        server = world.boot().await;
    }
    tokio::time::sleep(DAY * 4).await;
    // Day 104 and an hour: what ended in the first 14 days is gone, the rest is there.
    let kept = minutes(&server, &scheduled).await;
    assert_eq!(kept.first(), Some(&(15 * 1440)), "{kept:?}");
    assert_eq!(described(&server, &mapped).await.unwrap_err(), "ExecutionDoesNotExist");
    for kind in ["states/mapRun", "states/mapRunPlan", "states/mapRunChildren"] {
        assert_eq!(count(&world, kind).await, 0, "{kind}");
    }
    assert_eq!(described(&server, &waited).await.unwrap()["status"], "FAILED", "it ended later");
    assert_eq!(count(&world, "states/remains").await, 1, "it can be redriven");
    assert_eq!(count(&world, "states/definition").await, 2, "those of the maps are not needed");
    assert_eq!(count(&world, "states/common").await, 2, "waits and scheduled");
    tokio::time::sleep(DAY * 10).await;
    assert_eq!(described(&server, &waited).await.unwrap_err(), "ExecutionDoesNotExist");
    for kind in ["states/remains", "states/history", "effect"] {
        assert_eq!(count(&world, kind).await, 0, "{kind}");
    }
    assert_eq!(count(&world, "states/definition").await, 1);
    assert_eq!(count(&world, "states/common").await, 1);
    assert!(world.clock_ms() > ORIGIN_MS + 114 * 86_400_000);
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_is_said_and_nothing_is_lost() {
    let mut world = World::new(|_| FakeScript::exits(1000, 0));
    let server = world.boot().await;
    let scheduled = scheduled_machine(&server, "rate(5 minutes)").await;
    let role = role(&server, "waits", "states.amazonaws.com", "states:*").await;
    let definition = json!({"StartAt": "Wait", "States": {
        "Wait": {"Type": "Wait", "Seconds": 60, "Next": "Done"}, "Done": {"Type": "Succeed"},
    }});
    let waits = machine(&server, "waits", &role, &definition).await;
    let start = json!({"stateMachineArn": waits, "name": "one"});
    let began = call(&server, "states", "StartExecution", start).await["executionArn"].clone();
    world.store.fill(true);
    tokio::time::sleep(MINUTE * 12).await;
    let ctx = server.kit.ctx(Principal::root(ACCOUNT), REGION);
    let start = json!({"stateMachineArn": waits, "name": "two"});
    let refused = ctx.call("states", "StartExecution", start.clone()).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.status), ("InternalFailure", 500));
    assert!(refused.message.contains("is full"), "{refused:?}");
    let stuck = described(&server, &began).await.unwrap();
    assert_eq!(stuck["status"], "RUNNING", "what is not on disk has not happened");
    world.store.fill(false);
    tokio::time::sleep(MINUTE * 7).await;
    assert_eq!(described(&server, &began).await.unwrap()["status"], "SUCCEEDED");
    assert!(!minutes(&server, &scheduled).await.is_empty(), "schedules fire again");
    let started = call(&server, "states", "StartExecution", start).await["executionArn"].clone();
    tokio::time::sleep(MINUTE * 2).await;
    assert_eq!(described(&server, &started).await.unwrap()["status"], "SUCCEEDED");
}
