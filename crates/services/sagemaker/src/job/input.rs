//! Bringing a job's data from object storage into its folder.

mod augmented;

use crate::Sagemaker;
use crate::job::Failure;
use crate::job::hosts::Host;
use crate::jobs::{object_source, split_uri};
use crate::records::Job;
use runner::{JobFolder, Pipe, PipePart};
use serde_json::Value;
use service::{AwsError, Principal};
use std::io;
use std::path::{Component, Path, PathBuf};

/// One object to fetch: its key, and where it goes below the channel's folder.
struct Fetch {
    bucket: String,
    key: String,
    relative: String,
}

/// What the runner is to do about a host's channels.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    /// Folders below `ml/` that the job only reads.
    pub(crate) read_only: Vec<PathBuf>,
    /// Channels that come through named pipes.
    pub(crate) pipes: Vec<Pipe>,
}

/// How a channel reaches the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    File,
    /// The objects' own files, linked: there at once, whatever their size, and read-only.
    FastFile,
    Pipe,
}

/// Brings every channel of a host into `ml/input/data/<channel>/`, or prepares its pipe.
pub(crate) async fn channels(
    service: &Sagemaker,
    principal: &Principal,
    job: &Job,
    host: &Host,
    hosts: &[Host],
    folder: &JobFolder,
) -> Result<Channels, Failure> {
    let mut prepared = Channels::default();
    for channel in described(job) {
        let source = Source::of(job, channel)?;
        if !source.is_for(host) {
            continue;
        }
        let shares: Vec<&Host> = hosts.iter().filter(|host| source.is_for(host)).collect();
        let share = shares.iter().position(|one| *one == host).unwrap_or(0);
        let pieces = (share, if source.is_sharded { shares.len() } else { 1 });
        if source.kind == "AugmentedManifestFile" {
            prepared
                .pipes
                .push(augmented::pipe(service, principal, &source, pieces, folder).await?);
            continue;
        }
        let mut fetches = match source.kind {
            "S3Prefix" => prefix(service, principal, source.uri).await?,
            "ManifestFile" => manifest(service, principal, source.uri).await?,
            other => return Err(source.refused(&format!("the data type {other}"))),
        };
        if fetches.is_empty() {
            return Err(Failure::client(format!(
                "Data download failed: no objects found for channel {} under {}",
                source.name, source.uri
            )));
        }
        if pieces.1 > 1 {
            let (own, all) = (pieces.0, pieces.1);
            fetches = fetches.into_iter().skip(own).step_by(all).collect();
        }
        let place = folder.ml().join("input/data").join(inside(source.name)?);
        match source.mode {
            Mode::Pipe => {
                prepared.pipes.push(pipe(service, principal, &source, fetches, folder).await?);
            }
            Mode::File | Mode::FastFile => {
                tokio::fs::create_dir_all(&place).await.map_err(Failure::internal)?;
                for fetch in fetches {
                    self::fetch(service, principal, &fetch, &place, source.mode).await?;
                }
                if source.mode == Mode::FastFile {
                    prepared.read_only.push(Path::new("input/data").join(source.name));
                }
            }
        }
    }
    Ok(prepared)
}

/// The channels of a request.
fn described(job: &Job) -> impl Iterator<Item = &Value> {
    job.request.get("InputDataConfig").and_then(Value::as_array).into_iter().flatten()
}

/// What a request says of one channel.
pub(crate) struct Source<'a> {
    pub(crate) name: &'a str,
    kind: &'a str,
    pub(crate) uri: &'a str,
    mode: Mode,
    is_sharded: bool,
    groups: Vec<&'a str>,
    gzip: bool,
    pub(crate) record_io: bool,
    pub(crate) seed: Option<u64>,
    pub(crate) attributes: Vec<&'a str>,
}

