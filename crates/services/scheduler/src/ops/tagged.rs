//! What the tag operations share: only groups have tags.

use crate::error::Error;
use crate::records::{Group, default_group, find_group};
use serde::{Deserialize, Serialize};
use service::{Arn, Ctx};
use std::collections::BTreeMap;
use store::Expect;

/// One tag.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// The tags as they are stored.
pub(crate) fn to_map(tags: Vec<Tag>) -> BTreeMap<String, String> {
    tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
}

/// The group of an ARN, and what its record must be like.
pub(super) async fn find(ctx: &Ctx, arn: &str) -> Result<(Group, Expect), Error> {
    let invalid = || Error::Validation(format!("Provided Arn {arn} is not valid."));
    let parsed = Arn::parse(arn).map_err(|_| invalid())?;
    let name = parsed.resource.strip_prefix("schedule-group/").ok_or_else(invalid)?;
    Ok(match find_group(ctx, name).await? {
        Some(found) => (found.value, found.expect),
        None => (default_group(ctx), Expect::Absent),
    })
}
