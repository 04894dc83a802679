//! Map runs: reading items from S3 and exporting results to it, with the execution's role.
//!
//! ```text
//! ItemReader ── objects ──> bytes ── gunzip ──> csv | json | jsonl | parquet ──> items
//! results ── export ──> SUCCEEDED_n.json, FAILED_n.json, PENDING_n.json, manifest.json
//! ```

mod bytes;
mod csv;
mod export;
mod json;
mod lines;
mod reader;
mod s3;
mod table;
mod text;

use driver::{Items, MapRunRequest, Results, TaskFailure};
use service::{AwsError, Kit, Objects};
use std::sync::Arc;
use text::Text;

/// Opens the items of a run.
pub(crate) async fn open_items(
    kit: &Arc<Kit>,
    objects: &Arc<dyn Objects>,
    request: &MapRunRequest,
) -> Result<Box<dyn Items>, TaskFailure> {
    reader::open(kit, objects, request).await.map_err(|fault| fault.of(engine::ITEM_READER_FAILED))
}

/// Begins the export of a run's results.
pub(crate) async fn open_results(
    kit: &Arc<Kit>,
    objects: &Arc<dyn Objects>,
    request: &MapRunRequest,
) -> Result<Box<dyn Results>, TaskFailure> {
    export::open(kit, objects, request)
        .await
        .map_err(|fault| fault.of(engine::RESULT_WRITER_FAILED))
}

/// Why items cannot be read or results not be written.
#[derive(Debug, thiserror::Error)]
enum Fault {
    /// S3 refused.
    // UNVERIFIED: AWS's words around S3's own.
    #[error("{} (Service: Amazon S3; Status Code: {}; Error Code: {})", .0.message, .0.status, .0.code)]
    S3(AwsError),
    /// What is there cannot be used.
    #[error("{0}")]
    Content(String),
}

impl Fault {
    fn content(text: impl Into<String>) -> Self {
        Self::Content(text.into())
    }

    fn of(self, error: &str) -> TaskFailure {
        TaskFailure::new(error, self.to_string())
    }
}

impl From<AwsError> for Fault {
    fn from(error: AwsError) -> Self {
        Self::S3(error)
    }
}

/// Reads a file's bytes in pieces, as each kind of file that a map run takes; the number of items. For tests with hostile files.
pub fn read_items(bytes: &[u8], piece_bytes: usize) -> usize {
    let mut found = Vec::new();
    let mut readers = [Text::csv(None, b','), Text::lines(), Text::json(""), Text::json("/k/l")];
    let ended = std::iter::once(&[][..]);
    for piece in bytes.chunks(piece_bytes.max(1)).chain(ended) {
        // A fault is one of these readers' answers, too.
        for reader in &mut readers {
            drop(reader.push(piece, &mut found));
        }
    }
    found.len()
}