impl<'a> Source<'a> {
    fn of(job: &'a Job, channel: &'a Value) -> Result<Self, Failure> {
        let name = channel.get("ChannelName").and_then(Value::as_str).unwrap_or_default();
        let client = |why: &str| Failure::client(format!("the channel {name} {why}"));
        let Some((kind, uri)) = object_source(channel) else {
            return Err(client(
                "has no S3 data source: refit does not have file system data sources",
            ));
        };
        let mode = channel
            .get("InputMode")
            .or_else(|| job.request["AlgorithmSpecification"].get("TrainingInputMode"));
        let mode = match mode.and_then(Value::as_str) {
            None | Some("File") => Mode::File,
            Some("FastFile") => Mode::FastFile,
            Some("Pipe") => Mode::Pipe,
            Some(other) => return Err(client(&format!("has the unknown input mode {other}"))),
        };
        let text = |member: &str| channel.get(member).and_then(Value::as_str).unwrap_or("None");
        let (gzip, record_io) =
            (text("CompressionType") == "Gzip", text("RecordWrapperType") == "RecordIO");
        // AWS: API_Channel: both are for Pipe mode; an augmented manifest too.
        if mode != Mode::Pipe && (gzip || record_io || kind == "AugmentedManifestFile") {
            return Err(client(
                "has a compression, record wrapper or augmented manifest, which need the input mode Pipe",
            ));
        }
        if mode == Mode::FastFile && kind != "S3Prefix" {
            return Err(client("has the input mode FastFile, which needs an S3Prefix"));
        }
        let source = &channel["DataSource"]["S3DataSource"];
        let texts = |member: &str| -> Vec<&'a str> {
            let all = source.get(member).and_then(Value::as_array);
            all.into_iter().flatten().filter_map(Value::as_str).collect()
        };
        Ok(Self {
            name,
            kind,
            uri,
            mode,
            is_sharded: source
                .get("S3DataDistributionType")
                .is_some_and(|it| it == "ShardedByS3Key"),
            groups: texts("InstanceGroupNames"),
            gzip,
            record_io,
            seed: channel.get("ShuffleConfig").and_then(|it| it.get("Seed")?.as_u64()),
            attributes: texts("AttributeNames"),
        })
    }

    fn is_for(&self, host: &Host) -> bool {
        self.groups.is_empty() || self.groups.contains(&host.group.as_str())
    }

    fn refused(&self, what: &str) -> Failure {
        Failure::client(format!("refit does not have {what} (channel {})", self.name))
    }
}

/// A channel's pipe: the objects one after the other.
async fn pipe(
    service: &Sagemaker,
    principal: &Principal,
    source: &Source<'_>,
    fetches: Vec<Fetch>,
    folder: &JobFolder,
) -> Result<Pipe, Failure> {
    let below = Path::new("pipes").join(inside(source.name)?);
    let mut parts = Vec::new();
    for (number, fetch) in fetches.into_iter().enumerate() {
        let file = below.join(number.to_string());
        let uri = format!("s3://{}/{}", fetch.bucket, fetch.key);
        bring(service, principal, &uri, &folder.path().join(&file), Mode::Pipe).await?;
        parts.push(PipePart { file, offset: 0, length: None, gzip: source.gzip });
    }
    Ok(Pipe {
        channel: source.name.to_owned(),
        parts,
        record_io: source.record_io,
        shuffle_seed: source.seed,
    })
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
            relative: below(&object.key, prefix, base).to_owned(),
            key: object.key,
        })
        .collect())
}

/// Where an object of a prefix goes. A prefix that is a folder's name without its slash means what lies in the folder.
// AWS: ModelTrainer of the SageMaker Python SDK 3 names its channels so and finds their files there.
fn below<'a>(key: &'a str, prefix: &str, base: usize) -> &'a str {
    let inside = key.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/'));
    inside.filter(|rest| !rest.is_empty()).unwrap_or(&key[base..])
}

/// The objects that a manifest names: their URIs and their places.
pub(crate) async fn manifest_objects(
    service: &Sagemaker,
    principal: &Principal,
    uri: &str,
) -> Result<Vec<(String, String)>, Failure> {
    let fetches = manifest(service, principal, uri).await?;
    let place = |fetch: Fetch| (format!("s3://{}/{}", fetch.bucket, fetch.key), fetch.relative);
    Ok(fetches.into_iter().map(place).collect())
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
    mode: Mode,
) -> Result<(), Failure> {
    let target = folder.join(inside(&fetch.relative)?);
    let uri = format!("s3://{}/{}", fetch.bucket, fetch.key);
    bring(service, principal, &uri, &target, mode).await
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
    bring(service, principal, uri, target, Mode::File).await
}

/// The file of an object, as the role may read it.
pub(crate) async fn file_of(
    service: &Sagemaker,
    principal: &Principal,
    uri: &str,
) -> Result<PathBuf, Failure> {
    let (bucket, key) = split_uri(uri).map_err(Failure::client)?;
    let source = service.objects.file(principal, bucket, key).await;
    source.map_err(|error| download_failed(uri, &error))
}

/// Brings one object: as a copy that the job may change, or as a link where it is only read.
async fn bring(
    service: &Sagemaker,
    principal: &Principal,
    uri: &str,
    target: &Path,
    mode: Mode,
) -> Result<(), Failure> {
    let source = file_of(service, principal, uri).await?;
    let copied = async {
        if let Some(parent) = target.parent() {
            tokio::fs::create_dir_all(parent).await?;
        }
        if mode != Mode::File {
            // A part of an earlier run may be there.
            tokio::fs::remove_file(target).await.ok();
            if tokio::fs::hard_link(&source, target).await.is_ok() {
                return Ok(0);
            }
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
