//! Tags: one record per resource, keyed by its ARN.

use crate::error::Error;
use crate::records::{TAGS, Tags};
use serde::{Deserialize, Serialize};
use service::{Ctx, Found};
use store::{Batch, Expect};

/// One tag as the wire has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// Adds to `batch` the tags that a create request carries.
pub(crate) fn tag_new(batch: &mut Batch, arn: &str, tags: Option<&serde_json::Value>) {
    let tags: Vec<Tag> =
        tags.and_then(|tags| serde_json::from_value(tags.clone()).ok()).unwrap_or_default();
    if !tags.is_empty() {
        let tags: Tags = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
        batch.put(TAGS, arn, &tags, Expect::Any);
    }
}

/// The tags of a resource, with what to expect when they are written again.
pub(crate) async fn of(ctx: &Ctx, arn: &str) -> Result<Found<Tags>, Error> {
    let found = ctx.records::<Tags>(TAGS).get(arn).await?;
    Ok(found.unwrap_or_else(|| Found {
        key: arn.to_owned(),
        value: Tags::new(),
        expect: Expect::Absent,
    }))
}

/// As a list.
pub(crate) fn list(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}
