//! The state machines of the random simulation, and what each must come to.

use super::{World, call, role};
use crate::compose::Composed;
use crate::server::{ACCOUNT, REGION};
use serde_json::{Value, json};

/// What the machines are called.
pub(super) const NAMES: [&str; 7] = ["line", "fan", "items", "token", "activity", "child", "train"];
/// The queue that effects are written to, one message each.
pub(super) const EFFECTS: &str = "effects";
/// The queue that task tokens are handed out on.
pub(super) const TOKENS: &str = "tokens";

/// The URL of a queue.
pub(super) fn queue_url(name: &str) -> String {
    format!("http://127.0.0.1:0/{ACCOUNT}/{name}")
}

/// The activity's ARN.
pub(super) fn activity_arn() -> String {
    format!("arn:aws:states:{REGION}:{ACCOUNT}:activity:worker")
}

/// A machine's ARN.
pub(super) fn machine_arn(name: &str) -> String {
    format!("arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}")
}

/// The ARN of a machine's execution.
pub(super) fn execution_arn(machine: &str, name: &str) -> String {
    format!("arn:aws:states:{REGION}:{ACCOUNT}:execution:{machine}:{name}")
}

/// The labels of the effects that an execution of a machine that succeeds has had, each once.
pub(super) fn effects(machine: &str) -> Vec<String> {
    let labels: &[&str] = match machine {
        "line" => &["end"],
        "fan" => &["left", "right"],
        "items" => return (0..5).map(|item| format!("item-{item}")).collect(),
        _ => &[],
    };
    labels.iter().map(|label| (*label).to_owned()).collect()
}

/// The output of an execution of a machine that succeeds, where it is always the same.
pub(super) fn output(machine: &str) -> Option<Value> {
    Some(match machine {
        "line" => json!({"count": 5}),
        "fan" => json!([{"branch": "left"}, {"branch": "right"}]),
        "items" => json!([0, 10, 20, 30, 40]),
        "token" => json!({"answer": "by token"}),
        "activity" => json!({"answer": "by worker"}),
        "child" => json!({"count": 5}),
        _ => return None,
    })
}

/// A state that writes one effect and passes its input on.
fn effect(label: &str, next: Value) -> Value {
    let mut state = json!({
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "ResultPath": null,
        "Parameters": {
            "QueueUrl": queue_url(EFFECTS),
            "MessageBody.$": format!("States.Format('{{}} {label}', $$.Execution.Id)"),
        },
    });
    merge(&mut state, next);
    state
}

fn merge(state: &mut Value, more: Value) {
    if let (Value::Object(state), Value::Object(more)) = (state, more) {
        state.extend(more);
    }
}

fn line() -> Value {
    json!({"StartAt": "Begin", "States": {
        "Begin": {"Type": "Pass", "Result": {"count": 0}, "Next": "Enough"},
        "Enough": {"Type": "Choice", "Default": "Add",
            "Choices": [{"Variable": "$.count", "NumericGreaterThanEquals": 5, "Next": "Wait"}]},
        "Add": {"Type": "Pass", "Parameters": {"count.$": "States.MathAdd($.count, 1)"}, "Next": "Enough"},
        "Wait": {"Type": "Wait", "Seconds": 40, "Next": "Effect"},
        "Effect": effect("end", json!({"Next": "Done"})),
        "Done": {"Type": "Succeed"},
    }})
}

fn fan() -> Value {
    let branch = |label: &str| json!({"Type": "Pass", "Result": {"branch": label}, "End": true});
    json!({"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "Effect left", "States": {
            "Effect left": effect("left", json!({"Next": "Wait left"})),
            "Wait left": {"Type": "Wait", "Seconds": 20, "Next": "Left"}, "Left": branch("left")}},
        {"StartAt": "Wait right", "States": {
            "Wait right": {"Type": "Wait", "Seconds": 10, "Next": "Effect right"},
            "Effect right": effect("right", json!({"Next": "Right"})), "Right": branch("right")}},
    ]}}})
}

fn items() -> Value {
    let mut send = effect("", json!({"Next": "Rest"}));
    send["Parameters"]["MessageBody.$"] =
        json!("States.Format('{} item-{}', $$.Execution.Id, $.index)");
    json!({"StartAt": "Each", "States": {"Each": {
        "Type": "Map", "MaxConcurrency": 2, "End": true,
        "ItemsPath": "$.items",
        "ItemSelector": {"index.$": "$$.Map.Item.Index", "value.$": "$$.Map.Item.Value"},
        "ItemProcessor": {"StartAt": "Effect", "States": {
            "Effect": send,
            "Rest": {"Type": "Wait", "Seconds": 5, "OutputPath": "$.value", "End": true}}},
    }}})
}

