//! Why the store could not do it.

use std::path::PathBuf;

/// What can go wrong with stored data.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// An expectation of the batch does not hold; nothing was written.
    #[error("record {kind} {key} has changed meanwhile")]
    Conflict {
        /// The record's kind.
        kind: String,
        /// The record's key.
        key: String,
    },
    /// No space left; nothing was written.
    #[error("the disk that holds {} is full", path.display())]
    Full {
        /// The data directory.
        path: PathBuf,
    },
    /// The stored data is damaged.
    #[error("stored data in {} is damaged: {detail}", path.display())]
    Corrupt {
        /// The damaged file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// The directory was written by a newer version.
    #[error("the data directory {} has format {found}, newer than this refit knows ({known})", path.display())]
    Newer {
        /// The data directory.
        path: PathBuf,
        /// Its format number.
        found: u64,
        /// The newest format number that this binary reads.
        known: u64,
    },
    /// Another server owns the data directory.
    #[error("the data directory {} is in use by another refit server{}", path.display(), pid.map(|p| format!(" (process {p})")).unwrap_or_default())]
    Locked {
        /// The data directory.
        path: PathBuf,
        /// The owner's process id when known.
        pid: Option<u32>,
    },
    /// Anything else from the file system or the database.
    #[error("{what} failed: {detail}")]
    Io {
        /// What was attempted.
        what: String,
        /// The system's words.
        detail: String,
    },
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
}
