//! Bringing a job's data from object storage into its folder.

use crate::Sagemaker;
use crate::job::Failure;
use crate::jobs::{object_source, split_uri};
use crate::records::Job;
use runner::JobFolder;
use serde_json::Value;
use service::{AwsError, Principal};
use std::io;
use std::path::{Component, Path};

/// One object to fetch: its key, and where it goes below the channel's folder.
struct Fetch {
    bucket: String,
    key: String,
    relative: String,
}

/// Downloads every channel into `ml/input/data/<channel>/`.
pub(crate) async fn channels(
    service: &Sagemaker,
    principal: &Principal,
    job: &Job,
    folder: &JobFolder,
) -> Result<(), Failure> {
    let channels = job.request.get("InputDataConfig").and_then(Value::as_array);
    for channel in channels.into_iter().flatten() {
        let name = channel.get("ChannelName").and_then(Value::as_str).unwrap_or_default();
        let refuse = |what: &str| {
            Failure::client(format!(
                "refit does not have {what} (channel {name}); use File mode with S3Prefix or ManifestFile"
            ))
        };
        let mode = channel
            .get("InputMode")
            .or_else(|| job.request["AlgorithmSpecification"].get("TrainingInputMode"));
        if mode.and_then(Value::as_str) == Some("Pipe") {
            return Err(refuse("Pipe mode"));
        }
        let Some((kind, uri)) = object_source(channel) else {
            return Err(refuse("file system data sources"));
        };
        let target = folder.ml().join("input/data").join(inside(name)?);
        let fetches = match kind {
            "S3Prefix" => prefix(service, principal, uri).await?,
            "ManifestFile" => manifest(service, principal, uri).await?,
            other => return Err(refuse(other)),
        };
        if fetches.is_empty() {
            return Err(Failure::client(format!(
                "Data download failed: no objects found for channel {name} under {uri}"
            )));
        }
        for fetch in fetches {
            self::fetch(service, principal, &fetch, &target).await?;
        }
    }
    Ok(())
}

/// Every object whose key starts with the prefix, laid out relative to its last `/`.
pub(crate) async fn objects(
    service: &Sagemaker,
    principal: &Principal,
    uri: &str,
) -> Result<Vec<(String, String)>, Failure> {
    Ok(prefix(service, principal, uri).await?.into_iter().map(|f| (f.key, f.relative)).collect())
}

async fn prefix(
    service: &Sagemaker,
    principal: &Principal,
    uri: &str,
) -> Result<Vec<Fetch>, Failure> {
    let (bucket, prefix) = split_uri(uri).map_err(Failure::client)?;
    let listed = service.objects.list(principal, bucket, prefix).await;
    let listed = listed.map_err(|error| download_failed(uri, &error))?;
    let base = prefix.rfind('/').map_or(0, |slash| slash + 1);
    Ok(listed
        .into_iter()
        .filter(|object| !object.key.ends_with('/'))
        .map(|object| Fetch {
            bucket: bucket.to_owned(),
            relative: object.key[base..].to_owned(),
            key: object.key,
        })
        .collect())
}

/// The objects that a manifest names: `[{"prefix": "s3://b/p/"}, "a", "b"]`.
async fn manifest(
    service: &Sagemaker,
    principal: &Principal,
    uri: &str,
) -> Result<Vec<Fetch>, Failure> {
    let (bucket, key) = split_uri(uri).map_err(Failure::client)?;
    let file = service.objects.file(principal, bucket, key).await;
    let file = file.map_err(|error| download_failed(uri, &error))?;
    let invalid = |why: &str| Failure::client(format!("the manifest {uri} {why}"));
    let text = tokio::fs::read(file).await.map_err(Failure::internal)?;
    let entries: Vec<Value> = serde_json::from_slice(&text)
        .map_err(|error| invalid(&format!("is not a JSON list: {error}")))?;
    let base = entries
        .first()
        .and_then(|first| first.get("prefix"))
        .and_then(Value::as_str)
        .ok_or_else(|| invalid("does not begin with {\"prefix\": …}"))?;
    let (bucket, prefix) = split_uri(base).map_err(Failure::client)?;
    entries[1..]
        .iter()
        .map(|entry| {
            let relative = entry.as_str().ok_or_else(|| invalid("has an entry that is no text"))?;
            Ok(Fetch {
                bucket: bucket.to_owned(),
                key: format!("{prefix}{relative}"),
                relative: relative.to_owned(),
            })
        })
        .collect()
}

/// Brings one object to `folder/relative`; keys that would leave the folder are refused.
async fn fetch(
    service: &Sagemaker,
    principal: &Principal,
    fetch: &Fetch,
    folder: &Path,
) -> Result<(), Failure> {
    let target = folder.join(inside(&fetch.relative)?);
    let uri = format!("s3://{}/{}", fetch.bucket, fetch.key);
    fetch_to(service, principal, &uri, &target).await
}

/// The name as a path, when it stays inside the folder it is put into.
pub(crate) fn inside(name: &str) -> Result<&Path, Failure> {
    let path = Path::new(name);
    let is_inside =
        !name.is_empty() && path.components().all(|part| matches!(part, Component::Normal(_)));
    is_inside.then_some(path).ok_or_else(|| {
        Failure::client(format!("Data download failed: the name {name} does not fit into a folder"))
    })
}

/// Fetches one object to a file.
pub(crate) async fn fetch_to(
    service: &Sagemaker,
    principal: &Principal,
    uri: &str,
    target: &Path,
) -> Result<(), Failure> {
    let (bucket, key) = split_uri(uri).map_err(Failure::client)?;
    let source = service.objects.file(principal, bucket, key).await;
    let source = source.map_err(|error| download_failed(uri, &error))?;
    let copied = async {
        if let Some(parent) = target.parent() {
            tokio::fs::create_dir_all(parent).await?;
        }
        tokio::fs::copy(&source, target).await
    };
    copied.await.map(drop).map_err(|error| match error.kind() {
        // Keys that no folder can hold together: `a` and `a/b`, or a name that is too long.
        io::ErrorKind::AlreadyExists
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::InvalidFilename => {
            Failure::client(format!("Data download failed: {uri}: {error}"))
        }
        _ => Failure::internal(format!("Data download failed: {uri}: {error}")),
    })
}

// AWS: FailureReason of a job whose role may not read its data.
fn download_failed(uri: &str, error: &AwsError) -> Failure {
    Failure::refused(&format!("Data download failed: {uri}"), error)
}
