//! `DeleteObject`

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

use super::bucket;
use crate::conditions::WriteConditions;
use crate::{Error, S3, versions};

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version_id: Option<String>,
    pub(crate) if_match: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) delete_marker: Option<bool>,
    pub(crate) version_id: Option<String>,
}

pub(crate) async fn run(s3: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let settings = bucket(ctx, &input.bucket).await?.value;
    let (name, key) = (&input.bucket, &input.key);
    let current = versions::newest(ctx, name, key).await?;
    let conditions = WriteConditions { if_match: input.if_match, if_none_match: None };
    conditions.check(key, current.as_ref().map(|found| &found.value))?;
    let change = match &input.version_id {
        Some(version) => versions::delete_version(ctx, name, key, version, current).await?,
        None => versions::delete(ctx, &settings, name, key, current).await?,
    };
    let output = Output {
        delete_marker: change.delete_marker.then_some(true),
        version_id: change.version_id,
    };
    Ok(Reply::with(output, change.batch).after(s3.discard(change.discarded)))
}
