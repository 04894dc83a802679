//! Amazon CloudWatch Logs: groups, streams, and events that are kept in chunks.
//!
//! **Invariant:** an append is one commit of the stream's record and the chunks it adds; what it costs does not depend
//! on how long the stream is. Small appends go into the stream's last chunk while that is small.
//!
//! **Invariant:** events are read in the order of their times, and among those of one millisecond as they arrived,
//! whatever the order of the appends.
//!
//! **Invariant:** an event whose group's retention has passed is not shown, whether it has been removed yet or not; a
//! daily work item per group with a retention removes.

mod append;
mod error;
mod names;
mod ops;
mod position;
mod reading;
mod records;

use service::{Ctx, Operation, OperationFuture, Row, Service, operation};
use std::sync::LazyLock;
use wire::Model;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_str!("../model.json")).expect("the model in this crate can be read")
});

/// The service. It keeps nothing in memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Logs;

// AWS: the ARN of a log group in policies ends with `:*`, and the ARN that is asked about has an empty stream.
#[rustfmt::skip]
static OPERATIONS: &[Operation<Logs>] = &[
    operation!("CreateLogGroup", ops::create_log_group, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"),
    operation!("CreateLogStream", ops::create_log_stream, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:{logStreamName}"),
    operation!("DescribeLogStreams", ops::describe_log_streams, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"),
    operation!("GetLogEvents", ops::get_log_events, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:{logStreamName}"),
    operation!("PutLogEvents", ops::put_log_events, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:{logStreamName}"),
];

/// Shapes and operations, for clients.
pub fn model() -> &'static Model {
    &MODEL
}

#[async_trait::async_trait]
impl Service for Logs {
    fn name(&self) -> &'static str {
        "logs"
    }

    fn model(&self) -> &Model {
        &MODEL
    }

    fn operation(&self, name: &str) -> Option<Row> {
        service::row(OPERATIONS, name)
    }

    fn run<'a>(
        &'a self,
        ctx: &'a Ctx,
        operation: &str,
        input: serde_json::Value,
    ) -> OperationFuture<'a> {
        service::run(OPERATIONS, self, ctx, operation, input)
    }
}
