//! `GetBucketOwnershipControls`

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

use super::{OfBucket, bucket};
use crate::{Error, S3};

/// The API's form of who owns what is written to a bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OwnershipControls {
    pub(crate) rules: Vec<Rule>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Rule {
    pub(crate) object_ownership: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) ownership_controls: OwnershipControls,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: OfBucket) -> Result<Reply<Output>, Error> {
    let ownership = bucket(ctx, &input.bucket).await?.value.ownership;
    let object_ownership = ownership.ok_or(Error::NoSetting {
        code: "OwnershipControlsNotFoundError",
        message: "The bucket ownership controls were not found",
    })?;
    let ownership_controls = OwnershipControls { rules: vec![Rule { object_ownership }] };
    Ok(Reply::new(Output { ownership_controls }))
}
