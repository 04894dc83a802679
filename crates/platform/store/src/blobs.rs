//! Large content as files under `<data>/blobs/`: written once, never changed, referenced from records.
//!
//! A blob appears under its final name only when it is complete and on disk, so a crash leaves nothing but files that
//! no record names; [`Blobs::sweep`] removes them at the next start.
//!
//! While somebody holds the folder ([`Blobs::hold`]: a backup), what is removed stays where it is until nobody does.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::AsyncWriteExt as _;

use crate::Error;

/// Names one blob: 32 hexadecimal digits, chosen at random.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(Box<str>);

/// The text is not a [`BlobId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a blob id")]
pub struct NotABlobId;

impl BlobId {
    fn random() -> Self {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the operating system provides randomness");
        Self(hex::encode(bytes).into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BlobId {
    type Err = NotABlobId;

    /// Accepts only what this module makes, so that no id can lead out of its folder.
    fn from_str(text: &str) -> Result<Self, NotABlobId> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 32 && text.bytes().all(is_digit) {
            Ok(Self(text.into()))
        } else {
            Err(NotABlobId)
        }
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "BlobId({})", self.0)
    }
}

impl serde::Serialize for BlobId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for BlobId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The folder of blobs. Clones share it.
#[derive(Debug, Clone)]
pub struct Blobs(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    root: PathBuf,
    /// Removed when the last clone is dropped.
    temporary: bool,
    removals: Mutex<Removals>,
}

/// What is to be removed as soon as nobody holds the folder.
#[derive(Debug)]
struct Removals {
    /// Locked by the one who removes; holders share it.
    lock: fs::File,
    waiting: Vec<PathBuf>,
}

impl Removals {
    /// Removes what waits, unless somebody holds the folder. What cannot be removed waits on.
    fn carry_out(&mut self) -> Result<(), Error> {
        match self.lock.try_lock() {
            Err(fs::TryLockError::WouldBlock) => return Ok(()),
            Err(fs::TryLockError::Error(error)) => {
                return Err(file_error("lock the blob folder", Path::new(LOCK), &error));
            }
            Ok(()) => {}
        }
        let removed = self.remove_all();
        let unlocked = self.lock.unlock();
        removed?;
        unlocked.map_err(|error| file_error("unlock the blob folder", Path::new(LOCK), &error))
    }

    fn remove_all(&mut self) -> Result<(), Error> {
        while let Some(path) = self.waiting.last() {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(file_error("remove a blob", path, &error));
                }
                _ => drop(self.waiting.pop()),
            }
        }
        Ok(())
    }
}

/// Keeps every blob of a data directory in its place, until it is dropped.
#[derive(Debug)]
pub struct Hold {
    _lock: fs::File,
}

/// The file below `blobs/` that says who holds the folder.
const LOCK: &str = "lock";

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = fs::remove_dir_all(&self.root)
        {
            tracing::warn!(folder = %self.root.display(), %error, "a temporary folder stays behind");
        }
    }
}

impl Blobs {
    /// The blobs of a data directory; makes the folder when it is missing and removes what was being written when the
    /// last owner ended.
    ///
    /// # Errors
    /// [`Error::Full`] or [`Error::Io`].
    pub fn open(data_dir: &Path) -> Result<Self, Error> {
        Self::in_folder(data_dir.join("blobs"), false)
    }

    /// A folder of its own below `parent` that goes when the last clone does.
    ///
    /// # Errors
    /// [`Error::Full`] or [`Error::Io`].
    pub fn temporary(parent: &Path) -> Result<Self, Error> {
        let name = format!("refit-blobs-{}", BlobId::random());
        Self::in_folder(parent.join(name), true)
    }

    fn in_folder(root: PathBuf, temporary: bool) -> Result<Self, Error> {
        let unfinished = root.join("unfinished");
        let make = || -> io::Result<()> {
            match fs::remove_dir_all(&unfinished) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            fs::create_dir_all(&unfinished)
        };
        let failed = |error: io::Error| file_error("make the blob folder", &root, &error);
        make().map_err(failed)?;
        let lock = lock_file(&root).map_err(failed)?;
        let removals = Mutex::new(Removals { lock, waiting: Vec::new() });
        Ok(Self(Arc::new(Folder { root, temporary, removals })))
    }

    /// Keeps what is in the blob folder of a data directory there, also what its server removes meanwhile. Waits for a
    /// removal that is under way.
    ///
    /// # Errors
    /// [`Error::Full`] or [`Error::Io`].
    pub fn hold(data_dir: &Path) -> Result<Hold, Error> {
        let root = data_dir.join("blobs");
        let lock = || -> io::Result<fs::File> {
            fs::create_dir_all(&root)?;
            let lock = lock_file(&root)?;
            lock.lock_shared()?;
            Ok(lock)
        };
        let lock = lock().map_err(|error| file_error("hold the blob folder", &root, &error))?;
        Ok(Hold { _lock: lock })
    }

