//! `refit backup DIR`: a consistent copy of the data directory, also while a server runs on it.

use crate::grammar::Global;
use crate::home::Home;
use crate::report::{Done, Failure};
use crate::server::{ACCOUNT, REGION};
use service::{Kit, SystemClock, SystemEntropy};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use store::{Blobs, SqliteStore};

/// What says that a directory is a whole backup; written last.
pub(crate) const MANIFEST: &str = "backup.json";
/// Folders and files beside the database and the blobs.
pub(crate) const OTHERS: [&str; 4] = ["credentials", "functions", "pulumi", "targets"];

/// Copies.
pub(crate) async fn run(global: &Global, into: &Path) -> Done {
    let home = Home::locate(global.data.as_deref())?;
    if !home.path().join("refit.db").exists() {
        return Err(Failure::new(format!("{} holds nothing to back up", home.path().display()))
            .hint("name the data directory with --data DIR"));
    }
    empty(into)?;
    let hold = Blobs::hold(home.path()).map_err(failed)?;
    // Records before the contents that they name: what is removed meanwhile is held.
    store::sqlite::backup::copy(home.path(), into).map_err(failed)?;
    let blobs = copy_blobs(home.path(), into)?;
    drop(hold);
    let missing = missing(into).await?;
    if missing > 0 {
        return Err(Failure::new(format!("the contents of {missing} objects are not there"))
            .hint("the data directory is damaged: refit status, and its log, tell more"));
    }
    for name in OTHERS {
        copy_tree(&home.path().join(name), &into.join(name))?;
    }
    store::sqlite::backup::verify(into).map_err(failed)?;
    let manifest = serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"), "created": jiff::Timestamp::now().to_string(),
        "objects": blobs,
    });
    fs::write(into.join(MANIFEST), manifest.to_string())?;
    fs::File::open(into)?.sync_all()?;
    if global.json {
        anstream::println!("{manifest}");
    } else {
        anstream::println!("backed up {} to {}", home.path().display(), into.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes a directory that only its owner reads; one that is there must be empty.
pub(crate) fn empty(directory: &Path) -> Result<(), Failure> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    if fs::read_dir(directory)?.next().is_some() {
        return Err(Failure::new(format!("{} is not empty", directory.display()))
            .hint("name a directory that is not there yet"));
    }
    Ok(())
}

/// Copies the blobs; answers how many.
fn copy_blobs(from: &Path, into: &Path) -> Result<usize, Failure> {
    let into = into.join("blobs");
    fs::create_dir_all(&into)?;
    let mut copied = 0;
    for bucket in fs::read_dir(from.join("blobs"))? {
        let bucket = bucket?;
        if bucket.file_name() == "unfinished" || !bucket.file_type()?.is_dir() {
            continue;
        }
        let to = into.join(bucket.file_name());
        fs::create_dir_all(&to)?;
        for file in fs::read_dir(bucket.path())? {
            let file = file?;
            let copy = to.join(file.file_name());
            fs::copy(file.path(), &copy)?;
            fs::File::open(&copy)?.sync_all()?;
            copied += 1;
        }
        fs::File::open(&to)?.sync_all()?;
    }
    fs::File::open(&into)?.sync_all()?;
    Ok(copied)
}

/// Copies a file or a folder with everything below it.
pub(crate) fn copy_tree(from: &Path, into: &Path) -> Result<(), Failure> {
    let kind = match fs::symlink_metadata(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?.file_type(),
    };
    if kind.is_symlink() {
        std::os::unix::fs::symlink(fs::read_link(from)?, into)?;
    } else if kind.is_dir() {
        fs::DirBuilder::new().mode(0o700).create(into)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy_tree(&entry.path(), &into.join(entry.file_name()))?;
        }
    } else if kind.is_file() {
        fs::copy(from, into)?;
        fs::File::open(into)?.sync_all()?;
    }
    Ok(())
}

/// How many blobs the copied records name that were not copied.
async fn missing(copy: &Path) -> Result<usize, Failure> {
    let store = Arc::new(SqliteStore::open(copy).map_err(failed)?);
    let clock = Arc::new(SystemClock::wall());
    let kit = Kit::new(ACCOUNT, store, clock, Arc::new(SystemEntropy));
    let blobs = Blobs::open(copy).map_err(failed)?;
    let objects = s3::S3::new(kit.clone(), blobs.clone());
    let used: HashSet<store::BlobId> = objects.blobs_in_use(&kit.platform_ctx(REGION)).await?;
    Ok(used.iter().filter(|blob| !blobs.path(blob).exists()).count())
}

pub(crate) fn failed(error: store::Error) -> Failure {
    Failure::new("the data cannot be copied").because(error)
}
