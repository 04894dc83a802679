//! What a job leaves: its artefact, or the reason of its failure.

use crate::Sagemaker;
use crate::job::Failure;
use crate::jobs::split_uri;
use crate::records::Job;
use runner::{Exit, ExitReason, JobFolder};
use service::Principal;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

// AWS: the first 1024 characters of /opt/ml/output/failure become the FailureReason.
const LONGEST_REASON_BYTES: u64 = 4096;

/// Why the job failed: its failure file, else the end of what it wrote to standard error.
pub(crate) fn failure(exit: &Exit, folder: &JobFolder) -> Failure {
    match &exit.reason {
        ExitReason::Lost => {
            return Failure::internal(
                "the job's supervisor was killed or the machine was restarted while it ran",
            );
        }
        ExitReason::SpawnFailed(why) => {
            return Failure::client(format!("the program could not be started: {why}"));
        }
        _ => {}
    }
    let told = start_of(&folder.ml().join("output/failure")).unwrap_or_default();
    let told = if told.trim().is_empty() { exit.stderr_tail.as_str() } else { told.as_str() };
    let code = exit.shell_code().map_or_else(|| "unknown".to_owned(), |code| code.to_string());
    let room = 1024 - "AlgorithmError: , exit code: ".len() - code.len();
    let told: String = told.trim().chars().take(room).collect();
    // Built-in algorithms say themselves whose fault it is.
    let has_kind = ["ClientError:", "AlgorithmError:", "InternalServerError:"]
        .iter()
        .any(|kind| told.starts_with(kind));
    let kind = if has_kind { "" } else { "AlgorithmError: " };
    // UNVERIFIED: AWS's exact frame around the failure file's text.
    Failure::plain(format!("{kind}{told}, exit code: {code}"))
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

/// Packs and uploads `model/` (and `output/data/` when it holds something); answers the artefact's URI.
pub(crate) async fn upload(
    service: &Sagemaker,
    principal: &Principal,
    job: &Job,
    folder: &JobFolder,
) -> Result<Option<String>, Failure> {
    let output = job.request["OutputDataConfig"]["S3OutputPath"].as_str().unwrap_or_default();
    if job.request["OutputDataConfig"]["CompressionType"] == "NONE" {
        return Err(Failure::client("refit does not have uncompressed model output"));
    }
    let base = format!("{}/{}/output", output.trim_end_matches('/'), job.name);
    let model = format!("{base}/model.tar.gz");
    put_packed(service, principal, &folder.ml().join("model"), &model, folder).await?;
    let data = folder.ml().join("output/data");
    if data.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        let uri = format!("{base}/output.tar.gz");
        put_packed(service, principal, &data, &uri, folder).await?;
    }
    Ok(Some(model))
}

async fn put_packed(
    service: &Sagemaker,
    principal: &Principal,
    content: &Path,
    uri: &str,
    folder: &JobFolder,
) -> Result<(), Failure> {
    let archive = folder.path().join("upload.tar.gz");
    let (from, to) = (content.to_owned(), archive.clone());
    let packed = tokio::task::spawn_blocking(move || pack(&from, &to)).await;
    packed.map_err(Failure::internal)?.map_err(Failure::internal)?;
    put(service, principal, &archive, uri).await
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

/// Packs the content of a folder, with names relative to it and in order. Links are packed as links; pipes, sockets and
/// devices are not packed.
fn pack(content: &Path, archive: &Path) -> io::Result<()> {
    let encoder =
        flate2::write::GzEncoder::new(File::create(archive)?, flate2::Compression::fast());
    let mut builder = tar::Builder::new(encoder);
    builder.follow_symlinks(false);
    let mut folders = if content.is_dir() { vec![PathBuf::new()] } else { Vec::new() };
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> = content.join(&folder).read_dir()?.collect::<io::Result<_>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = folder.join(entry.file_name());
            let kind = entry.file_type()?;
            if kind.is_dir() || kind.is_file() || kind.is_symlink() {
                builder.append_path_with_name(entry.path(), &name)?;
            }
            if kind.is_dir() {
                folders.push(name);
            }
        }
    }
    builder.into_inner()?.finish()?.sync_all()
}
