//! Amazon CloudWatch Logs: groups, streams, events.
//!
//! One `PutLogEvents` is one chunk: one new record, one commit. Chunks are kept in the order of their first events'
//! times, so reading in order needs no sorting of more than what is read.
//!
//! **Invariant:** a stream's record says which chunk number comes next; it changes with every chunk, so two writers of
//! one stream never write the same chunk.
//!
//! Whoever follows a stream listens to the notice [`notice_topic`] and reads on with `GetLogEvents`.

mod chunks;
mod error;
mod filter;
mod names;
mod ops;
mod records;
mod retention;

pub use error::Error;

use serde_json::Value;
use service::{AwsError, Ctx, OperationFuture, Row, Service, WorkItem, WorkOutcome};
use wire::Model;

/// The CloudWatch Logs service.
pub struct Logs {
    model: Model,
}

impl Default for Logs {
    fn default() -> Self {
        let model = Model::parse(include_str!("../model.json"))
            .expect("the model is part of the program and tested");
        Self { model }
    }
}

/// The bell that rings when events are added to a stream.
pub fn notice_topic(region: &str, group: &str, stream: &str) -> String {
    format!("logs/{region}/{group}/{stream}")
}

#[async_trait::async_trait]
impl Service for Logs {
    fn name(&self) -> &'static str {
        "logs"
    }

    fn model(&self) -> &Model {
        &self.model
    }

    fn operation(&self, name: &str) -> Option<Row> {
        service::row(ops::TABLE, name)
    }

    fn run<'a>(&'a self, ctx: &'a Ctx, operation: &str, input: Value) -> OperationFuture<'a> {
        service::run(ops::TABLE, self, ctx, operation, input)
    }

    async fn work(&self, ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
        retention::expire(ctx, item).await
    }
}