    /// Starts a blob.
    ///
    /// # Errors
    /// [`Error::Full`] or [`Error::Io`].
    pub async fn create(&self) -> Result<BlobWriter, Error> {
        let id = BlobId::random();
        let unfinished = self.unfinished(&id);
        let file = tokio::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&unfinished)
            .await
            .map_err(|error| file_error("create a blob", &unfinished, &error))?;
        Ok(BlobWriter { blobs: self.clone(), id, file, size_bytes: 0, finished: false })
    }

    /// A blob with a copy of a file's present content (shared blocks where the file system can).
    ///
    /// # Errors
    /// [`Error::Full`] or [`Error::Io`].
    pub async fn copy_file(&self, source: &Path) -> Result<BlobId, Error> {
        let writer = self.create().await?;
        let (from, to) = (source.to_owned(), self.unfinished(&writer.id));
        blocking(move || {
            fs::copy(&from, &to).map_err(|error| file_error("copy into a blob", &to, &error))
        })
        .await?;
        writer.finish().await
    }

    /// The file that holds the blob. Read only: never write to it.
    pub fn path(&self, id: &BlobId) -> PathBuf {
        self.bucket(id).join(id.as_str())
    }

    /// Removes a blob; one that is not there counts as removed. Readers that have it open go on reading. While somebody
    /// holds the folder it stays, and goes with the first that is removed afterwards, or at the next start.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn remove(&self, id: &BlobId) -> Result<(), Error> {
        let mut removals = self.0.removals.lock().unwrap_or_else(PoisonError::into_inner);
        removals.waiting.push(self.path(id));
        removals.carry_out()
    }

    /// Removes every blob that `keep` does not want, as [`Blobs::remove`] does, and answers how many. Only at start, before anybody writes: a blob
    /// whose record is still to be committed is not wanted by any record either.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn sweep(&self, keep: impl Fn(&BlobId) -> bool) -> Result<usize, Error> {
        let root = &self.0.root;
        let failed = |error: io::Error| file_error("sweep the blob folder", root, &error);
        let mut unwanted = Vec::new();
        for bucket in fs::read_dir(root).map_err(failed)? {
            let bucket = bucket.map_err(failed)?;
            if bucket.file_name() == "unfinished" || !bucket.file_type().map_err(failed)?.is_dir() {
                continue;
            }
            for file in fs::read_dir(bucket.path()).map_err(failed)? {
                let file = file.map_err(failed)?;
                let name = file.file_name();
                // What is not named as a blob is not ours to remove.
                let Some(Ok(id)) = name.to_str().map(str::parse::<BlobId>) else { continue };
                if !keep(&id) {
                    unwanted.push(file.path());
                }
            }
        }
        let removed = unwanted.len();
        let mut removals = self.0.removals.lock().unwrap_or_else(PoisonError::into_inner);
        removals.waiting.append(&mut unwanted);
        removals.carry_out()?;
        Ok(removed)
    }

    /// Blobs are spread over 256 folders, because many tools are slow on folders with a million files.
    fn bucket(&self, id: &BlobId) -> PathBuf {
        self.0.root.join(id.as_str().get(..2).unwrap_or_default())
    }

    fn unfinished(&self, id: &BlobId) -> PathBuf {
        self.0.root.join("unfinished").join(id.as_str())
    }
}

/// A blob being written. Dropped before [`BlobWriter::finish`], it leaves nothing.
#[derive(Debug)]
pub struct BlobWriter {
    blobs: Blobs,
    id: BlobId,
    file: tokio::fs::File,
    size_bytes: u64,
    finished: bool,
}

