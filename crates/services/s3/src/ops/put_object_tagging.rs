//! `PutObjectTagging`

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use store::Batch;

use super::{bucket, shown_version};
use crate::tags::{MOST_ON_OBJECT, TagSet};
use crate::{Error, S3, versions};

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version_id: Option<String>,
    pub(crate) tagging: TagSet,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) version_id: Option<String>,
}

/// Gives an object other tags.
pub(crate) async fn set(
    ctx: &Ctx,
    name: &str,
    key: &str,
    version: Option<&str>,
    tags: BTreeMap<String, String>,
) -> Result<Reply<Output>, Error> {
    let settings = bucket(ctx, name).await?.value;
    let mut found = versions::find(ctx, name, key, version).await?;
    found.value.tags = tags;
    let mut batch = Batch::new();
    batch.put(versions::kind_of(&found), &found.key, &found.value, found.expect);
    let version_id = shown_version(&settings, &found.value.version_id);
    Ok(Reply::with(Output { version_id }, batch))
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let tags = input.tagging.read(MOST_ON_OBJECT)?;
    set(ctx, &input.bucket, &input.key, input.version_id.as_deref(), tags).await
}
