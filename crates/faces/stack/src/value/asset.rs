//! Files and folders as values: where they come from, a hash that says whether they changed, and their bytes.

use indexmap::IndexMap;
use sha2::{Digest, Sha256};
use std::io::{Cursor, Write};
use std::path::{Component, Path, PathBuf};
use zip::write::SimpleFileOptions;

/// How large an archive may be, uncompressed. AWS: a function's code, unzipped, is at most 250 MB.
const MAX_ARCHIVE_BYTES: u64 = 512 << 20;
/// How many files an archive may hold.
const MAX_FILES: usize = 50_000;
/// How deep its folders may nest.
const MAX_DEPTH: usize = 64;

/// One file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asset {
    pub(crate) source: AssetSource,
    /// Hex SHA-256 of its bytes.
    pub(crate) hash: String,
}

/// Where an asset comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AssetSource {
    /// Relative to the program's directory.
    Path(String),
    Text(String),
}

/// Several files.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Archive {
    pub(crate) source: ArchiveSource,
    /// Hex SHA-256 over its files' names and bytes.
    pub(crate) hash: String,
}

/// Where an archive comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ArchiveSource {
    /// A folder, or a `.zip`, relative to the program's directory.
    Path(String),
    Members(IndexMap<String, Member>),
}

/// What is in an archive.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Member {
    Asset(Asset),
    Archive(Archive),
}

/// Why a file or a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AssetError {
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{} is neither a folder nor a .zip file", .0.display())]
    Kind(PathBuf),
    #[error("{0} is a folder, not a file")]
    Folder(String),
    #[error("the archive holds more than {} MiB, {MAX_FILES} files or {MAX_DEPTH} levels", MAX_ARCHIVE_BYTES >> 20)]
    TooLarge,
    #[error("`{0}` cannot be a name in an archive")]
    Name(String),
    #[error("the archive cannot be written")]
    Zip(#[source] zip::result::ZipError),
}

impl AssetError {
    /// The error with its cause, on one line.
    pub(crate) fn text(&self) -> String {
        match std::error::Error::source(self) {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }
}

/// A file of an archive that is being made.
struct File {
    name: String,
    bytes: Vec<u8>,
    is_executable: bool,
}

impl Asset {
    /// An asset of a text.
    pub(crate) fn text(text: &str) -> Self {
        Self { source: AssetSource::Text(text.to_owned()), hash: hash(text.as_bytes()) }
    }

    /// An asset of a file.
    pub(crate) fn file(directory: &Path, path: &str) -> Result<Self, AssetError> {
        let source = AssetSource::Path(path.to_owned());
        let mut asset = Self { source, hash: String::new() };
        asset.hash = hash(&asset.bytes(directory)?);
        Ok(asset)
    }

    /// Its bytes.
    pub(crate) fn bytes(&self, directory: &Path) -> Result<Vec<u8>, AssetError> {
        match &self.source {
            AssetSource::Text(text) => Ok(text.clone().into_bytes()),
            AssetSource::Path(path) => {
                let full = directory.join(path);
                if full.is_dir() {
                    return Err(AssetError::Folder(path.clone()));
                }
                std::fs::read(&full).map_err(|source| AssetError::Read { path: full, source })
            }
        }
    }

    /// For people: where from, and the beginning of its hash.
    pub(crate) fn describe(&self) -> String {
        let from = match &self.source {
            AssetSource::Path(path) => path.as_str(),
            AssetSource::Text(_) => "text",
        };
        format!("{from} ({})", self.hash.get(..7).unwrap_or_default())
    }
}

impl Archive {
    /// An archive of a folder, or of a `.zip` file as it is.
    pub(crate) fn path(directory: &Path, path: &str) -> Result<Self, AssetError> {
        Self { source: ArchiveSource::Path(path.to_owned()), hash: String::new() }.hashed(directory)
    }

    /// An archive of several things.
    pub(crate) fn members(
        directory: &Path,
        members: IndexMap<String, Member>,
    ) -> Result<Self, AssetError> {
        Self { source: ArchiveSource::Members(members), hash: String::new() }.hashed(directory)
    }

    fn hashed(mut self, directory: &Path) -> Result<Self, AssetError> {
        if let Some(bytes) = self.packed(directory)? {
            self.hash = hash(&bytes);
            return Ok(self);
        }
        let mut hasher = Sha256::new();
        for file in self.files(directory)? {
            hasher.update((file.name.len() as u64).to_le_bytes());
            hasher.update(&file.name);
            hasher.update([u8::from(file.is_executable)]);
            hasher.update(Sha256::digest(&file.bytes));
        }
        self.hash = hex::encode(hasher.finalize());
        Ok(self)
    }

