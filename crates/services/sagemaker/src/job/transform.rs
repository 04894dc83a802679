//! Batch transform with a built-in algorithm: objects in, one `.out` object each.
//!
//! The built-in reads `/opt/ml/input/config/transform.json`, `/opt/ml/model` and `/opt/ml/input/data/input`, and writes
//! `/opt/ml/output/data/<relative name>.out`.

use crate::Sagemaker;
use crate::job::finish::put;
use crate::job::input::{fetch_to, inside, objects};
use crate::job::{Failure, spec};
use crate::jobs::{object_source, split_uri};
use crate::records::Job;
use runner::JobFolder;
use serde_json::json;
use service::Principal;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Bytes that an unpacked model may have, against archives made to fill the disk.
pub(crate) const LARGEST_MODEL_BYTES: u64 = 20 * 1024 * 1024 * 1024;
/// Files that it may have.
const MOST_ENTRIES: usize = 100_000;

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
    let uri = spec::container(job)["ModelDataUrl"].as_str().unwrap_or_default();
    let archive = folder.path().join("model.tar.gz");
    fetch_to(service, principal, uri, &archive).await?;
    let target = ml.join("model");
    let unpacked =
        tokio::task::spawn_blocking(move || unpack(&archive, &target, LARGEST_MODEL_BYTES)).await;
    unpacked
        .map_err(Failure::internal)?
        .map_err(|error| Failure::client(format!("the model {uri} cannot be unpacked: {error}")))?;
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

/// Unpacks a model archive: files and folders inside the target only, and not without end.
pub(crate) fn unpack(archive: &Path, target: &Path, most_bytes: u64) -> io::Result<()> {
    let decoder = flate2::read::MultiGzDecoder::new(File::open(archive)?);
    let mut archive = tar::Archive::new(decoder.take(most_bytes));
    let mut bytes_left = most_bytes;
    for (number, entry) in archive.entries()?.enumerate() {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if kind.is_pax_global_extensions() {
            continue;
        }
        let refuse = |entry: &tar::Entry<_>, why: &str| {
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            Err(io::Error::other(format!("{path} {why}")))
        };
        if !(kind.is_file() || kind.is_dir()) {
            return refuse(&entry, "is neither a file nor a folder");
        }
        // What an entry claims is checked before anything is written for it.
        bytes_left = match bytes_left.checked_sub(entry.size()) {
            Some(left) if number < MOST_ENTRIES => left,
            _ => return refuse(&entry, "makes the archive too large"),
        };
        if !entry.unpack_in(target)? {
            return refuse(&entry, "lies outside the archive");
        }
    }
    Ok(())
}
