//! `GetBucketVersioning`

use serde::Serialize;
use service::{Ctx, Reply};

use super::{OfBucket, bucket};
use crate::records::Versioning;
use crate::{Error, S3};

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    /// Absent when versioning was never enabled.
    pub(crate) status: Option<&'static str>,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: OfBucket) -> Result<Reply<Output>, Error> {
    let status = match bucket(ctx, &input.bucket).await?.value.versioning {
        Versioning::Never => None,
        Versioning::Enabled => Some("Enabled"),
        Versioning::Suspended => Some("Suspended"),
    };
    Ok(Reply::new(Output { status }))
}
