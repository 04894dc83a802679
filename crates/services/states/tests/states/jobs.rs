//! `.sync`: jobs and executions that are waited for and stopped.

use crate::fakes::Jobs;
use crate::world::{ROLE, World, holds, output, types};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn training(name: &str) -> Value {
    json!({"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync", "TimeoutSeconds": 7200, "End": true, "Parameters": {
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://b/m"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 900},
    }})
}

fn machine_of(task: &Value) -> Value {
    json!({"StartAt": "T", "States": {"T": task}})
}

/// Waits until the job is there.
async fn created(jobs: &Jobs, name: &str) {
    while jobs.status(name).is_none() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_is_waited_for_without_polling() {
    let jobs = Jobs::default();
    let sagemaker = jobs.service();
    let world = World::new(vec![sagemaker.clone()]).await;
    for (name, status, expected) in [
        ("good", "Completed", json!({"status": "SUCCEEDED"})),
        ("bad", "Failed", json!({"status": "FAILED", "error": "States.TaskFailed"})),
    ] {
        let machine = world.machine(name, &machine_of(&training(name))).await;
        let execution = world.start(&machine, &json!({})).await;
        created(&jobs, name).await;
        tokio::time::sleep(Duration::from_hours(1)).await;
        jobs.end(&world.kit, name, status);
        let found = world.ended(&execution).await;
        assert!(holds(&found, &expected), "{found}");
        let described = if status == "Completed" {
            output(&found)
        } else {
            serde_json::from_str(found["cause"].as_str().unwrap()).unwrap()
        };
        assert!(
            holds(
                &described,
                &json!({"TrainingJobName": name, "TrainingJobStatus": status, "CreationTime": 1_767_225_600_500_i64})
            ),
            "{described}"
        );
        let last = if status == "Completed" { "TaskSucceeded" } else { "TaskFailed" };
        let history = world.history(&execution).await;
        assert_eq!(
            types(&history)[..6],
            [
                "ExecutionStarted",
                "TaskStateEntered",
                "TaskScheduled",
                "TaskStarted",
                "TaskSubmitted",
                last
            ]
        );
        let submitted = history[4]["taskSubmittedEventDetails"]["output"].as_str().unwrap();
        let submitted: Value = serde_json::from_str(submitted).unwrap();
        assert!(holds(
            &submitted,
            &json!({"TrainingJobArn": "*", "SdkHttpMetadata": {"HttpStatusCode": 200}})
        ));
    }
    let operations: Vec<String> = sagemaker.got().into_iter().map(|got| got.operation).collect();
    let each = ["CreateTrainingJob", "DescribeTrainingJob", "DescribeTrainingJob"];
    assert_eq!(operations, [each, each].concat());
    assert!(
        sagemaker.got()[0].principal.starts_with("arn:aws:sts::000000000000:assumed-role/retrain/")
    );
}

#[tokio::test(start_paused = true)]
async fn a_restart_finds_the_job_again() {
    let jobs = Jobs::default();
    let world = World::new(vec![jobs.service()]).await;
    let machine = world.machine("m", &machine_of(&training("j"))).await;
    let execution = world.start(&machine, &json!({})).await;
    created(&jobs, "j").await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let store = world.store.snapshot();
    drop(world);
    let sagemaker = jobs.service();
    let world = World::over(store, vec![sagemaker.clone()], Arc::new(service::OpenDoor)).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    jobs.end(&world.kit, "j", "Completed");
    let found = world.ended(&execution).await;
    assert_eq!(found["status"], "SUCCEEDED");
    let asked: Vec<String> = sagemaker.got().into_iter().map(|got| got.operation).collect();
    assert_eq!(asked, ["DescribeTrainingJob", "DescribeTrainingJob"]);
}

#[tokio::test(start_paused = true)]
async fn a_job_nobody_waits_for_is_stopped() {
    let jobs = Jobs::default();
    let world = World::new(vec![jobs.service()]).await;
    // By StopExecution, and by the task's time-out.
    let mut quick = training("quick");
    quick["TimeoutSeconds"] = json!(5);
    for (name, task) in [("stopped", training("stopped")), ("quick", quick)] {
        let machine = world.machine(name, &machine_of(&task)).await;
        let execution = world.start(&machine, &json!({})).await;
        created(&jobs, name).await;
        if name == "stopped" {
            world.ok("StopExecution", json!({"executionArn": execution})).await;
        }
        world.ended(&execution).await;
        while jobs.status(name) != Some(json!("Stopped")) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_has_the_names_of_the_java_sdk() {
    let jobs = Jobs::default();
    let world = World::new(vec![jobs.service()]).await;
    let machine = world.machine("m", &machine_of(&training("j"))).await;
    world.start(&machine, &json!({})).await;
    created(&jobs, "j").await;
    let again = world.start(&machine, &json!({})).await;
    let found = world.ended(&again).await;
    assert_eq!(found["error"], "SageMaker.ResourceInUseException");
    let cause = found["cause"].as_str().unwrap();
    assert!(cause.starts_with("there is one (Service: AmazonSageMaker; Status Code: 400; Error Code: ResourceInUse; Request ID: "), "{cause}");
    assert!(cause.ends_with("; Proxy: null)"), "{cause}");
    let history = world.history(&again).await;
    let refused = history.iter().find(|event| event["type"] == "TaskSubmitFailed").unwrap();
    let details = &refused["taskSubmitFailedEventDetails"];
    assert_eq!(details["error"], "SageMaker.ResourceInUseException", "{details}");
    assert_eq!(details["resource"], "createTrainingJob.sync", "{details}");
}

/// A child that succeeds or fails, and how its parent ends.
const MEMBERS: [&str; 13] = [
    "ExecutionArn",
    "Input",
    "InputDetails",
    "Name",
    "Output",
    "OutputDetails",
    "RedriveCount",
    "RedriveStatus",
    "RedriveStatusReason",
    "StartDate",
    "StateMachineArn",
    "Status",
    "StopDate",
];

#[tokio::test(start_paused = true)]
async fn executions_wait_for_executions() {
    let world = World::new(Vec::new()).await;
    let good =
        json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100, "End": true}}});
    let bad =
        json!({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}});
    let good = world.machine("good", &good).await;
    let bad = world.machine("bad", &bad).await;
    for (parent, child, pattern, expected) in [
        (
            "p1",
            &good,
            "",
            json!({"ExecutionArn": "*", "StartDate": 1_767_225_600_000_i64, "SdkResponseMetadata": {"RequestId": "*"}}),
        ),
        (
            "p2",
            &good,
            ".sync",
            json!({"Input": "{\"a\":1}", "Output": "{\"a\":1}", "Status": "SUCCEEDED", "InputDetails": {"Included": true}}),
        ),
        ("p3", &good, ".sync:2", json!({"Input": {"a": 1}, "Output": {"a": 1}, "Name": "named"})),
        (
            "p4",
            &bad,
            ".sync",
            json!({"Error": "E", "Cause": "C", "Status": "FAILED", "Input": "{\"a\":1}"}),
        ),
        ("p5", &bad, ".sync:2", json!({"Error": "E", "Cause": "C", "Input": {"a": 1}})),
    ] {
        let mut parameters = json!({"StateMachineArn": child, "Input": {"a": 1}});
        if parent == "p3" {
            parameters["Name"] = json!("named");
        }
        let resource = format!("arn:aws:states:::states:startExecution{pattern}");
        let (found, _) =
            world.run_task(parent, json!({"Resource": resource, "Parameters": parameters})).await;
        let result = if child == &good {
            output(&found)
        } else {
            assert_eq!(found["error"], "States.TaskFailed");
            serde_json::from_str(found["cause"].as_str().unwrap()).unwrap()
        };
        if parent == "p2" {
            // AWS: recorded: the members of the result.
            let mut names: Vec<&String> = result.as_object().unwrap().keys().collect();
            names.sort();
            assert_eq!(names, MEMBERS);
        }
        if parent == "p1" {
            assert!(result["ExecutionArn"].as_str().unwrap().contains(":execution:good:"));
            continue;
        }
        assert!(holds(&result, &expected), "{parent}: {result}");
    }
}

