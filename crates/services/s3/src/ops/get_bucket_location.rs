//! `GetBucketLocation`

use serde::Serialize;
use service::{Ctx, Reply};

use super::{OfBucket, bucket};
use crate::{Error, S3};

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    /// Absent for `us-east-1`.
    pub(crate) location_constraint: Option<String>,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: OfBucket) -> Result<Reply<Output>, Error> {
    let region = bucket(ctx, &input.bucket).await?.value.region;
    let location_constraint = (region != "us-east-1").then_some(region);
    Ok(Reply::new(Output { location_constraint }))
}
