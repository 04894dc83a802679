//! Batch transform: objects in, one `.out` object each.
//!
//! The job (`refit algorithm NAME transform`, or `refit algorithm batch` over what serves the model) reads `/opt/ml/input/config/transform.json`, `/opt/ml/model` and `/opt/ml/input/data/input`, and writes
//! `/opt/ml/output/data/<relative name>.out`.

use crate::Sagemaker;
use crate::job::finish::put;
use crate::job::input::{fetch_to, inside, objects};
use crate::job::{Failure, archive, spec};
use crate::jobs::{object_source, split_uri};
use crate::records::Job;
use crate::serving;
use runner::JobFolder;
use serde_json::{Value, json};
use service::Principal;
use std::path::Path;

/// Fetches the model and the input, and writes the configuration.
pub(crate) async fn prepare(
    service: &Sagemaker,
    principal: &Principal,
    job: &Job,
    folder: &JobFolder,
) -> Result<(), Failure> {
    let ml = folder.ml();
    for name in ["input/config", "input/data/input", "model", "output/data"] {
        std::fs::create_dir_all(ml.join(name)).map_err(Failure::internal)?;
    }
    serving::fetch_model(service, principal, spec::container(job), folder).await?;
    let input = &job.request["TransformInput"];
    let Some(("S3Prefix", uri)) = object_source(input) else {
        return Err(Failure::client("refit transforms S3Prefix input only"));
    };
    let (bucket, _) = split_uri(uri).map_err(Failure::client)?;
    for (key, relative) in objects(service, principal, uri).await? {
        let target = ml.join("input/data/input").join(inside(&relative)?);
        fetch_to(service, principal, &format!("s3://{bucket}/{key}"), &target).await?;
    }
    let config = json!({
        "ContentType": input.get("ContentType"),
        "SplitType": input.get("SplitType"),
        "Accept": job.request["TransformOutput"].get("Accept"),
        "AssembleWith": job.request["TransformOutput"].get("AssembleWith"),
        "BatchStrategy": job.request.get("BatchStrategy"),
        "MaxPayloadInMB": job.request.get("MaxPayloadInMB"),
        "InvocationsTimeoutInSeconds":
            job.request.get("ModelClientConfig").and_then(|it| it.get("InvocationsTimeoutInSeconds")),
        "DataProcessing": job.request.get("DataProcessing"),
    });
    std::fs::write(ml.join("input/config/transform.json"), config.to_string())
        .map_err(Failure::internal)
}

/// What a container is told of the transformation that it serves.
// AWS: your-algorithms-batch-code-how-containe-serves-requests.
pub(crate) fn variables(job: &Job) -> [(String, String); 4] {
    let is_single =
        job.request.get("BatchStrategy").and_then(Value::as_str) == Some("SingleRecord");
    let payload =
        job.request.get("MaxPayloadInMB").and_then(Value::as_u64).filter(|most| *most > 0);
    [
        ("SAGEMAKER_BATCH", "true".to_owned()),
        // AWS: CreateTransformJob: 6 by default.
        ("SAGEMAKER_MAX_PAYLOAD_IN_MB", payload.unwrap_or(6).to_string()),
        ("SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", "1".to_owned()),
        (
            "SAGEMAKER_BATCH_STRATEGY",
            if is_single { "SINGLE_RECORD" } else { "MULTI_RECORD" }.to_owned(),
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value))
}

/// Uploads every `.out` file.
pub(crate) async fn upload(
    service: &Sagemaker,
    principal: &Principal,
    job: &Job,
    folder: &JobFolder,
) -> Result<(), Failure> {
    let base = job.request["TransformOutput"]["S3OutputPath"].as_str().unwrap_or_default();
    let base = base.trim_end_matches('/');
    let Some(output) = archive::own_folder(&folder.ml(), Path::new("output/data")) else {
        return Err(Failure::client("the job has put something else in the place of its output"));
    };
    let mut folders = vec![output.clone()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir().map_err(Failure::internal)? {
            let entry = entry.map_err(Failure::internal)?;
            let kind = entry.file_type().map_err(Failure::internal)?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                let path = entry.path();
                let relative = path.strip_prefix(&output).unwrap_or(&path).to_string_lossy();
                put(service, principal, &path, &format!("{base}/{relative}")).await?;
            }
        }
    }
    Ok(())
}
