//! Map runs whose servers die: no item is lost, none is worked on twice.

use super::{ACCOUNT, MINUTE, Principal, REGION, World, call, role};
use crate::compose::Composed;
use runner::FakeScript;
use serde_json::{Value, json};
use std::time::Duration;
use store::memory::Crash;

/// What came of a run.
#[derive(Debug, PartialEq)]
struct Outcome {
    status: Value,
    events: Vec<String>,
    run: Vec<(String, Value)>,
    /// Number, status and input of each child.
    children: Vec<(String, Value, Value)>,
    results: Value,
    /// Messages that children sent.
    messages: Vec<String>,
}

/// Rows in S3, a queue for what children do, and a machine: odd rows send a message, one fails, the others just pass.
async fn machine(server: &Composed) -> String {
    call(server, "s3", "CreateBucket", json!({"Bucket": "data"})).await;
    let rows: Vec<String> = (0..7).map(|number| format!("{number},{}", kind(number))).collect();
    let body = format!("number,kind\n{}\n", rows.join("\n"));
    call(server, "s3", "PutObject", json!({"Bucket": "data", "Key": "rows.csv", "Body": body}))
        .await;
    let queue = call(server, "sqs", "CreateQueue", json!({"QueueName": "sent"})).await;
    let role = role(server, "machine", "states.amazonaws.com", "*").await;
    let kinds =
        |kind: &str, next: &str| json!({"Variable": "$.kind", "StringEquals": kind, "Next": next});
    let definition = json!({"StartAt": "Each", "States": {"Each": {
        "Type": "Map",
        "Label": "each",
        "MaxConcurrency": 2,
        "ToleratedFailureCount": 1,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            "Parameters": {"Bucket": "data", "Key": "rows.csv"},
        },
        // Whatever dies, each row draws a number of its own.
        "ItemSelector": {
            "number.$": "$$.Map.Item.Value.number",
            "kind.$": "$$.Map.Item.Value.kind",
            "id.$": "States.UUID()",
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Which",
            "States": {
                "Which": {
                    "Type": "Choice",
                    "Choices": [kinds("send", "Send"), kinds("fail", "Fail")],
                    "Default": "Pass",
                },
                "Send": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::sqs:sendMessage",
                    "Parameters": {"QueueUrl": queue["QueueUrl"], "MessageBody.$": "$.number"},
                    "ResultPath": Value::Null,
                    "Next": "Wait",
                },
                "Wait": {"Type": "Wait", "Seconds": 10, "Next": "Pass"},
                "Fail": {"Type": "Fail", "Error": "Bad", "Cause": "row"},
                "Pass": {"Type": "Pass", "End": true},
            },
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": "data", "Prefix": "results"},
            "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSON"},
        },
        "End": true,
    }}});
    let input = json!({"name": "map", "roleArn": role, "definition": definition.to_string()});
    let machine = call(server, "states", "CreateStateMachine", input).await;
    machine["stateMachineArn"].as_str().unwrap().to_owned()
}

fn kind(number: u32) -> &'static str {
    match number {
        4 => "fail",
        odd if odd % 2 == 1 => "send",
        _ => "pass",
    }
}

/// A run whose first server, with a disk that takes so long for a commit, dies at its `commit`-th; answers what came of it,
/// and whether a server died.
async fn run(commit: u64, crash: Crash, disk: Duration) -> (Outcome, bool) {
    let mut world = World::new(|_| FakeScript::exits(1000, 0));
    let mut server = world.boot().await;
    let machine = machine(&server).await;
    let start = json!({"stateMachineArn": machine, "name": "one"});
    let started = call(&server, "states", "StartExecution", start).await;
    world.store.delay_commits(disk);
    world.store.crash_at_commit(commit, crash);
    let end = tokio::time::Instant::now() + MINUTE;
    let store = world.store.clone();
    let crashed = tokio::select! {
        biased;
        () = store.crashed() => true,
        () = tokio::time::sleep_until(end) => false,
    };
    if crashed {
        world.kill(server);
        server = world.boot().await;
        tokio::time::sleep_until(end).await;
    }
    // Whoever looks at what came of it commits as well, and shall not die of that.
    world.store.crash_at_commit(u64::MAX / 2, Crash::BeforeWriting);
    (outcome(&server, &started["executionArn"]).await, crashed)
}

