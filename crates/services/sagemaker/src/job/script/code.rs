//! Bringing the code of a job into its `/opt/ml/code`.

use crate::Sagemaker;
use crate::job::input::fetch_to;
use crate::job::{Failure, archive};
use runner::JobFolder;
use service::Principal;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

/// Brings what `sagemaker_submit_directory` names: an archive in object storage, on this machine's disk (`file://…`) or
/// in a channel (`/opt/ml/input/data/…`), or a folder there.
pub(crate) async fn bring(
    service: &Sagemaker,
    principal: &Principal,
    directory: &str,
    folder: &JobFolder,
) -> Result<(), Failure> {
    let code = folder.ml().join("code");
    if directory.starts_with("s3://") {
        let archive = folder.path().join("code.tar.gz");
        fetch_to(service, principal, directory, &archive).await?;
        let unpacked = unpacked(archive.clone(), code).await;
        fs::remove_file(&archive).map_err(Failure::internal)?;
        return unpacked.map_err(|error| refused(directory, &error));
    }
    let path = Path::new(directory.strip_prefix("file://").unwrap_or(directory));
    let place = match path.strip_prefix("/opt/ml") {
        Ok(below) if below.components().all(|part| matches!(part, Component::Normal(_))) => {
            folder.ml().join(below)
        }
        Ok(_) => return Err(Failure::client(format!("{directory} leaves /opt/ml"))),
        Err(_) => path.to_owned(),
    };
    if place == code {
        return Ok(());
    }
    if !place.is_absolute() {
        return Err(Failure::client(format!(
            "sagemaker_submit_directory {directory} is neither s3://BUCKET/KEY nor file:///PATH"
        )));
    }
    let brought =
        if place.is_dir() { copied(place, code).await } else { unpacked(place, code).await };
    brought.map_err(|error| refused(directory, &error))
}

fn refused(directory: &str, error: &io::Error) -> Failure {
    Failure::client(format!("the code in {directory} cannot be used: {error}"))
}

async fn unpacked(archive: PathBuf, target: PathBuf) -> io::Result<()> {
    let work = move || archive::unpack(&archive, &target, archive::LARGEST_BYTES);
    tokio::task::spawn_blocking(work).await?
}

/// Copies files and folders; what is neither is left out.
async fn copied(from: PathBuf, to: PathBuf) -> io::Result<()> {
    let work = move || {
        for (name, path) in archive::content(&[from])? {
            let kind = path.symlink_metadata()?;
            if kind.is_dir() {
                fs::create_dir_all(to.join(&name))?;
            } else if kind.is_file() {
                fs::copy(&path, to.join(&name))?;
            }
        }
        Ok(())
    };
    tokio::task::spawn_blocking(work).await?
}

/// Refuses names that are not plain relative paths.
// AWS: sagemaker-training-toolkit 5.1, process.py, validate_entry_point.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-' | '/');
    let path = Path::new(name);
    let is_inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    if name.is_empty() || name.starts_with('-') || !is_inside || !name.chars().all(is_plain) {
        return Err(format!(
            "the hyperparameter sagemaker_program must name a script below the source directory in letters, digits and \
             . _ + - /, such as train.py; it says {name:?}"
        ));
    }
    Ok(())
}

/// Says what is there instead.
pub(crate) fn missing(name: &str, source: &Path) -> String {
    let mut there: Vec<String> = fs::read_dir(source)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    there.sort_unstable();
    there.truncate(20);
    let there = if there.is_empty() { "nothing".to_owned() } else { there.join(", ") };
    format!("the source directory has no {name}; it has {there}")
}

/// Lets everybody execute a file.
pub(crate) fn make_executable(file: &Path) -> io::Result<()> {
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

/// Whether it is a file that somebody may execute.
pub(crate) fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn names_are_plain_paths() {
        for name in ["train.py", "src/a-b/train.sh", ".hidden.py", "t+1"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", "-c", "/etc/passwd", "../x.py", "a/../b.py", "a b.py", "a;b", "é.py"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
