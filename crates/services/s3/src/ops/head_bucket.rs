//! `HeadBucket`

use serde::Serialize;
use service::{Ctx, Reply};

use super::{OfBucket, bucket};
use crate::{Error, S3};

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) bucket_region: String,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: OfBucket) -> Result<Reply<Output>, Error> {
    let bucket_region = bucket(ctx, &input.bucket).await?.value.region;
    Ok(Reply::new(Output { bucket_region }))
}
