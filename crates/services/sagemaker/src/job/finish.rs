//! What a job leaves: its artefact, or the reason of its failure.

use crate::Sagemaker;
use crate::job::script::{arguments, decoded, has_program, words};
use crate::job::{Failure, RESTARTED, archive};
use crate::jobs::split_uri;
use crate::records::Job;
use runner::{Exit, ExitReason, JobFolder};
use serde_json::Value;
use service::Principal;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

// AWS: the first 1024 characters of /opt/ml/output/failure become the FailureReason.
const LONGEST_REASON_BYTES: u64 = 4096;

/// The volume of a job that does not say.
const DEFAULT_VOLUME_GIB: u64 = 30;

/// Why the job failed: its failure file, else the end of what it wrote to standard error.
pub(crate) fn failure(job: &Job, exit: &Exit, folder: &JobFolder) -> Failure {
    match &exit.reason {
        ExitReason::Lost => {
            return Failure::internal("the job's supervisor was killed while the job ran");
        }
        ExitReason::MachineRestarted => {
            return Failure::internal(RESTARTED);
        }
        ExitReason::SpawnFailed(why) => {
            return Failure::client(format!("the program could not be started: {why}"));
        }
        ExitReason::InputFailed(why) => {
            // UNVERIFIED: AWS's words for a pipe that breaks.
            return Failure::client(format!("Data download failed: {why}"));
        }
        ExitReason::MemoryExceeded { limit_bytes, .. } => {
            let gib = *limit_bytes as f64 / (1024.0 * 1024.0 * 1024.0);
            return Failure::client(format!(
                "the job was killed because it needed more than its {} GiB of memory; choose an instance type with \
                 more, or use less",
                (gib * 100.0).round() / 100.0
            ));
        }
        ExitReason::Exited | ExitReason::Stopped | ExitReason::MaxRuntimeExceeded => {}
    }
    let output = archive::own_folder(&folder.ml(), Path::new("output"));
    let told = output.and_then(|output| start_of(&output.join("failure")).ok()).unwrap_or_default();
    let code = exit.shell_code().map_or_else(|| "unknown".to_owned(), |code| code.to_string());
    let told = match told.trim() {
        "" if has_program(&job.request) => script_words(job, exit, &code),
        "" => last(&exit.stderr_tail, ROOM),
        told => told.chars().take(ROOM).collect(),
    };
    // Built-in algorithms say themselves whose fault it is.
    let has_kind = ["ClientError:", "AlgorithmError:", "InternalServerError:"]
        .iter()
        .any(|kind| told.starts_with(kind));
    let kind = if has_kind { "" } else { "AlgorithmError: " };
    // UNVERIFIED: AWS's exact frame around the failure file's text.
    Failure::plain(format!("{kind}{told}, exit code: {code}"))
}

/// Characters of a FailureReason for what the job itself said.
// AWS: FailureReason has at most 1024 characters.
const ROOM: usize = 990;

/// What the training toolkit says of a script that failed, with the end of the traceback.
// AWS: sagemaker-training-toolkit 5.1, errors.py, ExecuteUserScriptError.
fn script_words(job: &Job, exit: &Exit, code: &str) -> String {
    let hyperparameters = decoded(job.request.get("HyperParameters").unwrap_or(&Value::Null));
    let command = match hyperparameters.get("sagemaker_program").and_then(Value::as_str) {
        Some(program) => format!("{program} {}", arguments(&hyperparameters).join(" ")),
        None => words(job, "ContainerEntrypoint").unwrap_or_default().join(" "),
    };
    let command: String = command.trim().chars().take(200).collect();
    let frame = format!(
        "ExecuteUserScriptError:\nExitCode {code}\nErrorMessage \"\"\nCommand \"{command}\""
    );
    let said = last(&exit.stderr_tail, ROOM.saturating_sub(frame.chars().count()));
    format!(
        "ExecuteUserScriptError:\nExitCode {code}\nErrorMessage \"{said}\"\nCommand \"{command}\""
    )
}

/// The end of a text: the reason stands at the end of a traceback.
fn last(text: &str, most: usize) -> String {
    let text = text.trim();
    let skipped = text.chars().count().saturating_sub(most);
    text.chars().skip(skipped).collect()
}

