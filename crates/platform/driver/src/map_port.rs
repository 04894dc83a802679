//! The port to whoever reads the items of map runs and exports their results: the `states` service.

use std::sync::Arc;

use engine::{Data, Identity, MapItem, MapRun, Status};

use crate::TaskFailure;

/// A map run whose items are to be read or whose results are to be exported.
#[derive(Debug, Clone)]
pub struct MapRunRequest {
    /// The execution that asked for it: ARN, name, state machine, role.
    pub execution: Arc<Identity>,
    /// What is to be carried out.
    pub run: Arc<MapRun>,
}

/// Items on their way, in order. After a restart they are read again from the first.
#[async_trait::async_trait]
pub trait Items: Send {
    /// Some more items; none when there are no more.
    ///
    /// # Errors
    /// What the Map's `Retry` and `Catch` shall see.
    async fn next(&mut self) -> Result<Vec<MapItem>, TaskFailure>;
}

/// Results on their way out. What was written of an export that breaks off is written again by the next.
#[async_trait::async_trait]
pub trait Results: Send {
    /// Adds the result, a JSON text, of a child that ended like this; of one that was never started, `Running`.
    ///
    /// # Errors
    /// What the Map's `Retry` and `Catch` shall see.
    async fn add(&mut self, status: Status, result: &[u8]) -> Result<(), TaskFailure>;

    /// All have been added: answers the Map's result.
    ///
    /// # Errors
    /// As [`Results::add`].
    async fn finish(self: Box<Self>) -> Result<Data, TaskFailure>;
}

/// The failure of a run whose items nobody can read.
pub(crate) fn no_reader() -> TaskFailure {
    TaskFailure::new(engine::ITEM_READER_FAILED, "nobody here reads items")
}

/// The failure of a run whose results nobody can export.
pub(crate) fn no_writer() -> TaskFailure {
    TaskFailure::new(engine::RESULT_WRITER_FAILED, "nobody here exports results")
}
