//! One server per data directory: a locked file with the owner's process id.
//!
//! The system releases the lock when the process ends, however it ends. The process id is cleared by an orderly close
//! only, so finding one in a file that nobody locks means that the last owner was killed.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use crate::Error;
use crate::blobs::file_error;

/// Ownership of a data directory until dropped.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    /// Whether the owner before closed the directory in order.
    pub(super) clean: bool,
}

impl Lock {
    pub(super) fn take(directory: &Path) -> Result<Self, Error> {
        let path = directory.join("refit.lock");
        let failed = |error: std::io::Error| file_error("lock the data directory", &path, &error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        let locked = file.try_lock();
        let owner = read_owner(&mut file);
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = owner.trim().parse().ok();
                return Err(Error::Locked { path: directory.to_owned(), pid });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let clean = owner.trim().is_empty();
        let mut lock = Self { file, clean };
        lock.write(&format!("{}\n", std::process::id())).map_err(failed)?;
        Ok(lock)
    }

    fn write(&mut self, text: &str) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Err(error) = self.write("") {
            tracing::warn!(%error, "the data directory will be checked at the next start");
        }
    }
}

/// What the file says, as far as it can be read.
fn read_owner(file: &mut File) -> String {
    let mut text = String::new();
    // Whatever cannot be read names no owner.
    let _unreadable = file.take(32).read_to_string(&mut text);
    text
}
