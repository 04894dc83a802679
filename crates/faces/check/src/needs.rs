//! What a task needs its role to be allowed to do.

use crate::context::Context;
use crate::machine::Task;
use crate::model::{ACCOUNT, REGION, upper_first};
use crate::node::{Hole, Kind, Node};

/// One permission.
#[derive(Debug, PartialEq)]
pub(crate) struct Need {
    /// `sagemaker:CreateTrainingJob`
    pub(crate) action: String,
    /// The ARN; none when it is only known at run time.
    pub(crate) resource: Option<String>,
}

/// The managed rule that `.sync` keeps its eye on a job with.
// AWS: IAM policies of the optimised integrations.
pub(crate) fn managed_rule(task: &Task) -> Option<&'static str> {
    if !task.is_sync {
        return None;
    }
    Some(match (task.service.as_str(), task.action.as_str()) {
        ("sagemaker", "createTrainingJob") => "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
        ("sagemaker", "createTransformJob") => {
            "StepFunctionsGetEventsForSageMakerTransformJobsRule"
        }
        ("sagemaker", "createHyperParameterTuningJob") => {
            "StepFunctionsGetEventsForSageMakerTuningJobsRule"
        }
        ("sagemaker", "createProcessingJob") => {
            "StepFunctionsGetEventsForSageMakerProcessingJobsRule"
        }
        ("states", "startExecution") => "StepFunctionsGetEventsForStepFunctionsExecutionRule",
        ("batch", "submitJob") => "StepFunctionsGetEventsForBatchJobsRule",
        ("ecs", "runTask") => "StepFunctionsGetEventsForECSTaskRule",
        ("codebuild", "startBuild") => "StepFunctionsGetEventForCodeBuildStartBuildRule",
        _ => return None,
    })
}

/// The calls a task makes, `.sync`'s own included, but for the managed rule and passing roles.
pub(crate) fn needs(context: &Context<'_>, task: &Task) -> Vec<Need> {
    let need =
        |action: &str, resource: Option<String>| Need { action: action.to_owned(), resource };
    if let Some(function) = &task.function {
        return vec![need("lambda:InvokeFunction", Some(function.clone()))];
    }
    if task.is_sdk {
        return sdk(context, task);
    }
    let argument = |name: &str| known(context, task, name);
    match (task.service.as_str(), task.action.as_str()) {
        ("lambda", "invoke") => {
            let arn = argument("FunctionName").map(|name| {
                if name.starts_with("arn:") {
                    name
                } else {
                    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
                }
            });
            vec![need("lambda:InvokeFunction", arn)]
        }
        ("sns", "publish") => vec![need("sns:Publish", argument("TopicArn"))],
        ("sqs", "sendMessage") => vec![need("sqs:SendMessage", None)],
        ("events", "putEvents") => vec![need("events:PutEvents", None)],
        ("states", "startExecution") => {
            vec![need("states:StartExecution", argument("StateMachineArn"))]
        }
        ("sagemaker", action) => sagemaker(context, task, action),
        _ => Vec::new(),
    }
}

fn sagemaker(context: &Context<'_>, task: &Task, action: &str) -> Vec<Need> {
    let noun = match action {
        "createTrainingJob" => Some(("TrainingJob", "training-job", "TrainingJobName")),
        "createTransformJob" => Some(("TransformJob", "transform-job", "TransformJobName")),
        "createProcessingJob" => Some(("ProcessingJob", "processing-job", "ProcessingJobName")),
        "createHyperParameterTuningJob" => Some((
            "HyperParameterTuningJob",
            "hyper-parameter-tuning-job",
            "HyperParameterTuningJobName",
        )),
        "createModel" => Some(("Model", "model", "ModelName")),
        "createEndpointConfig" => Some(("EndpointConfig", "endpoint-config", "EndpointConfigName")),
        "createEndpoint" => Some(("Endpoint", "endpoint", "EndpointName")),
        _ => None,
    };
    let Some((noun, word, member)) = noun else {
        return vec![Need { action: format!("sagemaker:{}", upper_first(action)), resource: None }];
    };
    let arn = known(context, task, member)
        .map(|name| format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:{word}/{}", name.to_lowercase()));
    let need =
        |verb: &str| Need { action: format!("sagemaker:{verb}{noun}"), resource: arn.clone() };
    let mut needs = vec![need("Create")];
    if task.is_sync {
        needs.extend([need("Describe"), need("Stop")]);
    }
    if task.member("Tags").is_some() {
        needs.push(Need { action: "sagemaker:AddTags".to_owned(), resource: arn.clone() });
    }
    needs
}

/// Calls as the SDK has them.
fn sdk(context: &Context<'_>, task: &Task) -> Vec<Need> {
    let service = match task.service.as_str() {
        "sfn" => "states",
        "eventbridge" => "events",
        "cloudwatchlogs" => "logs",
        "cloudwatch" => "cloudwatch",
        other => other,
    };
    if service == "s3" {
        return s3(context, task);
    }
    if service == "lambda" && task.action == "invoke" {
        return vec![Need { action: "lambda:InvokeFunction".to_owned(), resource: None }];
    }
    if service == "sts" {
        return Vec::new();
    }
    vec![Need { action: format!("{service}:{}", upper_first(&task.action)), resource: None }]
}

// AWS: actions, resources and condition keys for Amazon S3.
fn s3(context: &Context<'_>, task: &Task) -> Vec<Need> {
    let Some(bucket) = known(context, task, "Bucket") else { return Vec::new() };
    let bucket = format!("arn:aws:s3:::{bucket}");
    let object = known(context, task, "Key").map(|key| format!("{bucket}/{key}"));
    let need =
        |action: &str, resource: Option<String>| vec![Need { action: action.to_owned(), resource }];
    match task.action.as_str() {
        "listObjectsV2" | "listObjects" | "headBucket" => need("s3:ListBucket", Some(bucket)),
        "getObject" | "headObject" => need("s3:GetObject", object),
        "putObject" | "copyObject" | "createMultipartUpload" | "uploadPart" => {
            need("s3:PutObject", object)
        }
        "deleteObject" => need("s3:DeleteObject", object),
        _ => Vec::new(),
    }
}

/// An argument as far as it is known before the run; the parts made at run time are an example.
pub(crate) fn known(context: &Context<'_>, task: &Task, name: &str) -> Option<String> {
    let member = task.member(name)?;
    if !member.is_dynamic {
        return context
            .program
            .is_known(member.value)
            .then(|| context.program.predicted(member.value))
            .flatten();
    }
    // `States.Format('weather-{}', …)` and `{% 'weather-' & … %}`: how the name begins.
    let text = text_of(context, member.value)?;
    let text = text.trim();
    let inner =
        text.strip_prefix("States.Format(").or_else(|| text.strip_prefix("{%"))?.trim_start();
    let quote = inner.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let prefix = inner[1..].split(quote).next()?;
    Some(format!("{}0000", prefix.split('{').next()?))
}

fn text_of(context: &Context<'_>, node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Text(text) => {
            let fill = |hole: &Hole| context.program.predict(hole);
            Some(text.filled(&fill).0)
        }
        _ => None,
    }
}