async fn outcome(server: &Composed, execution: &Value) -> Outcome {
    let input = json!({"executionArn": execution});
    let described = call(server, "states", "DescribeExecution", input.clone()).await;
    assert_eq!(described["status"], "SUCCEEDED", "{described}");
    let history = call(server, "states", "GetExecutionHistory", input.clone()).await;
    let events = history["events"].as_array().unwrap();
    let events = events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect();
    let runs = call(server, "states", "ListMapRuns", input).await;
    assert_eq!(runs["mapRuns"].as_array().map(Vec::len), Some(1), "{runs}");
    let run = json!({"mapRunArn": runs["mapRuns"][0]["mapRunArn"]});
    let shown = call(server, "states", "DescribeMapRun", run.clone()).await;
    let shown = ["status", "itemCounts", "executionCounts", "maxConcurrency", "redriveCount"]
        .map(|name| (name.to_owned(), shown[name].clone()));
    let output: Value = serde_json::from_str(described["output"].as_str().unwrap()).unwrap();
    let listed = call(server, "states", "ListExecutions", run).await;
    let mut children = Vec::new();
    for child in listed["executions"].as_array().unwrap() {
        let input = json!({"executionArn": child["executionArn"]});
        let shown = call(server, "states", "DescribeExecution", input.clone()).await;
        let history = call(server, "states", "GetExecutionHistory", input).await;
        let last = history["events"].as_array().unwrap().last().unwrap()["type"].clone();
        let word = if shown["status"] == "SUCCEEDED" { "Succeeded" } else { "Failed" };
        assert_eq!(last, format!("Execution{word}"), "{child}");
        let name = shown["name"].as_str().unwrap();
        children.push((name[19..].to_owned(), shown["status"].clone(), shown["input"].clone()));
    }
    Outcome {
        status: described["status"].clone(),
        events,
        run: shown.to_vec(),
        children,
        results: results(server, &output["ResultWriterDetails"]).await,
        messages: messages(server).await,
    }
}

async fn object(server: &Composed, bucket: &Value, key: &Value) -> Value {
    let got = call(server, "s3", "GetObject", json!({"Bucket": bucket, "Key": key})).await;
    serde_json::from_str(got["Body"].as_str().unwrap()).unwrap()
}

/// The numbers of the rows that succeeded, the errors of those that failed.
async fn results(server: &Composed, details: &Value) -> Value {
    let manifest = object(server, &details["Bucket"], &details["Key"]).await;
    let files = &manifest["ResultFiles"];
    assert_eq!(files["PENDING"], json!([]), "{manifest}");
    let succeeded = object(server, &details["Bucket"], &files["SUCCEEDED"][0]["Key"]).await;
    let failed = object(server, &details["Bucket"], &files["FAILED"][0]["Key"]).await;
    let all = |values: &Value, name: &str| -> Value {
        values.as_array().unwrap().iter().map(|value| value[name].clone()).collect()
    };
    json!({"succeeded": all(&succeeded, "number"), "failed": all(&failed, "Error")})
}

async fn messages(server: &Composed) -> Vec<String> {
    let url = call(server, "sqs", "GetQueueUrl", json!({"QueueName": "sent"})).await;
    let mut bodies = Vec::new();
    loop {
        let input = json!({"QueueUrl": url["QueueUrl"], "MaxNumberOfMessages": 10});
        let got = call(server, "sqs", "ReceiveMessage", input).await;
        let Some(messages) = got["Messages"].as_array().filter(|found| !found.is_empty()) else {
            break;
        };
        bodies.extend(messages.iter().map(|message| message["Body"].as_str().unwrap().to_owned()));
    }
    bodies.sort();
    bodies
}

