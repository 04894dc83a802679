//! The tags of log groups, behind both of AWS's tagging APIs.

use crate::error::Error;
use crate::records::{GROUP, find_group};
use serde::Serialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use std::collections::BTreeMap;
use store::Batch;

// AWS: TagResource: most tags of a resource.
const MOST_TAGS: usize = 50;

/// The answer of the listing operations.
#[derive(Serialize)]
pub(crate) struct Listed {
    tags: BTreeMap<String, String>,
}

/// The group's tags.
pub(crate) async fn list(ctx: &Ctx, group: &str) -> Result<Reply<Listed>, Error> {
    let group = find_group(ctx, group).await?;
    Ok(Reply::new(Listed { tags: group.value.tags }))
}

/// Adds tags, or gives them other values. `resource` is what the request named.
pub(crate) async fn add(
    ctx: &Ctx,
    group: &str,
    resource: &str,
    tags: BTreeMap<String, String>,
) -> Result<Reply<Value>, Error> {
    let mut group = find_group(ctx, group).await?;
    group.value.tags.extend(tags);
    if group.value.tags.len() > MOST_TAGS {
        return Err(Error::TooManyTags(resource.to_owned()));
    }
    let mut batch = Batch::new();
    batch.put(GROUP, group.key, &group.value, group.expect);
    Ok(Reply::with(json!({}), batch))
}

/// Removes tags; those that are not there are no matter.
pub(crate) async fn remove(ctx: &Ctx, group: &str, keys: &[String]) -> Result<Reply<Value>, Error> {
    let mut group = find_group(ctx, group).await?;
    group.value.tags.retain(|key, _| !keys.contains(key));
    let mut batch = Batch::new();
    batch.put(GROUP, group.key, &group.value, group.expect);
    Ok(Reply::with(json!({}), batch))
}
