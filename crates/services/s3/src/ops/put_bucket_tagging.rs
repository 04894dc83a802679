//! `PutBucketTagging`

use serde::Deserialize;
use service::{Ctx, Reply};

use super::{Nothing, change_bucket};
use crate::tags::{MOST_ON_BUCKET, TagSet};
use crate::{Error, S3};

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    pub(crate) tagging: TagSet,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let tags = input.tagging.read(MOST_ON_BUCKET)?;
    change_bucket(ctx, &input.bucket, |bucket| bucket.tags = tags).await
}
