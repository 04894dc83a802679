//! Tags: one record per resource, keyed by its ARN.

use crate::error::Error;
use crate::packages;
use crate::records::{GROUP, JobKind, MODEL, TAGS, Tags, key};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use service::{Arn, Ctx, Found};
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

/// Refuses the ARN of what is not there.
async fn require(ctx: &Ctx, arn: &str) -> Result<(), Error> {
    let missing = || Error::Validation(format!("Could not find resource \"{arn}\"."));
    let parsed = Arn::parse(arn).map_err(|_| missing())?;
    let (noun, name) = parsed.resource.split_once('/').ok_or_else(missing)?;
    let kind = match noun {
        "training-job" => JobKind::Training.records(),
        "transform-job" => JobKind::Transform.records(),
        "processing-job" => JobKind::Processing.records(),
        "hyper-parameter-tuning-job" => crate::tuning::records::TUNING,
        "model" => MODEL,
        "endpoint" => crate::endpoint::records::ENDPOINT,
        "model-package-group" => GROUP,
        "model-package" => {
            let arn = serde_json::Value::from(arn);
            return packages::find(ctx, Some(&arn)).await.map(drop);
        }
        _ => match crate::nouns::ALL.iter().find(|known| known.word == noun) {
            Some(known) => known.records,
            None => return Err(missing()),
        },
    };
    let found = ctx.records::<IgnoredAny>(kind).get(&key(&ctx.region, name)).await?;
    let is_own = parsed.region == ctx.region && parsed.account == ctx.account();
    if found.is_some() && is_own { Ok(()) } else { Err(missing()) }
}

/// The tags of a resource, with what to expect when they are written again.
pub(crate) async fn of(ctx: &Ctx, arn: &str) -> Result<Found<Tags>, Error> {
    require(ctx, arn).await?;
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
