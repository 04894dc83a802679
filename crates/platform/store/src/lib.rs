//! The storage port: what refit keeps, in four shapes.
//!
//! * **records** – `(kind, key) -> version, body`, with index keys for listing; the body is JSON text a user may read;
//! * **log** – append-only rows by stream (one stream per running execution), dropped when the stream ends;
//! * **blobs** – files by content, referenced from records;
//! * **meta** – the schema version and the lock that makes one server the owner of a data directory.
//!
//! **Invariant:** everything that changes goes through [`Store::commit`]; when its future resolves, the whole batch is
//! durable, or none of it is. Implementations share one fsync among the batches that wait together (group commit).
//!
//! **Invariant:** no decision lives here. Who may do what, what a record means and what happens next is the caller's.

mod batch;
pub mod blobs;
mod error;
mod keys;
pub mod memory;
pub mod sqlite;
pub mod testing;

pub use batch::{Append, Batch, Expect, Put, Remove};
pub use blobs::{BlobId, BlobWriter, Blobs, Hold};
pub use error::Error;
pub use keys::index_cursor;
pub use memory::MemoryStore;
pub use sqlite::SqliteStore;

use std::sync::Arc;

/// A stored record: what [`Store::get`] and [`Store::scan`] answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The record's key within its kind.
    pub key: String,
    /// Greater after every put, and never used again for the same key, not even after a removal: a decision on a
    /// record that was removed and made anew is noticed. Pass it back in [`Expect::Version`].
    pub version: u64,
    /// JSON text.
    pub body: Arc<[u8]>,
}

/// One row of a log stream, in append order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// The stream the row belongs to.
    pub stream: u64,
    /// What was appended.
    pub body: Arc<[u8]>,
}

/// A page of records in key (or index key) order.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The records of this page.
    pub records: Vec<Record>,
    /// The cursor to pass as `after` for the next page; `None` on the last page.
    pub next: Option<String>,
}

/// What to list.
#[derive(Debug, Clone)]
pub struct Scan<'a> {
    /// Record kind, for instance `"states/machine"`.
    pub kind: &'a str,
    /// `None` lists by record key, `Some(name)` by that index.
    pub index: Option<&'a str>,
    /// Only keys (or index keys) that start with this.
    pub prefix: &'a str,
    /// Resume strictly after this cursor (a [`Page::next`]).
    pub after: Option<&'a str>,
    /// Most records to return; at least 1.
    pub limit: usize,
    /// Descending order.
    pub reverse: bool,
}

impl<'a> Scan<'a> {
    /// All records of a kind whose key starts with `prefix`, ascending, at most `limit`.
    pub fn of(kind: &'a str, prefix: &'a str, limit: usize) -> Self {
        Self { kind, index: None, prefix, after: None, limit, reverse: false }
    }
}

/// The storage port. Every implementation passes [`testing::conformance`].
#[async_trait::async_trait]
pub trait Store: Send + Sync + 'static {
    /// Makes the batch durable as a whole. Batches of one caller are applied in the order of the calls, also
    /// when the futures are polled later: the place in the queue is taken before this function returns.
    ///
    /// Dropping the future takes nothing back. The call itself may take as long as the disk when nobody else commits, on a
    /// runtime that has other threads for other tasks.
    ///
    /// # Errors
    /// [`Error::Conflict`] when an [`Expect`] does not hold (nothing was written);
    /// [`Error::Full`], [`Error::Corrupt`] or [`Error::Io`] when the disk failed (nothing was written).
    fn commit(&self, batch: Batch) -> CommitFuture;

    /// Whether more is waiting to be written than should be: whoever can refuse further work, should. What is
    /// committed all the same is written in its turn.
    fn is_behind(&self) -> bool {
        false
    }

    /// The record, if there is one. Sees every commit that has resolved before the call.
    async fn get(&self, kind: &str, key: &str) -> Result<Option<Record>, Error>;

    /// A page of records.
    async fn scan(&self, scan: Scan<'_>) -> Result<Page, Error>;

    /// All rows of all streams that have not been dropped, in append order, `visit`ed one by one. For recovery at start.
    async fn replay(&self, visit: &mut (dyn FnMut(LogRow) + Send)) -> Result<(), Error>;

    /// The rows of one stream, in append order.
    async fn read_stream(&self, stream: u64) -> Result<Vec<LogRow>, Error>;
}

/// Resolves when the batch is durable (or refused).
pub type CommitFuture = std::pin::Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;
