//! `CreateTrainingJob`: checks what can be known before the job runs, and schedules it.

use crate::Sagemaker;
use crate::error::Error;
use crate::jobs::{self, object_source};
use crate::records::JobKind;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};

/// Members that AWS's model leaves optional for serverless jobs, which refit has not.
const NEEDED: [&str; 3] = ["AlgorithmSpecification", "ResourceConfig", "StoppingCondition"];

pub(crate) async fn run(
    service: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    for member in NEEDED {
        if !input.get(member).is_some_and(Value::is_object) {
            return Err(Error::Validation(format!("{member} is required for a training job.")));
        }
    }
    let algorithm = &input["AlgorithmSpecification"];
    if algorithm.get("TrainingImage").is_some() == algorithm.get("AlgorithmName").is_some() {
        return Err(Error::Validation(
            "You must specify either an algorithm name or a training image, but not both."
                .to_owned(),
        ));
    }
    let arn = jobs::arn(ctx, JobKind::Training, &input);
    let principal = jobs::assume(ctx, &input, "RoleArn", &arn).await?;
    for channel in input.get("InputDataConfig").and_then(Value::as_array).into_iter().flatten() {
        jobs::require_objects(service, &principal, object_source(channel)).await?;
    }
    let reply = jobs::create(ctx, JobKind::Training, input).await?;
    Ok(reply.map(|job| json!({"TrainingJobArn": job.arn})))
}