/// The beginning of a file that a job wrote; only of a file: a pipe would never end, a link shows another's.
fn start_of(file: &Path) -> io::Result<String> {
    if !file.symlink_metadata()?.is_file() {
        return Ok(String::new());
    }
    let mut bytes = Vec::new();
    File::open(file)?.take(LONGEST_REASON_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Uploads the `model/` folders (and `output/data/` where they hold something) of all hosts as one; answers the
/// artefact's URI.
pub(crate) async fn upload(
    service: &Sagemaker,
    principal: &Principal,
    job: &Job,
    folders: &[JobFolder],
) -> Result<Option<String>, Failure> {
    let Some(first) = folders.first() else { return Ok(None) };
    let output = job.request["OutputDataConfig"]["S3OutputPath"].as_str().unwrap_or_default();
    let base = format!("{}/{}/output", output.trim_end_matches('/'), job.name);
    let below = |name: &str| -> Vec<PathBuf> {
        folders.iter().filter_map(|it| archive::own_folder(&it.ml(), Path::new(name))).collect()
    };
    let (model, data) = (below("model"), below("output/data"));
    check_size(job, &model, &data)?;
    let has_data =
        data.iter().any(|it| it.read_dir().is_ok_and(|mut entries| entries.next().is_some()));
    if job.request["OutputDataConfig"]["CompressionType"] == "NONE" {
        // AWS: API_OutputDataConfig: with NONE S3ModelArtifacts is a prefix.
        put_plain(service, principal, &model, &format!("{base}/model")).await?;
        put_plain(service, principal, &data, &format!("{base}/data")).await?;
        return Ok(Some(format!("{base}/model/")));
    }
    let archive = first.path().join("upload.tar.gz");
    let uri = format!("{base}/model.tar.gz");
    put_packed(service, principal, model, &uri, &archive).await?;
    if has_data {
        put_packed(service, principal, data, &format!("{base}/output.tar.gz"), &archive).await?;
    }
    Ok(Some(uri))
}

/// Refuses what would not have fitted on the job's volume: a file with holes may be as large as anybody likes.
fn check_size(job: &Job, model: &[PathBuf], data: &[PathBuf]) -> Result<(), Failure> {
    const GIB: u64 = 1024 * 1024 * 1024;
    let resources = &job.request["ResourceConfig"];
    let groups = resources["InstanceGroups"].as_array().map_or(1, Vec::len).max(1) as u64;
    let count = resources["InstanceCount"].as_u64().unwrap_or(groups).max(1);
    let volume = resources["VolumeSizeInGB"].as_u64().filter(|gib| *gib > 0);
    let most = volume.unwrap_or(DEFAULT_VOLUME_GIB).saturating_mul(count);
    for (what, folders) in [("/opt/ml/model", model), ("/opt/ml/output/data", data)] {
        let bytes = archive::size(folders).map_err(Failure::internal)?;
        if bytes > most.saturating_mul(GIB) {
            return Err(Failure::client(format!(
                "what the job left in {what} has {:.1} GiB, and its volume {most} GiB (VolumeSizeInGB)",
                bytes as f64 / GIB as f64
            )));
        }
    }
    Ok(())
}

async fn put_plain(
    service: &Sagemaker,
    principal: &Principal,
    folders: &[PathBuf],
    base: &str,
) -> Result<(), Failure> {
    for (name, path) in archive::content(folders).map_err(Failure::internal)? {
        // What a link points to is not the job's to give away.
        if path.symlink_metadata().is_ok_and(|it| it.is_file()) {
            put(service, principal, &path, &format!("{base}/{}", name.to_string_lossy())).await?;
        }
    }
    Ok(())
}

async fn put_packed(
    service: &Sagemaker,
    principal: &Principal,
    folders: Vec<PathBuf>,
    uri: &str,
    archive: &Path,
) -> Result<(), Failure> {
    let to = archive.to_owned();
    let packed = tokio::task::spawn_blocking(move || archive::pack(&folders, &to)).await;
    // What the job has left is still there: a full disk is a reason to wait, not to lose it.
    packed.map_err(Failure::internal)?.map_err(Failure::passing)?;
    put(service, principal, archive, uri).await
}

/// Uploads one file.
pub(crate) async fn put(
    service: &Sagemaker,
    principal: &Principal,
    file: &Path,
    uri: &str,
) -> Result<(), Failure> {
    let (bucket, key) = split_uri(uri).map_err(Failure::client)?;
    let stored = service.objects.put_file(principal, bucket, key, file).await;
    stored.map(drop).map_err(|error| Failure::refused(&format!("Upload failed: {uri}"), &error))
}
