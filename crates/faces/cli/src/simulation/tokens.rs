//! A task token that a state machine gives back itself, whatever dies.

use super::{MINUTE, World, call, role};
use runner::FakeScript;
use serde_json::{Value, json};
use std::time::Duration;
use store::memory::Crash;

const QUEUE: &str = "http://127.0.0.1:0/000000000000/tokens";

/// One branch sends its token and waits; the other takes it out of the queue and says that the task is done.
fn definition() -> Value {
    json!({"StartAt": "Both", "States": {"Both": {
        "Type": "Parallel",
        "End": true,
        "Branches": [
            {"StartAt": "Ask", "States": {"Ask": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": {"QueueUrl": QUEUE, "MessageBody.$": "$$.Task.Token"},
                "End": true,
            }}},
            {"StartAt": "Wait", "States": {
                "Wait": {"Type": "Wait", "Seconds": 5, "Next": "Take"},
                "Take": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::aws-sdk:sqs:receiveMessage",
                    "Parameters": {"QueueUrl": QUEUE},
                    "Next": "Tell",
                },
                "Tell": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess",
                    "Parameters": {"TaskToken.$": "$.Messages[0].Body", "Output": "\"told\""},
                    "End": true,
                },
            }},
        ],
    }}})
}

/// What came of the execution, and whether its first server died at its `commit`-th commit.
async fn play(commit: u64, crash: Crash) -> (Value, bool) {
    let mut world = World::new(|_| FakeScript::exits(1000, 0));
    let mut server = world.boot().await;
    call(&server, "sqs", "CreateQueue", json!({"QueueName": "tokens"})).await;
    let role = role(&server, "machine", "states.amazonaws.com", "*").await;
    let input = json!({"name": "m", "roleArn": role, "definition": definition().to_string()});
    let machine = call(&server, "states", "CreateStateMachine", input).await;
    let start = json!({"stateMachineArn": machine["stateMachineArn"]});
    let started = call(&server, "states", "StartExecution", start).await;
    world.store.crash_at_commit(commit, crash);
    let store = world.store.clone();
    let has_crashed = tokio::time::timeout(MINUTE, store.crashed()).await.is_ok();
    if has_crashed {
        world.kill(server);
        server = world.boot().await;
    }
    world.store.crash_at_commit(u64::MAX / 2, Crash::BeforeWriting);
    tokio::time::sleep(Duration::from_mins(1)).await;
    let input = json!({"executionArn": started["executionArn"]});
    (call(&server, "states", "DescribeExecution", input).await, has_crashed)
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_given_once_and_counts() {
    for crash in [Crash::BeforeWriting, Crash::AfterWriting] {
        for commit in 1.. {
            let (described, has_crashed) = play(commit, crash).await;
            assert_eq!(described["status"], "SUCCEEDED", "{crash:?} at {commit}: {described}");
            if !has_crashed {
                assert!(commit > 5, "{commit} commits");
                break;
            }
        }
    }
}
