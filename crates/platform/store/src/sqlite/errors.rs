//! SQLite's errors in the store's words.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::Error;

/// Where the database is, for messages.
#[derive(Debug, Clone)]
pub(super) struct Location {
    /// The data directory.
    pub(super) directory: PathBuf,
    /// The database file.
    pub(super) file: PathBuf,
}

impl Location {
    pub(super) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), file: directory.join("refit.db") }
    }

    /// The store's error for one of SQLite's.
    pub(super) fn error(&self, what: &str, error: &rusqlite::Error) -> Error {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Error::Full { path: self.directory.clone() },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Error::Corrupt { path: self.file.clone(), detail: error.to_string() }
            }
            _ => Error::Io {
                what: format!("{what} {}", self.file.display()),
                detail: error.to_string(),
            },
        }
    }
}
