//! `GetBucketPolicy`

use serde::Serialize;
use service::{Ctx, Reply};

use super::{OfBucket, bucket};
use crate::{Error, S3};

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) policy: String,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: OfBucket) -> Result<Reply<Output>, Error> {
    let policy = bucket(ctx, &input.bucket).await?.value.policy;
    let policy = policy.ok_or(Error::NoSetting {
        code: "NoSuchBucketPolicy",
        message: "The bucket policy does not exist",
    })?;
    Ok(Reply::new(Output { policy }))
}
