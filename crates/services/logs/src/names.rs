//! Groups by name or ARN.

use service::{Arn, Ctx, Found};

use crate::Error;
use crate::error::invalid;
use crate::records::{GROUPS, GroupRecord, STREAMS, StreamRecord, group_key, stream_key};

/// The ARN of a group, without the `:*` that stands for its streams.
pub(crate) fn group_arn(ctx: &Ctx, group: &str) -> String {
    ctx.arn("logs", &format!("log-group:{group}"))
}

/// The group that a request names: by name, or by name or ARN in `logGroupIdentifier`.
///
/// # Errors
/// `InvalidParameterException` when there is none or both.
pub(crate) fn group_of(name: Option<String>, identifier: Option<String>) -> Result<String, Error> {
    match (name, identifier) {
        (Some(name), None) => Ok(name),
        (None, Some(identifier)) => Ok(group_in_arn(&identifier).unwrap_or(identifier)),
        _ => Err(invalid("Exactly one of logGroupName and logGroupIdentifier must be specified.")),
    }
}

/// The group's name in its ARN.
pub(crate) fn group_in_arn(text: &str) -> Option<String> {
    let arn = Arn::parse(text).ok()?;
    let name = arn.resource.strip_prefix("log-group:")?;
    (arn.service == "logs").then(|| name.strip_suffix(":*").unwrap_or(name).to_owned())
}

/// # Errors
/// `ResourceNotFoundException`.
pub(crate) async fn find_group(ctx: &Ctx, group: &str) -> Result<Found<GroupRecord>, Error> {
    let found = ctx.records(GROUPS).get(&group_key(&ctx.region, group)).await?;
    found.ok_or(Error::NoSuchGroup)
}

/// # Errors
/// `ResourceNotFoundException`.
pub(crate) async fn find_stream(
    ctx: &Ctx,
    group: &str,
    stream: &str,
) -> Result<Found<StreamRecord>, Error> {
    let found = ctx.records(STREAMS).get(&stream_key(&ctx.region, group, stream)).await?;
    if let Some(found) = found {
        return Ok(found);
    }
    find_group(ctx, group).await?;
    Err(Error::NoSuchStream)
}

/// # Errors
/// `ResourceNotFoundException`, `InvalidParameterException`.
pub(crate) async fn find_tagged(
    ctx: &Ctx,
    arn: &str,
) -> Result<(String, Found<GroupRecord>), Error> {
    let group = group_in_arn(arn).ok_or_else(|| invalid("Invalid resource ARN"))?;
    let found = find_group(ctx, &group).await?;
    Ok((group, found))
}