/// A task that is done from outside, tried again when nobody does it.
fn outside(resource: &str, parameters: Option<Value>) -> Value {
    let mut state = json!({
        "Type": "Task", "Resource": resource, "TimeoutSeconds": 300, "End": true,
        "Retry": [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 3, "MaxAttempts": 6, "BackoffRate": 1.5}],
    });
    if let Some(parameters) = parameters {
        state["Parameters"] = parameters;
    }
    json!({"StartAt": "Outside", "States": {"Outside": state}})
}

fn child() -> Value {
    json!({"StartAt": "Run", "States": {"Run": {
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": machine_arn("line"), "Name.$": "$$.Execution.Name", "Input": {}},
        "OutputPath": "$.Output", "End": true,
    }}})
}

fn train(role: &str) -> Value {
    let source = json!({"S3DataType": "S3Prefix", "S3Uri": "s3://data/train/"});
    json!({"StartAt": "Train", "States": {
        "Train": {
            "Type": "Task", "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
            "Parameters": {
                "TrainingJobName.$": "$$.Execution.Name",
                "AlgorithmSpecification": {"TrainingImage": "xgboost", "TrainingInputMode": "File"},
                "RoleArn": role,
                "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
                "OutputDataConfig": {"S3OutputPath": "s3://data/models"},
                "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
                "StoppingCondition": {"MaxRuntimeInSeconds": 600},
            },
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
            "ResultSelector": {"status.$": "$.TrainingJobStatus"}, "End": true},
        "Failed": {"Type": "Pass", "Result": {"status": "caught"}, "End": true},
    }})
}

/// Makes everything that the simulation runs.
pub(super) async fn deploy(server: &Composed) {
    for queue in [EFFECTS, TOKENS] {
        call(server, "sqs", "CreateQueue", json!({"QueueName": queue})).await;
    }
    call(server, "states", "CreateActivity", json!({"name": "worker"})).await;
    call(server, "s3", "CreateBucket", json!({"Bucket": "data"})).await;
    let body = service::base64_text(b"1,2\n");
    let put = json!({"Bucket": "data", "Key": "train/rows.csv", "Body": body});
    call(server, "s3", "PutObject", put).await;
    let job = role(server, "job", "sagemaker.amazonaws.com", "s3:*").await;
    let states = role(server, "machine", "states.amazonaws.com", "*").await;
    let token = outside(
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        Some(json!({"QueueUrl": queue_url(TOKENS), "MessageBody.$": "$$.Task.Token"})),
    );
    for name in NAMES {
        let definition = match name {
            "line" => line(),
            "fan" => fan(),
            "items" => items(),
            "token" => token.clone(),
            "activity" => outside(&activity_arn(), None),
            "child" => child(),
            _ => train(&job),
        };
        let input = json!({"name": name, "roleArn": states, "definition": definition.to_string()});
        call(server, "states", "CreateStateMachine", input).await;
    }
    let events = role(server, "rule", "events.amazonaws.com", "states:StartExecution").await;
    let rule = json!({"Name": "often", "ScheduleExpression": "rate(7 minutes)"});
    call(server, "events", "PutRule", rule).await;
    let target = json!({"Id": "1", "Arn": machine_arn("line"), "RoleArn": events});
    call(server, "events", "PutTargets", json!({"Rule": "often", "Targets": [target]})).await;
}

/// The input of an execution.
pub(super) fn input(machine: &str) -> Value {
    if machine == "items" { json!({"items": [0, 10, 20, 30, 40]}) } else { json!({}) }
}

/// What a training job does, by a number of its own.
pub(super) fn script(number: u64) -> runner::FakeScript {
    let script = match number % 8 {
        0 => runner::FakeScript::exits(30_000, 1),
        1 => runner::FakeScript::runs_forever(),
        2 => {
            let why = Some("no such program".to_owned());
            runner::FakeScript { spawn_error: why, ..runner::FakeScript::exits(0, 0) }
        }
        3 => runner::FakeScript {
            on_stop: runner::FakeStop::Ignore,
            ..runner::FakeScript::runs_forever()
        },
        slow => runner::FakeScript::exits(slow * 15_000, 0),
    };
    script.file("model/m", "a model")
}

/// The world of the simulation: the world, and how often each job's program was started.
pub(super) fn world() -> (World, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    let started = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let counted = started.clone();
    let world = World::new(move |spec| {
        counted.lock().unwrap().push(spec.id.clone());
        let number = spec
            .id
            .bytes()
            .fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        script(number >> 3)
    });
    (world, started)
}
