//! `PutBucketVersioning`

use serde::Deserialize;
use service::{Ctx, Reply};

use super::{Nothing, change_bucket};
use crate::records::Versioning;
use crate::{Error, S3};

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    pub(crate) versioning_configuration: Configuration,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Configuration {
    pub(crate) status: Option<String>,
    #[serde(rename = "MFADelete")]
    pub(crate) mfa_delete: Option<String>,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    if input.versioning_configuration.mfa_delete.as_deref() == Some("Enabled") {
        return Err(Error::NotImplemented("refit does not implement MFA delete"));
    }
    let versioning = match input.versioning_configuration.status.as_deref() {
        Some("Enabled") => Versioning::Enabled,
        Some("Suspended") => Versioning::Suspended,
        _ => return Err(Error::MalformedXml),
    };
    change_bucket(ctx, &input.bucket, |bucket| bucket.versioning = versioning).await
}
