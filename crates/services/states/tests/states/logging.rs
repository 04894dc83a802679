//! Logs of executions.

use crate::fakes::Fake;
use crate::world::{ROLE, World, holds};
use serde_json::{Value, json};
use std::sync::Arc;

const GROUP: &str = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/states/m:*";

async fn logged(level: &str, with_data: bool, kind: &str) -> (Vec<Value>, Arc<Fake>) {
    let logs = Fake::new("logs", |operation, _| {
        Ok(if operation == "DescribeLogGroups" {
            json!({"logGroups": [{"logGroupName": "/aws/states/m"}]})
        } else {
            json!({})
        })
    });
    let world = World::new(vec![logs.clone()]).await;
    let definition = json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "Next": "F"}, "F": {"Type": "Fail", "Error": "E"}}});
    let input = json!({"name": "m", "definition": definition.to_string(), "roleArn": ROLE, "type": kind,
        "loggingConfiguration": {"level": level, "includeExecutionData": with_data,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": GROUP}}]}});
    let machine = world.ok("CreateStateMachine", input).await["stateMachineArn"].clone();
    world.ok("StartExecution", json!({"stateMachineArn": machine, "input": "{\"a\":1}"})).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let puts = logs.got().into_iter().filter(|got| got.operation == "PutLogEvents");
    let lines = puts.flat_map(|got| got.input["logEvents"].as_array().unwrap().clone());
    let lines = lines.map(|line| serde_json::from_str(line["message"].as_str().unwrap()).unwrap());
    (lines.collect(), logs)
}

#[tokio::test(start_paused = true)]
async fn levels_choose_the_events() {
    for kind in ["STANDARD", "EXPRESS"] {
        for (level, expected) in [
            (
                "ALL",
                &[
                    "ExecutionStarted",
                    "PassStateEntered",
                    "PassStateExited",
                    "FailStateEntered",
                    "ExecutionFailed",
                ][..],
            ),
            ("ERROR", &["FailStateEntered", "ExecutionFailed"]),
            ("FATAL", &["ExecutionFailed"]),
            ("OFF", &[]),
        ] {
            let (lines, logs) = logged(level, false, kind).await;
            assert_eq!(crate::world::types(&lines), expected, "{kind} {level}");
            let got = logs.got();
            for got in got.iter().filter(|got| got.operation != "DescribeLogGroups") {
                assert_eq!(got.input["logGroupName"], "/aws/states/m");
                assert!(
                    got.input["logStreamName"]
                        .as_str()
                        .unwrap()
                        .starts_with("states/m/2026-01-01-00-00/")
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn data_is_written_only_if_asked_for() {
    let (lines, _) = logged("ALL", true, "STANDARD").await;
    assert!(
        holds(
            &lines[0],
            &json!({"id": "1", "previous_event_id": "0", "execution_arn": "*", "event_timestamp": "1767225600000",
            "details": {"input": "{\"a\":1}", "roleArn": ROLE}})
        ),
        "{}",
        lines[0]
    );
    let (lines, _) = logged("ALL", false, "STANDARD").await;
    assert_eq!(lines[0]["details"], json!({"roleArn": ROLE}));
}
