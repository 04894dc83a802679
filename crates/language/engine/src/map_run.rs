//! Map runs: what a distributed Map asks for, and the pure parts of carrying it out.
//!
//! ```text
//! Effect::StartMapRun(run) -> items of the run -> run.select(..) -> Batcher -> inputs of children
//! children end -> Tolerance says whether the run goes on -> results -> Input::MapRunSucceeded / MapRunFailed
//! ```
//!
//! Each child is an execution of its own of [`MapRun::definition`]. Who carries the run out reads items, runs children and
//! keeps count; everything that is decided about an item is decided here.

mod batch;
mod digest;
mod selector;
mod spec;
mod tolerance;

pub use batch::{Batched, Batcher};
pub use selector::{MapItem, Selector};
pub use spec::{BatcherSpec, MapRun, ReaderSpec, ResultForm, WriterSpec};
pub use tolerance::Tolerance;

/// A Map failed because too many of its items did.
pub const EXCEED_TOLERATED_FAILURES: &str = "States.ExceedToleratedFailureThreshold";
/// A Map failed because its items could not be read.
pub const ITEM_READER_FAILED: &str = "States.ItemReaderFailed";
/// A Map failed because its results could not be written.
pub const RESULT_WRITER_FAILED: &str = "States.ResultWriterFailed";

/// The source of items that come with the state's input.
// AWS: context object page: `Map.Item.Source`.
pub const STATE_DATA: &str = "STATE_DATA";