#[tokio::test(start_paused = true)]
async fn stopping_a_parent_stops_the_child() {
    let world = World::new(Vec::new()).await;
    let child =
        json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 10000, "End": true}}});
    let child = world.machine("child", &child).await;
    let task = json!({"Type": "Task", "End": true, "Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": child}});
    let parent = world.machine("parent", &machine_of(&task)).await;
    let execution = world.start(&parent, &json!({})).await;
    let list = json!({"stateMachineArn": child});
    let mut children = Vec::new();
    while children.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
        children = world.ok("ListExecutions", list.clone()).await["executions"]
            .as_array()
            .unwrap()
            .clone();
    }
    world.ok("StopExecution", json!({"executionArn": execution})).await;
    let found = world.ended(children[0]["executionArn"].as_str().unwrap()).await;
    assert_eq!(found["status"], "ABORTED");
}

#[tokio::test(start_paused = true)]
async fn express_executions_are_not_waited_for() {
    let world = World::new(Vec::new()).await;
    let child = json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}});
    let input = json!({"name": "child", "definition": child.to_string(), "roleArn": ROLE, "type": "EXPRESS"});
    let child = world.ok("CreateStateMachine", input).await["stateMachineArn"].clone();
    let task = json!({"Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": child}});
    let (found, _) = world.run_task("parent", task).await;
    assert_eq!(found["error"], "StepFunctions.StateMachineTypeNotSupportedException", "{found}");
    let cause = found["cause"].as_str().unwrap();
    assert!(cause.starts_with("This operation is not supported by this type of state machine (Service: AWSStepFunctions; Status Code: 400;"), "{cause}");
}
