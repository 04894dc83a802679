//! `CreateProcessingJob`: checks what can be known before the job runs, and schedules it.

use crate::Sagemaker;
use crate::error::Error;
use crate::jobs;
use crate::records::JobKind;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use std::collections::HashSet;

pub(crate) async fn run(
    service: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    jobs::require_few_hosts(&input["ProcessingResources"]["ClusterConfig"])?;
    let arn = jobs::arn(ctx, JobKind::Processing, &input);
    let principal = jobs::assume(ctx, &input, "RoleArn", &arn).await?;
    let mut names = HashSet::new();
    for given in input.get("ProcessingInputs").and_then(Value::as_array).into_iter().flatten() {
        let name = given.get("InputName").and_then(Value::as_str).unwrap_or_default();
        if !names.insert(name) {
            return Err(Error::Validation(format!("Input names must be unique: {name}.")));
        }
        let source = given.get("S3Input");
        let source = source.filter(|_| given.get("AppManaged") != Some(&Value::Bool(true)));
        let source =
            source.and_then(|s| Some((s.get("S3DataType")?.as_str()?, s.get("S3Uri")?.as_str()?)));
        jobs::require_objects(service, &principal, source).await?;
    }
    let reply = jobs::create(ctx, JobKind::Processing, input, None).await?;
    Ok(reply.map(|job| json!({"ProcessingJobArn": job.arn})))
}
