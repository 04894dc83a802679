//! `GetObjectTagging`

use serde::Serialize;
use service::{Ctx, Reply};

use super::{OfObject, bucket, shown_version};
use crate::tags::TagSet;
use crate::{Error, S3, versions};

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    #[serde(flatten)]
    pub(crate) tags: TagSet,
    pub(crate) version_id: Option<String>,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: OfObject) -> Result<Reply<Output>, Error> {
    let settings = bucket(ctx, &input.bucket).await?.value;
    let version = input.version_id.as_deref();
    let found = versions::find(ctx, &input.bucket, &input.key, version).await?.value;
    let version_id = shown_version(&settings, &found.version_id);
    Ok(Reply::new(Output { tags: TagSet::of(&found.tags), version_id }))
}
