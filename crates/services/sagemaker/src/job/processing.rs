//! Processing jobs: what the container finds, and what becomes of what it leaves.
// AWS: build-your-own-processing-container.

use crate::Sagemaker;
use crate::images::{Asked, Way};
use crate::job::finish::put;
use crate::job::hosts::{Host, resource_config};
use crate::job::input::{fetch_to, inside, manifest_objects};
use crate::job::script::{self, Program};
use crate::job::{Failure, Run, archive, spec};
use crate::jobs::split_uri;
use crate::records::Job;
use runner::{JobFolder, JobSpec};
use serde_json::{Map, Value, json};
use service::{Ctx, ObjectInfo, Principal};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Where inputs and outputs lie.
const ROOT: &str = "/opt/ml/";
// AWS: the first kilobyte of /opt/ml/output/message becomes the ExitMessage.
const LONGEST_MESSAGE_BYTES: u64 = 1024;
/// Between two looks at outputs that are uploaded all the time.
const PAUSE: Duration = Duration::from_secs(2);

/// Fetches the inputs, makes the outputs' folders and writes the configuration.
pub(crate) async fn prepare(
    service: &Sagemaker,
    principal: &Principal,
    job: &Job,
    host: &Host,
    hosts: &[Host],
    folder: &JobFolder,
) -> Result<(), Failure> {
    let ml = folder.ml();
    for name in ["config", "processing", "output"] {
        fs::create_dir_all(ml.join(name)).map_err(Failure::internal)?;
    }
    let config = ml.join("config");
    fs::write(config.join("processingjobconfig.json"), job_config(job).to_string())
        .map_err(Failure::internal)?;
    fs::write(config.join("resourceconfig.json"), resource_config(hosts, host).to_string())
        .map_err(Failure::internal)?;
    for output in outputs(job) {
        fs::create_dir_all(ml.join(below(&output.local_path)?)).map_err(Failure::internal)?;
    }
    let inputs = job.request.get("ProcessingInputs").and_then(Value::as_array);
    for input in inputs.into_iter().flatten() {
        fetch(service, principal, input, (host.index, hosts.len()), &ml).await?;
    }
    Ok(())
}

/// The request as the container reads it.
fn job_config(job: &Job) -> Value {
    let mut config = Map::new();
    config.insert("ProcessingJobArn".to_owned(), json!(job.arn));
    config.extend(job.request.clone());
    for member in ["NetworkConfig", "StoppingCondition", "Environment", "ExperimentConfig"] {
        config.entry(member).or_insert(Value::Null);
    }
    Value::Object(config)
}

