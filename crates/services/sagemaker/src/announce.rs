//! State changes as events on the default bus: durable, so that no crash loses one.

use crate::ops::{describe_processing_job, describe_training_job, describe_transform_job};
use crate::records::{Job, JobKind};
use serde_json::{Value, json};
use service::{AwsError, Ctx, Principal, WorkItem, WorkOutcome};

/// Work kind of an event to put; the key is the resource's ARN and the moment.
pub(crate) const WORK: &str = "sagemaker/announce";

/// The work item that puts the event.
pub(crate) fn item(ctx: &Ctx, detail_type: &str, arn: &str, detail: Value) -> WorkItem {
    let key = format!("{arn}/{}", ctx.uuid());
    let body = json!({"type": detail_type, "arn": arn, "detail": detail});
    WorkItem::new(WORK, key, &ctx.region, ctx.now_ms, &body)
}

/// Puts the event.
pub(crate) async fn run(ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
    let entry = json!({
        "Source": "aws.sagemaker",
        "DetailType": item.body["type"],
        "Resources": [item.body["arn"]],
        "Detail": item.body["detail"].to_string(),
    });
    let principal = Principal::platform(ctx.account());
    let effect = format!("{WORK}/{}#", item.key);
    let input = json!({"Entries": [entry]});
    ctx.call_as(principal, "events", "PutEvents", input, Some(effect.clone())).await?;
    let mut outcome = WorkOutcome::done();
    service::forget_effects(&mut outcome.batch, &effect);
    Ok(outcome)
}

/// The work item that tells of a job's status.
pub(crate) fn job(ctx: &Ctx, job: &Job) -> WorkItem {
    let mut detail = match job.kind {
        JobKind::Training => describe_training_job::view(job.clone()),
        JobKind::Transform => describe_transform_job::view(job),
        JobKind::Processing => describe_processing_job::view(job),
    };
    to_milliseconds(&mut detail);
    item(ctx, job.kind.event(), &job.arn, detail)
}

/// Times in these events are whole milliseconds, where responses have seconds.
// AWS: automating-sagemaker-with-eventbridge, the example of a training job's event.
pub(crate) fn to_milliseconds(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(to_milliseconds),
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_f64() {
                    Some(seconds) if TIMES.contains(&name.as_str()) => {
                        *member = Value::from((seconds * 1000.0).round() as i64);
                    }
                    _ if is_own(name) => to_milliseconds(member),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Members of a description that hold times.
const TIMES: [&str; 13] = [
    "CreationTime",
    "LastModifiedTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "TransformStartTime",
    "TransformEndTime",
    "ProcessingStartTime",
    "ProcessingEndTime",
    "HyperParameterTuningEndTime",
    "ResolutionTime",
    "StartTime",
    "EndTime",
    "Timestamp",
];

/// Not what the user gave: hyperparameters and the environment have names of their own.
fn is_own(name: &str) -> bool {
    matches!(
        name,
        "SecondaryStatusTransitions"
            | "FinalMetricDataList"
            | "BestTrainingJob"
            | "ProductionVariants"
            | "DeployedImages"
    )
}
