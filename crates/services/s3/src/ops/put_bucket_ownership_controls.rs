//! `PutBucketOwnershipControls`

use serde::Deserialize;
use service::{Ctx, Reply};

use super::get_bucket_ownership_controls::OwnershipControls;
use super::{Nothing, change_bucket};
use crate::{Error, S3};

/// The values AWS knows.
pub(crate) const VALUES: [&str; 3] =
    ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"];

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    pub(crate) ownership_controls: OwnershipControls,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let [rule] = input.ownership_controls.rules.as_slice() else {
        return Err(Error::MalformedXml);
    };
    let ownership = rule.object_ownership.clone();
    if !VALUES.contains(&ownership.as_str()) {
        return Err(Error::MalformedXml);
    }
    change_bucket(ctx, &input.bucket, |bucket| bucket.ownership = Some(ownership)).await
}
