//! What can go wrong in an algorithm.

use std::io;
use std::path::{Path, PathBuf};

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong in an algorithm.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user's data or hyperparameters are at fault; the text says where and what.
    // AWS: built-in algorithms report such failures as "ClientError: ...".
    #[error("ClientError: {0}")]
    Client(String),
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl Error {
    /// The user's fault.
    pub(crate) fn client(text: impl Into<String>) -> Self {
        Self::Client(text.into())
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}