#[tokio::test(start_paused = true)]
async fn a_map_run_survives_a_crash_at_every_commit() {
    let (calm, crashed) = run(u64::MAX / 2, Crash::BeforeWriting, Duration::ZERO).await;
    assert!(!crashed);
    assert_eq!(calm.messages, ["1", "3", "5"]);
    assert_eq!(
        calm.results,
        json!({"succeeded": ["0", "1", "2", "3", "5", "6"], "failed": ["Bad"]})
    );
    let counts = &calm.run[2].1;
    assert_eq!((&counts["succeeded"], &counts["failed"]), (&json!(6), &json!(1)), "{counts}");
    let crashes = [Crash::BeforeWriting, Crash::AfterWriting];
    let disks = [Duration::ZERO, Duration::from_millis(30)];
    for (crash, disk) in crashes.into_iter().flat_map(|it| disks.map(|disk| (it, disk))) {
        for commit in 1.. {
            let (stormy, crashed) = run(commit, crash, disk).await;
            assert!(commit < 200, "a run has fewer commits than {commit}");
            if !crashed {
                assert!(commit > 10, "a run has more commits than {commit}");
                break;
            }
            assert_eq!(stormy, calm, "{crash:?} at commit {commit}, disk {disk:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_changes_a_run_is_answered_whenever_it_is() {
    let mut world = World::new(|_| FakeScript::exits(1000, 0));
    let server = world.boot().await;
    let machine = machine(&server).await;
    let start = json!({"stateMachineArn": machine, "name": "one"});
    let input = call(&server, "states", "StartExecution", start).await;
    let execution = json!({"executionArn": input["executionArn"]});
    world.store.delay_commits(MINUTE / 100);
    tokio::time::sleep(MINUTE / 60).await;
    let runs = call(&server, "states", "ListMapRuns", execution.clone()).await;
    let run = runs["mapRuns"][0]["mapRunArn"].clone();
    let (mut changed, mut refused) = (0, 0);
    while refused < 5 {
        let ctx = server.kit.ctx(Principal::root(ACCOUNT), REGION);
        let change = json!({"mapRunArn": run, "toleratedFailureCount": 3});
        let asked = ctx.call("states", "UpdateMapRun", change);
        let answer = tokio::time::timeout(MINUTE * 10, asked).await;
        match answer.unwrap_or_else(|_| panic!("no answer after {changed} changes")) {
            Ok(_) => changed += 1,
            Err(error) => {
                assert_eq!(error.code, "ValidationException", "{error:?}");
                refused += 1;
            }
        }
        tokio::time::sleep(MINUTE / 600).await;
    }
    assert!(changed > 20, "{changed} changes while it ran");
    tokio::time::sleep(MINUTE).await;
    let described = call(&server, "states", "DescribeExecution", execution).await;
    assert_eq!(described["status"], "SUCCEEDED", "{described}");
}

/// A state that runs a child for each of two values: it waits for ten seconds, and then for a token for five.
fn each(concurrency: u64) -> Value {
    json!({
        "Type": "Map",
        "MaxConcurrency": concurrency,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Wait",
            "States": {
                "Wait": {"Type": "Wait", "Seconds": 10, "Next": "Ask"},
                "Ask": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                    "Parameters": {"QueueUrl": "http://127.0.0.1:0/000000000000/sent", "MessageBody.$": "$$.Task.Token"},
                    "TimeoutSeconds": 5,
                    "End": true,
                },
            },
        },
        "End": true,
    })
}

/// Starts a machine of these states on two values; answers its execution and the ARN of its map run.
async fn start_each(server: &Composed, states: Value) -> (Value, Value) {
    call(server, "sqs", "CreateQueue", json!({"QueueName": "sent"})).await;
    let role = role(server, "machine", "states.amazonaws.com", "*").await;
    let first = states.as_object().unwrap().keys().next().unwrap().clone();
    let definition = json!({"StartAt": first, "States": states}).to_string();
    let input = json!({"name": "each", "roleArn": role, "definition": definition});
    let machine = call(server, "states", "CreateStateMachine", input).await;
    let start = json!({"stateMachineArn": machine["stateMachineArn"], "input": "[1, 2]"});
    let started = call(server, "states", "StartExecution", start).await;
    tokio::time::sleep(MINUTE / 60).await;
    let execution = json!({"executionArn": started["executionArn"]});
    let runs = call(server, "states", "ListMapRuns", execution.clone()).await;
    (execution, json!({"mapRunArn": runs["mapRuns"][0]["mapRunArn"]}))
}

async fn status(server: &Composed, operation: &str, input: &Value) -> Value {
    call(server, "states", operation, input.clone()).await["status"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_asked_for_again_before_it_has_wound_down_goes_on() {
    let mut world = World::new(|_| FakeScript::exits(1000, 0));
    let server = world.boot().await;
    let (execution, run) = start_each(&server, json!({"Each": each(2)})).await;
    world.store.delay_commits(MINUTE / 60);
    call(&server, "states", "StopExecution", execution.clone()).await;
    call(&server, "states", "RedriveExecution", execution.clone()).await;
    world.store.delay_commits(Duration::ZERO);
    tokio::time::sleep(MINUTE / 4).await;
    assert_eq!(status(&server, "DescribeMapRun", &run).await, "RUNNING");
    tokio::time::sleep(MINUTE).await;
    // Nobody gave the tokens back.
    assert_eq!(status(&server, "DescribeMapRun", &run).await, "FAILED");
    assert_eq!(status(&server, "DescribeExecution", &execution).await, "FAILED");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_given_up_ends_though_its_execution_falls_asleep() {
    let mut world = World::new(|_| FakeScript::exits(1000, 0));
    let server = world.boot().await;
    let fails = json!({"StartAt": "Soon", "States": {
        "Soon": {"Type": "Wait", "Seconds": 3, "Next": "Fail"},
        "Fail": {"Type": "Fail", "Error": "Other"},
    }});
    let states = json!({
        "Both": {
            "Type": "Parallel",
            "Branches": [{"StartAt": "Each", "States": {"Each": each(1)}}, fails],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Later"}],
            "End": true,
        },
        "Later": {"Type": "Wait", "Seconds": 3600, "End": true},
    });
    let (execution, run) = start_each(&server, states).await;
    assert_eq!(status(&server, "DescribeMapRun", &run).await, "RUNNING");
    tokio::time::sleep(MINUTE / 6).await;
    assert_eq!(status(&server, "DescribeExecution", &execution).await, "RUNNING");
    assert_eq!(status(&server, "DescribeMapRun", &run).await, "ABORTED");
}

#[tokio::test(start_paused = true)]
async fn settings_change_while_a_redrive_has_no_room() {
    let mut world = World::new(|_| FakeScript::exits(1000, 0));
    let server = world.boot().await;
    let mut tolerant = each(1);
    tolerant["ToleratedFailureCount"] = json!(1);
    let (execution, run) = start_each(&server, json!({"Each": tolerant})).await;
    tokio::time::sleep(MINUTE).await;
    assert_eq!(status(&server, "DescribeMapRun", &run).await, "FAILED");
    call(&server, "states", "RedriveExecution", execution).await;
    tokio::time::sleep(MINUTE / 60).await;
    let began_ms = world.clock_ms();
    let change = json!({"mapRunArn": run["mapRunArn"], "maxConcurrency": 2});
    call(&server, "states", "UpdateMapRun", change).await;
    assert_eq!(world.clock_ms(), began_ms, "it has waited for a child to end");
    tokio::time::sleep(MINUTE / 600).await;
    let shown = call(&server, "states", "DescribeMapRun", run).await;
    assert_eq!(shown["executionCounts"]["running"], 2, "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_with_its_execution_whatever_dies() {
    let mut world = World::new(|_| FakeScript::exits(1000, 0));
    let server = world.boot().await;
    let machine = machine(&server).await;
    let start = json!({"stateMachineArn": machine, "name": "one"});
    let started = call(&server, "states", "StartExecution", start).await;
    tokio::time::sleep(MINUTE / 12).await;
    let input = json!({"executionArn": started["executionArn"]});
    call(&server, "states", "StopExecution", input.clone()).await;
    world.kill(server);
    let server = world.boot().await;
    tokio::time::sleep(MINUTE).await;
    let runs = call(&server, "states", "ListMapRuns", input).await;
    let run = json!({"mapRunArn": runs["mapRuns"][0]["mapRunArn"]});
    let shown = call(&server, "states", "DescribeMapRun", run).await;
    assert_eq!(shown["status"], "ABORTED", "{shown}");
    assert_eq!(shown["executionCounts"]["running"], 0, "{shown}");
    assert_eq!(shown["executionCounts"]["aborted"], 2, "{shown}");
}
