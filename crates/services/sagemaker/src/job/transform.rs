//! Batch transform with a built-in algorithm: objects in, one `.out` object each.
//!
//! The built-in reads `/opt/ml/input/config/transform.json`, `/opt/ml/model` and `/opt/ml/input/data/input`, and writes
//! `/opt/ml/output/data/<relative name>.out`.

use crate::Sagemaker;
use crate::job::finish::put;
use crate::job::input::{fetch_to, objects};
use crate::job::{Failure, spec};
use crate::jobs::{object_source, split_uri};
use crate::records::Job;
use runner::JobFolder;
use serde_json::json;
use service::{Ctx, Principal};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path};

/// Bytes that an unpacked model may have, against archives made to fill the disk.
const LARGEST_MODEL_BYTES: u64 = 20 * 1024 * 1024 * 1024;

/// Fetches the model and the input, and writes the configuration.
pub(crate) async fn prepare(
    service: &Sagemaker,
    ctx: &Ctx,
    principal: &Principal,
    job: &Job,
    folder: &JobFolder,
) -> Result<(), Failure> {
    let ml = folder.ml();
    for name in ["input/config", "input/data/input", "model", "output/data"] {
        std::fs::create_dir_all(ml.join(name)).map_err(Failure::internal)?;
    }
    let model = spec::model_of(ctx, job).await?;
    let uri = spec::container(&model)["ModelDataUrl"].as_str().unwrap_or_default();
    let archive = folder.path().join("model.tar.gz");
    fetch_to(service, principal, uri, &archive).await?;
    let target = ml.join("model");
    let unpacked = tokio::task::spawn_blocking(move || unpack(&archive, &target)).await;
    unpacked
        .map_err(Failure::internal)?
        .map_err(|error| Failure::client(format!("the model {uri} cannot be unpacked: {error}")))?;
    let input = &job.request["TransformInput"];
    let Some(("S3Prefix", uri)) = object_source(input) else {
        return Err(Failure::client("refit transforms S3Prefix input only"));
    };
    let (bucket, _) = split_uri(uri).map_err(Failure::client)?;
    for (key, relative) in objects(service, principal, uri).await? {
        let target = ml.join("input/data/input").join(safe(&relative)?);
        fetch_to(service, principal, &format!("s3://{bucket}/{key}"), &target).await?;
    }
    let config = json!({
        "ContentType": input.get("ContentType"),
        "SplitType": input.get("SplitType"),
        "Accept": job.request["TransformOutput"].get("Accept"),
        "AssembleWith": job.request["TransformOutput"].get("AssembleWith"),
        "DataProcessing": job.request.get("DataProcessing"),
    });
    std::fs::write(ml.join("input/config/transform.json"), config.to_string())
        .map_err(Failure::internal)
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
    let output = folder.ml().join("output/data");
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

/// The name, when it stays inside a folder.
fn safe(relative: &str) -> Result<&Path, Failure> {
    let path = Path::new(relative);
    let is_inside =
        !relative.is_empty() && path.components().all(|part| matches!(part, Component::Normal(_)));
    is_inside
        .then_some(path)
        .ok_or_else(|| Failure::client(format!("the key {relative} does not fit into a folder")))
}

/// Unpacks a model archive: files and folders inside the target only, and not without end.
fn unpack(archive: &Path, target: &Path) -> io::Result<()> {
    let decoder = flate2::read::GzDecoder::new(File::open(archive)?).take(LARGEST_MODEL_BYTES);
    let mut archive = tar::Archive::new(decoder);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if !(kind.is_file() || kind.is_dir()) {
            let path = entry.path()?.display().to_string();
            return Err(io::Error::other(format!("{path} is neither a file nor a folder")));
        }
        if !entry.unpack_in(target)? {
            let path = entry.path()?.display().to_string();
            return Err(io::Error::other(format!("{path} lies outside the archive")));
        }
    }
    Ok(())
}