/// The words of `ContainerEntrypoint` or `ContainerArguments`.
fn words(job: &Job, member: &str) -> Option<Vec<String>> {
    let words = job.request["AppSpecification"].get(member)?.as_array()?;
    Some(words.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// The runner's specification of a host, as far as it does not depend on what the job is granted.
pub(crate) async fn spec(
    service: &Sagemaker,
    ctx: &Ctx,
    principal: &Principal,
    job: &Job,
    host: &Host,
    folder: &JobFolder,
) -> Result<JobSpec, Failure> {
    let mut spec = JobSpec::new(host.run_id.as_str(), Vec::<String>::new());
    spec::common(service, ctx, principal, job, &mut spec).await?;
    let network = job.request.get("NetworkConfig").unwrap_or(&Value::Null);
    spec.isolate_network = network.get("EnableNetworkIsolation") == Some(&Value::Bool(true));
    let entrypoint = words(job, "ContainerEntrypoint");
    let arguments = words(job, "ContainerArguments").unwrap_or_default();
    let image = spec::image_of(job)?;
    let asked = Asked { has_program: entrypoint.is_some() };
    let program = match service.images.way(image, asked).map_err(Failure::client)? {
        Way::Container(image) => {
            spec.container = Some(spec::container_of(image, entrypoint).await?);
            Program { argv: arguments, ..Program::default() }
        }
        way => program(service, folder, image, way, entrypoint, arguments).await?,
    };
    program.put_into(&mut spec);
    for (name, value) in [
        ("CURRENT_HOST", &host.name),
        ("PROCESSING_JOB_NAME", &job.name),
        ("PROCESSING_JOB_ARN", &job.arn),
    ] {
        spec.env.insert(name.to_owned(), value.clone());
    }
    spec.hostname = Some(host.name.clone());
    Ok(spec)
}

/// What a process of this machine runs for an image.
async fn program(
    service: &Sagemaker,
    folder: &JobFolder,
    image: &str,
    way: Way,
    entrypoint: Option<Vec<String>>,
    arguments: Vec<String>,
) -> Result<Program, Failure> {
    let Some(mut argv) = entrypoint else {
        return Err(Failure::client(format!(
            "a processing job with the image {image} needs a ContainerEntrypoint"
        )));
    };
    argv.extend(arguments);
    match way {
        Way::Python(packages) => {
            let nothing = folder.ml().join("processing");
            let environment =
                script::environment_of(service, folder, &nothing, packages, false).await?;
            let mut program = script::program(&environment, argv);
            // Processing has no code folder of its own.
            program.directory = Some("/opt/ml/processing".to_owned());
            program.env.retain(|(name, _)| name != "PYTHONPATH");
            Ok(program)
        }
        Way::Folder(image) if image.is_dir() => {
            let directory = Some(image.to_string_lossy().into_owned());
            Ok(Program { argv, directory, ..Program::default() })
        }
        Way::Folder(image) => {
            Err(Failure::client(format!("the image's folder {} is not there", image.display())))
        }
        Way::BuiltIn(_) | Way::Container(_) => {
            Err(Failure::client(format!("the image {image} does not process data")))
        }
    }
}

/// Brings one input to its place.
async fn fetch(
    service: &Sagemaker,
    principal: &Principal,
    input: &Value,
    (share, shares): (usize, usize),
    ml: &Path,
) -> Result<(), Failure> {
    let name = input.get("InputName").and_then(Value::as_str).unwrap_or_default();
    let refuse = |what: &str| {
        Err(Failure::client(format!(
            "refit does not have {what} in processing jobs (input {name})"
        )))
    };
    if input.get("AppManaged") == Some(&Value::Bool(true)) {
        return Ok(());
    }
    let Some(source) = input.get("S3Input") else { return refuse("dataset definitions") };
    let text = |member: &str| source.get(member).and_then(Value::as_str);
    if text("S3InputMode") == Some("Pipe") {
        return refuse("Pipe mode");
    }
    let Some(local_path) = text("LocalPath") else { return refuse("inputs without a LocalPath") };
    let target = ml.join(below(local_path)?);
    fs::create_dir_all(&target).map_err(Failure::internal)?;
    let uri = text("S3Uri").unwrap_or_default();
    let found = match text("S3DataType") {
        Some("ManifestFile") => manifest_objects(service, principal, uri).await?,
        _ => prefix(service, principal, uri).await?,
    };
    if found.is_empty() {
        return Err(Failure::client(format!("Data download failed: no objects found under {uri}")));
    }
    let is_sharded = text("S3DataDistributionType") == Some("ShardedByS3Key");
    let (share, step) = if is_sharded { (share, shares.max(1)) } else { (0, 1) };
    for (uri, relative) in found.into_iter().skip(share).step_by(step) {
        fetch_to(service, principal, &uri, &target.join(inside(&relative)?)).await?;
    }
    Ok(())
}

/// The objects of a prefix, and their places.
async fn prefix(
    service: &Sagemaker,
    principal: &Principal,
    uri: &str,
) -> Result<Vec<(String, String)>, Failure> {
    let (bucket, prefix) = split_uri(uri).map_err(Failure::client)?;
    let listed = service.objects.list(principal, bucket, prefix).await;
    let listed = listed
        .map_err(|error| Failure::refused(&format!("Data download failed: {uri}"), &error))?;
    let place = |object: ObjectInfo| {
        let relative = relative_to(&object.key, prefix)?.to_owned();
        Some((format!("s3://{bucket}/{}", object.key), relative))
    };
    Ok(listed.into_iter().filter_map(place).collect())
}

/// Where an object of a prefix goes: below the prefix as a folder, or by its own name.
fn relative_to<'a>(key: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = key.strip_prefix(prefix)?;
    let relative = match rest.strip_prefix('/') {
        Some(rest) => rest,
        None if prefix.ends_with('/') || prefix.is_empty() => rest,
        None => key.rsplit_once('/').map_or(key, |(_, name)| name),
    };
    (!relative.is_empty() && !key.ends_with('/')).then_some(relative)
}

/// An output that the platform uploads.
struct Output {
    local_path: String,
    uri: String,
    is_continuous: bool,
}

fn outputs(job: &Job) -> Vec<Output> {
    let given = &job.request.get("ProcessingOutputConfig").unwrap_or(&Value::Null)["Outputs"];
    let given = given.as_array().into_iter().flatten();
    let read = |output: &Value| {
        if output.get("AppManaged") == Some(&Value::Bool(true)) {
            return None;
        }
        let target = output.get("S3Output")?;
        let text = |member: &str| Some(target.get(member)?.as_str()?.to_owned());
        Some(Output {
            local_path: text("LocalPath")?,
            uri: text("S3Uri")?,
            is_continuous: text("S3UploadMode").as_deref() == Some("Continuous"),
        })
    };
    given.filter_map(read).collect()
}

/// A path below `/opt/ml`, relative to it.
fn below(path: &str) -> Result<PathBuf, Failure> {
    let relative = path.strip_prefix(ROOT).map(Path::new);
    let is_inside = |path: &&Path| {
        path.components().all(|part| matches!(part, Component::Normal(_)))
            && path.components().next().is_some()
    };
    // AWS: local paths must lie below /opt/ml/processing.
    relative.filter(is_inside).map(Path::to_owned).ok_or_else(|| {
        Failure::client(format!("the LocalPath {path} does not lie below /opt/ml/processing"))
    })
}

/// What was uploaded of the outputs that are uploaded all the time: time of change and size by path.
#[derive(Default)]
struct Uploaded(BTreeMap<PathBuf, (Option<SystemTime>, u64)>);

/// Uploads all outputs of all hosts.
pub(crate) async fn upload(
    service: &Sagemaker,
    principal: &Principal,
    job: &Job,
    folders: &[JobFolder],
) -> Result<(), Failure> {
    for folder in folders {
        upload_changed(service, principal, job, folder, &mut Uploaded::default(), true).await?;
    }
    Ok(())
}

/// Uploads what changes in outputs with `Continuous`, until it is dropped. What cannot be stored now is tried again, and
/// at the job's end it counts.
pub(super) async fn upload_continuously(run: &Run<'_>, job: &Job) -> Infallible {
    let mut uploaded = Uploaded::default();
    loop {
        tokio::time::sleep(PAUSE).await;
        for host in &run.hosts {
            let stored = async {
                let principal = run.principal(job).await?;
                let folder = run.service.runner.prepare(&host.run_id).await;
                let folder = folder.map_err(Failure::internal)?;
                upload_changed(run.service, &principal, job, &folder, &mut uploaded, false).await
            };
            if let Err(failure) = stored.await {
                tracing::warn!(job = job.name, reason = failure.reason(), "outputs are not stored");
            }
        }
    }
}

/// Uploads what has changed in outputs: in all of them at the job's end, in the continuous ones before.
async fn upload_changed(
    service: &Sagemaker,
    principal: &Principal,
    job: &Job,
    folder: &JobFolder,
    uploaded: &mut Uploaded,
    is_end: bool,
) -> Result<(), Failure> {
    for output in outputs(job) {
        if !is_end && !output.is_continuous {
            continue;
        }
        // A link in the place of an output leads to what is not the job's.
        let Some(root) = archive::own_folder(&folder.ml(), &below(&output.local_path)?) else {
            continue;
        };
        for file in files(&root).map_err(Failure::internal)? {
            let Ok(metadata) = file.symlink_metadata() else { continue };
            let state = (metadata.modified().ok(), metadata.len());
            if uploaded.0.get(&file) == Some(&state) {
                continue;
            }
            let relative = file.strip_prefix(&root).unwrap_or(&file).to_string_lossy();
            let uri = format!("{}/{relative}", output.uri.trim_end_matches('/'));
            put(service, principal, &file, &uri).await?;
            uploaded.0.insert(file, state);
        }
    }
    Ok(())
}

/// Whether anything is to be uploaded while the job runs.
pub(crate) fn is_continuous(job: &Job) -> bool {
    outputs(job).iter().any(|output| output.is_continuous)
}

/// The files below a folder; links are not followed.
fn files(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match folder.read_dir() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// What the containers say of their end, one after the other.
pub(crate) fn messages(folders: &[JobFolder]) -> Option<String> {
    let all: Vec<String> = folders.iter().filter_map(message).collect();
    (!all.is_empty()).then(|| all.join("\n").chars().take(1024).collect())
}

fn message(folder: &JobFolder) -> Option<String> {
    let file = archive::own_folder(&folder.ml(), Path::new("output"))?.join("message");
    // Only of a file: a pipe would never end, a link shows another's.
    if !file.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    fs::File::open(file).ok()?.take(LONGEST_MESSAGE_BYTES).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{below, relative_to};

    #[test]
    fn objects_have_places() {
        let cases = [
            ("code/p.py", "code/p.py", Some("p.py")),
            ("data/a/b.csv", "data", Some("a/b.csv")),
            ("data/a/b.csv", "data/", Some("a/b.csv")),
            ("data2/b.csv", "data", Some("b.csv")),
            ("data/", "data/", None),
            ("b.csv", "", Some("b.csv")),
            ("other", "data", None),
        ];
        for (key, prefix, expected) in cases {
            assert_eq!(relative_to(key, prefix), expected, "{key} {prefix}");
        }
    }

    #[test]
    fn local_paths_stay_inside() {
        let path = below("/opt/ml/processing/input").unwrap();
        assert_eq!(path.to_str(), Some("processing/input"));
        for bad in ["/etc", "/opt/ml/", "/opt/ml/../x", "/opt/ml/processing/../../x", "x", ""] {
            assert!(below(bad).is_err(), "{bad}");
        }
    }
}
