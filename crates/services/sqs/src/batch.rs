//! Batches: their entries, and what becomes of each.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

// AWS: quotas of batches.
const MOST_ENTRIES: usize = 10;
const LONGEST_ID: usize = 80;

/// An entry: its id and what it is about.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Entry<T> {
    id: Option<String>,
    #[serde(flatten)]
    pub(crate) what: T,
}

/// The entries of a batch.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input<T> {
    pub(crate) queue_url: Option<String>,
    pub(crate) entries: Option<Vec<Entry<T>>>,
}

/// What became of the entries.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output<T> {
    pub(crate) successful: Vec<T>,
    failed: Vec<Failure>,
}

/// An entry that was carried out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Success {
    id: String,
}

impl Success {
    pub(crate) fn new(id: &str) -> Self {
        Self { id: id.to_owned() }
    }
}

/// An entry that was not.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Failure {
    id: String,
    sender_fault: bool,
    code: String,
    message: String,
}

impl<T> Output<T> {
    pub(crate) fn new() -> Self {
        Self { successful: Vec::new(), failed: Vec::new() }
    }

    /// The entry was refused; when the server is at fault, the whole batch fails.
    ///
    /// # Errors
    /// The server's failure.
    pub(crate) fn refuse(&mut self, id: String, error: Error) -> Result<(), Error> {
        if let Error::Other(error) = error {
            return Err(Error::Other(error));
        }
        let (code, message) = (error.code().to_owned(), error.to_string());
        self.failed.push(Failure { id, sender_fault: true, code, message });
        Ok(())
    }
}

/// The entries with their ids, if they make a batch.
///
/// # Errors
/// AWS's refusal of the whole batch.
pub(crate) fn entries<T>(
    given: Option<Vec<Entry<T>>>,
    entry_name: &'static str,
) -> Result<Vec<(String, T)>, Error> {
    let given = given.unwrap_or_default();
    if given.is_empty() {
        return Err(Error::EmptyBatch(entry_name));
    }
    if given.len() > MOST_ENTRIES {
        return Err(Error::TooManyEntries(given.len()));
    }
    let mut ids = HashSet::new();
    let mut entries = Vec::new();
    for (at, entry) in given.into_iter().enumerate() {
        let id = entry.id.ok_or_else(|| Error::Missing(format!("{entry_name}.{}.Id", at + 1)))?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if id.is_empty() || id.len() > LONGEST_ID || !id.bytes().all(is_plain) {
            return Err(Error::EntryId);
        }
        if !ids.insert(id.clone()) {
            return Err(Error::RepeatedEntryId(id));
        }
        entries.push((id, entry.what));
    }
    Ok(entries)
}
