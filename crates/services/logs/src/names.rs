//! How requests name a log group: by name, by identifier (name or ARN), by ARN.

use crate::error::Error;
use service::{Arn, Ctx};

/// The group that a request with `logGroupName` or `logGroupIdentifier` is about.
pub(crate) fn group_name(
    ctx: &Ctx,
    name: Option<String>,
    identifier: Option<String>,
) -> Result<String, Error> {
    match (name, identifier) {
        (Some(name), None) => Ok(name),
        (None, Some(identifier)) => identified(ctx, &identifier),
        // UNVERIFIED: the text.
        _ => Err(Error::Invalid(
            "Exactly one of logGroupName and logGroupIdentifier must be specified.".to_owned(),
        )),
    }
}

/// The group's name out of a name or an ARN.
pub(crate) fn identified(ctx: &Ctx, identifier: &str) -> Result<String, Error> {
    if identifier.starts_with("arn:") {
        return name_of_arn(ctx, identifier);
    }
    check_name(identifier)?;
    Ok(identifier.to_owned())
}

/// The name in a log group's ARN, with or without `:*` at the end.
pub(crate) fn name_of_arn(ctx: &Ctx, text: &str) -> Result<String, Error> {
    let invalid = || Error::Invalid(format!("{} is not a log group's ARN.", text.escape_debug()));
    let arn = Arn::parse(text).map_err(|_| invalid())?;
    let name = arn.resource.strip_prefix("log-group:").ok_or_else(invalid)?;
    let name = name.strip_suffix(":*").unwrap_or(name);
    check_name(name)?;
    if arn.service != "logs" {
        return Err(invalid());
    }
    if arn.region != ctx.region || arn.account != ctx.account() {
        return Err(Error::NoGroup);
    }
    Ok(name.to_owned())
}

/// Refuses what the pattern of group names does not allow; other members that may hold a name allow more.
fn check_name(name: &str) -> Result<(), Error> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte);
    if (1..=512).contains(&name.len()) && name.bytes().all(is_allowed) {
        return Ok(());
    }
    Err(Error::Invalid(format!("{} is not a log group's name.", name.escape_debug())))
}

/// `arn:aws:logs:…:log-group:NAME`, without the `:*`.
pub(crate) fn group_arn(ctx: &Ctx, group: &str) -> String {
    ctx.arn("logs", &format!("log-group:{group}"))
}

/// `arn:aws:logs:…:log-group:NAME:log-stream:STREAM`.
pub(crate) fn stream_arn(ctx: &Ctx, group: &str, stream: &str) -> String {
    ctx.arn("logs", &format!("log-group:{group}:log-stream:{stream}"))
}