impl BlobWriter {
    /// Appends a chunk.
    ///
    /// # Errors
    /// [`Error::Full`] or [`Error::Io`]; the blob cannot be finished any more.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), Error> {
        match self.file.write_all(chunk).await {
            Ok(()) => {
                self.size_bytes += chunk.len() as u64;
                Ok(())
            }
            Err(error) => Err(file_error("write a blob", &self.blobs.0.root, &error)),
        }
    }

    /// Bytes written so far.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Makes the blob durable under its name.
    ///
    /// # Errors
    /// [`Error::Full`] or [`Error::Io`]; the blob is gone.
    pub async fn finish(mut self) -> Result<BlobId, Error> {
        let root = self.blobs.0.root.clone();
        let failed = |error: io::Error| file_error("finish a blob", &root, &error);
        self.file.flush().await.map_err(failed)?;
        // What goes with its owner need not outlive a power cut.
        let is_durable = !self.blobs.0.temporary;
        if is_durable {
            self.file.sync_all().await.map_err(failed)?;
        }
        let (from, bucket) = (self.blobs.unfinished(&self.id), self.blobs.bucket(&self.id));
        let to = self.blobs.path(&self.id);
        let parent = root.clone();
        blocking(move || {
            let publish = || -> io::Result<()> {
                let new_bucket = match fs::create_dir(&bucket) {
                    Ok(()) => true,
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
                    Err(error) => return Err(error),
                };
                fs::rename(&from, &to)?;
                if is_durable {
                    fs::File::open(&bucket)?.sync_all()?;
                }
                if new_bucket && is_durable {
                    fs::File::open(&parent)?.sync_all()?;
                }
                Ok(())
            };
            publish().map_err(|error| file_error("finish a blob", &bucket, &error))
        })
        .await?;
        self.finished = true;
        Ok(self.id.clone())
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        if !self.finished {
            // A failure leaves a file that the next start removes.
            let _left_behind = fs::remove_file(self.blobs.unfinished(&self.id));
        }
    }
}

fn lock_file(root: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().create(true).truncate(false).write(true).open(root.join(LOCK))
}

/// Runs file system work where it may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(_) => Err(Error::Closed),
    }
}

/// A file system error in the store's words.
pub(crate) fn file_error(what: &str, path: &Path, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Error::Full { path: path.to_owned() }
        }
        _ => Error::Io { what: format!("{what} at {}", path.display()), detail: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_blob_appears_when_it_is_finished_and_only_then() {
        let blobs = Blobs::temporary(&std::env::temp_dir()).unwrap();
        let mut writer = blobs.create().await.unwrap();
        writer.write(b"one ").await.unwrap();
        writer.write(b"two").await.unwrap();
        assert_eq!(writer.size_bytes(), 7);
        assert!(!blobs.path(&writer.id).exists());
        let id = writer.finish().await.unwrap();
        assert_eq!(fs::read(blobs.path(&id)).unwrap(), b"one two");

        let copy = blobs.copy_file(&blobs.path(&id)).await.unwrap();
        assert_ne!(copy, id);
        blobs.remove(&id).unwrap();
        blobs.remove(&id).unwrap();
        assert!(!blobs.path(&id).exists());
        assert_eq!(fs::read(blobs.path(&copy)).unwrap(), b"one two");
    }

    #[tokio::test]
    async fn what_is_held_stays_until_it_is_let_go() {
        let folder = Blobs::temporary(&std::env::temp_dir()).unwrap();
        let data = folder.0.root.join("data");
        let blobs = Blobs::open(&data).unwrap();
        let (first, second) = (blobs.create().await.unwrap(), blobs.create().await.unwrap());
        let (first, second) = (first.finish().await.unwrap(), second.finish().await.unwrap());
        let holds = [Blobs::hold(&data).unwrap(), Blobs::hold(&data).unwrap()];
        for hold in holds {
            blobs.remove(&first).unwrap();
            assert!(blobs.path(&first).exists());
            drop(hold);
        }
        blobs.remove(&second).unwrap();
        assert!(!blobs.path(&first).exists() && !blobs.path(&second).exists());
    }

    #[tokio::test]
    async fn what_is_not_finished_or_not_kept_goes() {
        let blobs = Blobs::temporary(&std::env::temp_dir()).unwrap();
        let mut dropped = blobs.create().await.unwrap();
        dropped.write(b"x").await.unwrap();
        let unfinished = blobs.unfinished(&dropped.id);
        assert!(unfinished.exists());
        drop(dropped);
        assert!(!unfinished.exists());

        let kept = blobs.create().await.unwrap().finish().await.unwrap();
        let orphan = blobs.create().await.unwrap().finish().await.unwrap();
        // A backup is being made.
        let hold = lock_file(&blobs.0.root).unwrap();
        hold.lock_shared().unwrap();
        assert_eq!(blobs.sweep(|id| *id == kept).unwrap(), 1);
        assert!(blobs.path(&orphan).exists());
        drop(hold);
        assert_eq!(blobs.sweep(|id| *id == kept).unwrap(), 1);
        assert!(blobs.path(&kept).exists() && !blobs.path(&orphan).exists());
    }

    #[test]
    fn ids_lead_nowhere_else() {
        for text in ["", "..", "../../etc/passwd", "0123456789ABCDEF0123456789abcdef", "é"] {
            assert_eq!(text.parse::<BlobId>(), Err(NotABlobId), "{text}");
        }
        assert!("0123456789abcdef0123456789abcdef".parse::<BlobId>().is_ok());
    }
}