    /// The bytes of the `.zip` file it is, if it is one.
    fn packed(&self, directory: &Path) -> Result<Option<Vec<u8>>, AssetError> {
        let ArchiveSource::Path(path) = &self.source else { return Ok(None) };
        let full = directory.join(path);
        let is_zip = full
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("zip") || end.eq_ignore_ascii_case("jar"));
        if full.is_dir() {
            Ok(None)
        } else if is_zip || !full.exists() {
            std::fs::read(&full).map(Some).map_err(|source| AssetError::Read { path: full, source })
        } else {
            Err(AssetError::Kind(full))
        }
    }

    /// Its bytes as a zip file: the same bytes for the same files.
    pub(crate) fn zip(&self, directory: &Path) -> Result<Vec<u8>, AssetError> {
        if let Some(bytes) = self.packed(directory)? {
            return Ok(bytes);
        }
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for file in self.files(directory)? {
            let mode = if file.is_executable { 0o755 } else { 0o644 };
            let options = SimpleFileOptions::default()
                .last_modified_time(zip::DateTime::default())
                .unix_permissions(mode);
            writer.start_file(file.name, options).map_err(AssetError::Zip)?;
            writer.write_all(&file.bytes).map_err(|error| AssetError::Zip(error.into()))?;
        }
        writer.finish().map(Cursor::into_inner).map_err(AssetError::Zip)
    }

    fn files(&self, directory: &Path) -> Result<Vec<File>, AssetError> {
        let mut files = Vec::new();
        self.collect(directory, "", &mut files, 0)?;
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }

    fn collect(
        &self,
        directory: &Path,
        prefix: &str,
        files: &mut Vec<File>,
        depth: usize,
    ) -> Result<(), AssetError> {
        if depth > MAX_DEPTH {
            return Err(AssetError::TooLarge);
        }
        match &self.source {
            ArchiveSource::Path(path) => walk(&directory.join(path), prefix, files, depth),
            ArchiveSource::Members(members) => members.iter().try_for_each(|(name, member)| {
                let name = clean(name)?;
                match member {
                    Member::Asset(asset) => {
                        let bytes = asset.bytes(directory)?;
                        push(
                            files,
                            File { name: format!("{prefix}{name}"), bytes, is_executable: false },
                        )
                    }
                    Member::Archive(archive) => {
                        archive.collect(directory, &format!("{prefix}{name}/"), files, depth + 1)
                    }
                }
            }),
        }
    }

    /// For people: where from, and the beginning of its hash.
    pub(crate) fn describe(&self) -> String {
        let from = match &self.source {
            ArchiveSource::Path(path) => path.clone(),
            ArchiveSource::Members(members) => format!("{} members", members.len()),
        };
        format!("{from} ({})", self.hash.get(..7).unwrap_or_default())
    }
}

fn push(files: &mut Vec<File>, file: File) -> Result<(), AssetError> {
    let total = files.iter().map(|file| file.bytes.len() as u64).sum::<u64>();
    if files.len() >= MAX_FILES || total + file.bytes.len() as u64 > MAX_ARCHIVE_BYTES {
        return Err(AssetError::TooLarge);
    }
    files.push(file);
    Ok(())
}

/// A name inside an archive: relative, and nowhere above it.
fn clean(name: &str) -> Result<String, AssetError> {
    let mut parts = Vec::new();
    for component in Path::new(name).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::CurDir => {}
            _ => return Err(AssetError::Name(name.to_owned())),
        }
    }
    if parts.is_empty() && name != "." {
        Err(AssetError::Name(name.to_owned()))
    } else {
        Ok(parts.join("/"))
    }
}

fn walk(
    folder: &Path,
    prefix: &str,
    files: &mut Vec<File>,
    depth: usize,
) -> Result<(), AssetError> {
    if depth > MAX_DEPTH {
        return Err(AssetError::TooLarge);
    }
    let read = |source| AssetError::Read { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let path = entry.path();
        if path.is_dir() {
            walk(&path, &format!("{name}/"), files, depth + 1)?;
        } else {
            let bytes = std::fs::read(&path)
                .map_err(|source| AssetError::Read { path: path.clone(), source })?;
            let is_executable = is_executable(&path);
            push(files, File { name, bytes, is_executable })?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_path: &Path) -> bool {
    false
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
