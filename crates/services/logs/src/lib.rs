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
mod expire;
mod filter;
mod merge;
mod names;
mod ops;
mod position;
mod reading;
mod records;
mod tags;

use serde_json::Value;
use service::{AwsError, Ctx, Operation, Service, WorkItem, WorkOutcome, operation};
use std::sync::LazyLock;
use wire::Model;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_str!("../model.json")).expect("the model in this crate can be read")
});

/// The service. It keeps nothing in memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Logs(());

// AWS: what IAM is asked about is the group's ARN with a stream, which is empty where the operation has none: that is why
// policies end a group's ARN with `:*`. DescribeLogGroups asks about no group at all, whatever the prefix. Tags are the
// exception: the ARN as given. (As AWS's refusals name the resource.)
#[rustfmt::skip]
static OPERATIONS: &[Operation<Logs>] = &[
    operation!("CreateLogGroup", ops::create_log_group, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"),
    operation!("CreateLogStream", ops::create_log_stream, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:{logStreamName}"),
    operation!("DeleteLogGroup", ops::delete_log_group, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"),
    operation!("DeleteLogStream", ops::delete_log_stream, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:{logStreamName}"),
    operation!("DeleteRetentionPolicy", ops::delete_retention_policy, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"),
    operation!("DescribeLogGroups", ops::describe_log_groups, "arn:aws:logs:{region}:{account}:log-group::log-stream:"),
    operation!("DescribeLogStreams", ops::describe_log_streams, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"),
    operation!("FilterLogEvents", ops::filter_log_events, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"),
    operation!("GetLogEvents", ops::get_log_events, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:{logStreamName}"),
    operation!("ListTagsForResource", ops::list_tags_for_resource, "{resourceArn}"),
    operation!("ListTagsLogGroup", ops::list_tags_log_group, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"),
    operation!("PutLogEvents", ops::put_log_events, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:{logStreamName}"),
    operation!("PutRetentionPolicy", ops::put_retention_policy, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"),
    operation!("TagLogGroup", ops::tag_log_group, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"),
    operation!("TagResource", ops::tag_resource, "{resourceArn}"),
    operation!("UntagLogGroup", ops::untag_log_group, "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"),
    operation!("UntagResource", ops::untag_resource, "{resourceArn}"),
];

/// Shapes and operations, for clients.
pub fn model() -> &'static Model {
    &MODEL
}

#[async_trait::async_trait]
impl Service for Logs {
    service::by_table!("logs", MODEL, OPERATIONS);

    /// A group that is named by `logGroupIdentifier`.
    fn resource_arn(&self, ctx: &Ctx, operation: &str, input: &Value) -> Option<String> {
        let identifier = input.get("logGroupIdentifier").and_then(Value::as_str)?;
        let arn = if identifier.starts_with("arn:") {
            identifier.strip_suffix(":*").unwrap_or(identifier).to_owned()
        } else {
            names::group_arn(ctx, identifier)
        };
        let stream = match operation {
            "GetLogEvents" => input.get("logStreamName").and_then(Value::as_str)?,
            "DescribeLogStreams" | "FilterLogEvents" => "",
            _ => return None,
        };
        Some(format!("{arn}:log-stream:{stream}"))
    }

    async fn work(&self, ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
        match item.kind.as_str() {
            expire::WORK => expire::run(ctx, item).await,
            other => Err(service::unknown_kind(other)),
        }
    }
}
