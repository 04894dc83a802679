//! The operations, one file each.

#![allow(clippy::struct_field_names, reason = "members carry AWS's names")]

mod create_log_group;
mod create_log_stream;
mod delete_log_group;
mod delete_log_stream;
mod delete_retention_policy;
mod describe_log_groups;
mod describe_log_streams;
mod filter_log_events;
mod get_log_events;
mod list_tags_for_resource;
mod list_tags_log_group;
mod put_log_events;
mod put_retention_policy;
mod tag_log_group;
mod tag_resource;
mod untag_log_group;
mod untag_resource;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service::{Ctx, Found, Operation, Reply, operation};
use store::Batch;

use crate::records::{GROUPS, GroupRecord};
use crate::{Error, Logs};

/// The most tags of a group.
// AWS: AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html
const MAX_TAGS: usize = 50;

/// The operations with the resources that IAM is asked about.
// AWS: service-authorization/latest/reference/list_amazoncloudwatchlogs.html
// UNVERIFIED: that operations on groups ask about `…:log-stream:` (AWS's refusals show it; its documents do not say it).
pub(crate) static TABLE: &[Operation<Logs>] = &[
    operation!(
        "CreateLogGroup",
        create_log_group,
        "arn:aws:logs:{region}:{account}:log-group:{logGroupName}"
    ),
    operation!(
        "CreateLogStream",
        create_log_stream,
        "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:{logStreamName}"
    ),
    operation!(
        "DeleteLogGroup",
        delete_log_group,
        "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"
    ),
    operation!(
        "DeleteLogStream",
        delete_log_stream,
        "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:{logStreamName}"
    ),
    operation!(
        "DeleteRetentionPolicy",
        delete_retention_policy,
        "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"
    ),
    operation!(
        "DescribeLogGroups",
        describe_log_groups,
        "arn:aws:logs:{region}:{account}:log-group::log-stream:"
    ),
    operation!(
        "DescribeLogStreams",
        describe_log_streams,
        "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"
    ),
    operation!(
        "FilterLogEvents",
        filter_log_events,
        "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"
    ),
    operation!(
        "GetLogEvents",
        get_log_events,
        "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:{logStreamName}"
    ),
    operation!("ListTagsForResource", list_tags_for_resource, "{resourceArn}"),
    operation!(
        "ListTagsLogGroup",
        list_tags_log_group,
        "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"
    ),
    operation!(
        "PutLogEvents",
        put_log_events,
        "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:{logStreamName}"
    ),
    operation!(
        "PutRetentionPolicy",
        put_retention_policy,
        "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"
    ),
    operation!(
        "TagLogGroup",
        tag_log_group,
        "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"
    ),
    operation!("TagResource", tag_resource, "{resourceArn}"),
    operation!(
        "UntagLogGroup",
        untag_log_group,
        "arn:aws:logs:{region}:{account}:log-group:{logGroupName}:log-stream:"
    ),
    operation!("UntagResource", untag_resource, "{resourceArn}"),
];

/// The input of operations that only name a group.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfGroup {
    pub(crate) log_group_name: String,
}

/// The input of operations that only name a stream.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfStream {
    pub(crate) log_group_name: String,
    pub(crate) log_stream_name: String,
}

/// An output without members.
#[derive(Debug, Serialize)]
pub(crate) struct Nothing {}

/// Tags as the API shows them.
#[derive(Debug, Serialize)]
pub(crate) struct Tags {
    pub(crate) tags: BTreeMap<String, String>,
}

/// Writes a changed group.
fn write_group(found: Found<GroupRecord>) -> Reply<Nothing> {
    let mut batch = Batch::new();
    batch.put(GROUPS, found.key, &found.value, found.expect);
    Reply::with(Nothing {}, batch)
}

/// Adds tags to a group.
fn add_tags(
    mut found: Found<GroupRecord>,
    tags: BTreeMap<String, String>,
) -> Result<Reply<Nothing>, Error> {
    found.value.tags.extend(tags);
    check_tags(&found.value.tags)?;
    Ok(write_group(found))
}

/// Removes tags from a group.
fn remove_tags(mut found: Found<GroupRecord>, keys: &[String]) -> Reply<Nothing> {
    found.value.tags.retain(|key, _| !keys.contains(key));
    write_group(found)
}

fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), Error> {
    if tags.len() > MAX_TAGS {
        return Err(Error::TooManyTags(MAX_TAGS));
    }
    Ok(())
}

/// A page token of listings by record keys.
fn page(question: &str) -> service::PageToken<'_> {
    service::PageToken { question }
}

/// The tags' owner must be in this region.
async fn tagged(ctx: &Ctx, arn: &str) -> Result<Found<GroupRecord>, Error> {
    Ok(crate::names::find_tagged(ctx, arn).await?.1)
}
