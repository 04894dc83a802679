//! `CreateTrainingJob`: checks what can be known before the job runs, and schedules it.

use crate::Sagemaker;
use crate::algorithms;
use crate::error::Error;
use crate::jobs::{self, object_source};
use crate::records::JobKind;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use std::collections::HashSet;

/// Members that AWS's model leaves optional for serverless jobs, which refit has not.
const NEEDED: [&str; 3] = ["AlgorithmSpecification", "ResourceConfig", "StoppingCondition"];

pub(crate) async fn run(
    service: &Sagemaker,
    ctx: &Ctx,
    mut input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    for member in NEEDED {
        if !input.get(member).is_some_and(Value::is_object) {
            return Err(Error::Validation(format!("{member} is required for a training job.")));
        }
    }
    jobs::require_few_hosts(&input["ResourceConfig"])?;
    check_waiting(&input)?;
    let algorithm = &input["AlgorithmSpecification"];
    if algorithm.get("TrainingImage").is_some() == algorithm.get("AlgorithmName").is_some() {
        return Err(Error::Validation(
            "You must specify either an algorithm name or a training image, but not both."
                .to_owned(),
        ));
    }
    let mut names = HashSet::new();
    for channel in input.get("InputDataConfig").and_then(Value::as_array).into_iter().flatten() {
        let name = channel.get("ChannelName").and_then(Value::as_str).unwrap_or_default();
        if !names.insert(name) {
            return Err(Error::Validation(format!("Channel names must be unique: {name}.")));
        }
    }
    if let Some(Value::Object(condition)) = input.get_mut("StoppingCondition") {
        condition
            .entry("MaxRuntimeInSeconds")
            .or_insert_with(|| Value::from(jobs::DEFAULT_RUNTIME_SECONDS));
    }
    let arn = jobs::arn(ctx, JobKind::Training, &input);
    let principal = jobs::assume(ctx, &input, "RoleArn", &arn).await?;
    for channel in input.get("InputDataConfig").and_then(Value::as_array).into_iter().flatten() {
        jobs::require_objects(service, &principal, object_source(channel)).await?;
    }
    let own = algorithms::resolve(service, ctx, &mut input).await?;
    let reply = jobs::create(ctx, JobKind::Training, input, own).await?;
    Ok(reply.map(|job| json!({"TrainingJobArn": job.arn})))
}

/// Spot training needs a time to wait, which holds the time to run.
// AWS: API_StoppingCondition: MaxWaitTimeInSeconds must be equal to or greater than MaxRuntimeInSeconds.
fn check_waiting(input: &Map<String, Value>) -> Result<(), Error> {
    let seconds = |member: &str| input["StoppingCondition"].get(member).and_then(Value::as_u64);
    let is_spot = input.get("EnableManagedSpotTraining") == Some(&Value::Bool(true));
    let run = seconds("MaxRuntimeInSeconds").unwrap_or(jobs::DEFAULT_RUNTIME_SECONDS);
    match seconds("MaxWaitTimeInSeconds") {
        None if is_spot => Err(Error::Validation(
            "Invalid MaxWaitTimeInSeconds. It must be present when EnableManagedSpotTraining is true.".to_owned(),
        )),
        Some(_) if !is_spot => Err(Error::Validation(
            "Invalid MaxWaitTimeInSeconds. It is supported only when EnableManagedSpotTraining is true.".to_owned(),
        )),
        Some(wait) if wait < run => Err(Error::Validation(
            "Invalid MaxWaitTimeInSeconds. It must be greater than or equal to MaxRuntimeInSeconds.".to_owned(),
        )),
        _ => Ok(()),
    }
}
