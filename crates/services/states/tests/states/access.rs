//! Executions act with their role, and nothing else.

use crate::fakes::{Fake, Jobs};
use crate::world::{ROLE, World};
use serde_json::{Value, json};
use service::{Access, Authoriser, AwsError, Principal};
use std::sync::Arc;
use store::MemoryStore;

/// Roles named `stranger` trust nobody, and roles may do nothing but what the list says.
struct Strict(&'static [&'static str]);

#[async_trait::async_trait]
impl Authoriser for Strict {
    async fn authorise(&self, access: &Access<'_>) -> Result<(), AwsError> {
        if self.0.contains(&access.action) {
            return Ok(());
        }
        let message = format!(
            "User: {} is not authorized to perform: {}",
            access.principal.arn, access.action
        );
        Err(AwsError::new("AccessDeniedException", message))
    }

    async fn assume(
        &self,
        role_arn: &str,
        service: &str,
        session: &str,
        _: Option<&str>,
    ) -> Result<Principal, AwsError> {
        let name = role_arn.rsplit('/').next().unwrap();
        if name == "stranger" || service != "states.amazonaws.com" {
            return Err(AwsError::fault("AccessDenied", "no trust", 403));
        }
        Ok(Principal::role("000000000000", name, session))
    }

    async fn credentials(&self, _: &Principal, _: i64) -> Result<Vec<(String, String)>, AwsError> {
        Ok(Vec::new())
    }
}

async fn world(allowed: &'static [&'static str], others: Vec<Arc<dyn service::Service>>) -> World {
    World::over(MemoryStore::new(), others, Arc::new(Strict(allowed))).await
}

#[tokio::test(start_paused = true)]
async fn a_task_needs_its_permissions() {
    let task = json!({"Resource": "arn:aws:states:::aws-sdk:sagemaker:describeTrainingJob", "Parameters": {"TrainingJobName": "j"}});
    let sync = json!({"Resource": "arn:aws:states:::states:startExecution.sync", "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:m"}});
    for (task, error, cause) in [
        (
            task,
            "SageMaker.SageMakerException",
            "sagemaker:DescribeTrainingJob (Service: SageMaker, Status Code: 400",
        ),
        (
            sync,
            "StepFunctions.AWSStepFunctionsException",
            "states:StartExecution (Service: AWSStepFunctions; Status Code: 400; Error Code: AccessDeniedException",
        ),
    ] {
        let sagemaker = Jobs::default().service();
        let world = world(&[], vec![sagemaker.clone()]).await;
        let (found, _) = world.run_task("m", task).await;
        assert_eq!(found["error"], error);
        let found = found["cause"].as_str().unwrap();
        assert!(
            found.starts_with("User: arn:aws:sts::000000000000:assumed-role/retrain/"),
            "{found}"
        );
        assert!(found.contains(cause), "{found}");
        assert!(sagemaker.got().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_needs_permission_to_look() {
    let jobs = Jobs::default();
    let world = world(&["sagemaker:CreateTrainingJob"], vec![jobs.service()]).await;
    let parameters = json!({"TrainingJobName": "j", "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
        "RoleArn": ROLE, "OutputDataConfig": {"S3OutputPath": "s3://b/m"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 900}});
    let task = json!({"Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync", "Parameters": parameters});
    let (found, _) = world.run_task("m", task).await;
    assert_eq!(found["error"], "SageMaker.AmazonSageMakerException");
    assert!(found["cause"].as_str().unwrap().contains("sagemaker:DescribeTrainingJob"), "{found}");
}

#[tokio::test(start_paused = true)]
async fn roles_are_checked_when_machines_are_made() {
    let definition =
        json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}).to_string();
    let logging = json!({"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:g:*"}}]});
    let world = world(&[], vec![Fake::new("logs", |_, _| Ok(json!({})))]).await;
    for (role, logging, expected) in [
        (ROLE, Value::Null, None),
        (
            "arn:aws:iam::000000000000:role/stranger",
            Value::Null,
            Some(
                "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.",
            ),
        ),
        (
            ROLE,
            logging,
            Some("The state machine IAM Role is not authorized to access the Log Destination"),
        ),
    ] {
        let input = json!({"name": format!("m{}", expected.map_or(0, str::len)), "definition": definition, "roleArn": role, "loggingConfiguration": logging});
        let answer = world.call("CreateStateMachine", input).await;
        let refused = answer.err().map(|error| {
            assert_eq!(error.code, "AccessDeniedException");
            error.message
        });
        assert_eq!(refused.as_deref(), expected);
    }
}
