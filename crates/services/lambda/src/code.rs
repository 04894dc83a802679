//! Code archives: received or fetched, unpacked once per content, never outside their folder.

use crate::Lambda;
use crate::error::Error;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use service::Ctx;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::io::{self, Cursor, Read};
use std::path::Path;

// AWS: Lambda quotas: deployment package 250 MB unzipped.
const LARGEST_UNPACKED_BYTES: u64 = 262_144_000;
/// Between the name of the content and that of the draft.
const DRAFT: &str = ".draft-";

/// Code that has been unpacked.
pub(crate) struct Code {
    pub(crate) sha256: String,
    pub(crate) folder: String,
    pub(crate) size_bytes: u64,
}

/// Takes the code that `ZipFile`, or `S3Bucket` and `S3Key`, name.
pub(crate) async fn receive(
    service: &Lambda,
    ctx: &Ctx,
    given: &Map<String, Value>,
) -> Result<Code, Error> {
    let text = |member: &str| given.get(member).and_then(Value::as_str);
    if given.contains_key("ImageUri") {
        return Err(Error::Invalid(
            "refit runs functions of package type Zip, not Image.".to_owned(),
        ));
    }
    if given.contains_key("S3ObjectVersion") {
        return Err(Error::Invalid(
            "refit takes the newest version of an object: leave S3ObjectVersion out.".to_owned(),
        ));
    }
    let archive = match (text("ZipFile"), text("S3Bucket"), text("S3Key")) {
        (Some(zip), ..) => STANDARD.decode(zip).map_err(|_| {
            Error::Invalid(
                "Could not unzip uploaded file. Please check your file, then try to upload again."
                    .to_owned(),
            )
        })?,
        (None, Some(bucket), Some(key)) => {
            let file =
                service.objects.file(&ctx.principal, bucket, key).await.map_err(|error| {
                    // AWS: CreateFunction names S3's own error.
                    Error::Invalid(format!(
                        "Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}",
                        error.code, error.message
                    ))
                })?;
            let size = tokio::fs::metadata(&file).await.map_or(0, |found| found.len());
            if size > LARGEST_UNPACKED_BYTES {
                return Err(too_large());
            }
            tokio::fs::read(file).await.map_err(|error| Error::Service(error.to_string()))?
        }
        _ => return Err(Error::Invalid("Please provide a source for function code.".to_owned())),
    };
    let root = service.folder.clone();
    let draft = ctx.uuid();
    tokio::task::spawn_blocking(move || unpack(&root, &draft, &archive))
        .await
        .map_err(|error| Error::Service(error.to_string()))?
}

/// Unpacks an archive, once per content. `draft` is a name of its own: the same archive may come twice at once.
fn unpack(root: &Path, draft: &str, archive: &[u8]) -> Result<Code, Error> {
    let digest = Sha256::digest(archive);
    let name: String = digest.iter().fold(String::new(), |mut text, byte| {
        use std::fmt::Write;
        let _infallible = write!(text, "{byte:02x}");
        text
    });
    let code = Code {
        sha256: STANDARD.encode(digest),
        folder: name.clone(),
        size_bytes: archive.len() as u64,
    };
    let target = root.join(&name);
    if target.is_dir() {
        return Ok(code);
    }
    let refuse = |error: String| {
        tracing::info!(error, "a code archive was refused");
        Error::Invalid(format!(
            "Could not unzip uploaded file. Please check your file, then try to upload again. ({error})"
        ))
    };
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).map_err(|e| refuse(e.to_string()))?;
    let draft = root.join(format!("{name}{DRAFT}{draft}"));
    let unpacked = unpack_into(&mut zip, &draft);
    if let Err(error) = unpacked {
        let _left_for_the_sweep = std::fs::remove_dir_all(&draft);
        return Err(refuse(error.to_string()));
    }
    let moved = settle(root, &draft, &target);
    if moved.is_err() {
        let _left_for_the_sweep = std::fs::remove_dir_all(&draft);
    }
    match moved {
        Ok(()) => Ok(code),
        Err(_) if target.is_dir() => Ok(code),
        Err(error) => Err(Error::Service(error.to_string())),
    }
}

/// Gives unpacked code its name once it is on disk: a folder that has the name is whole, also after a power cut.
fn settle(root: &Path, draft: &Path, target: &Path) -> io::Result<()> {
    // One call for the file system: a package can have thousands of files.
    nix::unistd::syncfs(std::fs::File::open(draft)?)?;
    std::fs::rename(draft, target)?;
    std::fs::File::open(root)?.sync_all()
}

/// Removes code that no function has any more, and what was being unpacked when the server ended. Only while no request
/// can be under way.
pub(crate) fn sweep(root: &Path, used: &HashSet<String>) {
    let Ok(entries) = std::fs::read_dir(root) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_code =
            name.len() >= 64 && name.bytes().take(64).all(|byte| byte.is_ascii_hexdigit());
        if is_code && !used.contains(&name) && entry.path().is_dir() {
            let _kept_until_the_next_start = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn too_large() -> Error {
    Error::Invalid(format!("Unzipped size must be smaller than {LARGEST_UNPACKED_BYTES} bytes"))
}

fn unpack_into(zip: &mut zip::ZipArchive<Cursor<&[u8]>>, draft: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(draft)?;
    let mut left = LARGEST_UNPACKED_BYTES;
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(io::Error::other)?;
        let Some(relative) = entry.enclosed_name() else {
            return Err(io::Error::other(format!("{} lies outside the archive", name_of(&entry))));
        };
        let path = draft.join(relative);
        if entry.is_dir() {
            std::fs::create_dir_all(&path)?;
            continue;
        }
        if entry.is_symlink() {
            return Err(io::Error::other(format!("{} is a link", name_of(&entry))));
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let mut file = std::fs::File::create(&path)?;
        let written = io::copy(&mut entry.by_ref().take(left + 1), &mut file)?;
        left = left.checked_sub(written).ok_or_else(|| {
            io::Error::other(format!(
                "unzipped size must be smaller than {LARGEST_UNPACKED_BYTES} bytes"
            ))
        })?;
        let mode = entry.unix_mode().unwrap_or(0o644) & 0o755;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode | 0o444))?;
    }
    Ok(())
}

fn name_of<R: Read>(entry: &zip::read::ZipFile<'_, R>) -> String {
    String::from_utf8_lossy(entry.name_raw()).into_owned()
}
