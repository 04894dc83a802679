//! `GetBucketEncryption`

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

use super::{OfBucket, bucket};
use crate::records::Encryption;
use crate::{Error, S3};

/// The API's form of a bucket's encryption.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Configuration {
    pub(crate) rules: Vec<Rule>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Rule {
    pub(crate) apply_server_side_encryption_by_default: Option<ByDefault>,
    #[serde(default)]
    pub(crate) bucket_key_enabled: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ByDefault {
    #[serde(rename = "SSEAlgorithm")]
    pub(crate) algorithm: String,
    #[serde(rename = "KMSMasterKeyID", skip_serializing_if = "Option::is_none")]
    pub(crate) kms_key_id: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) server_side_encryption_configuration: Configuration,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: OfBucket) -> Result<Reply<Output>, Error> {
    let Encryption { algorithm, kms_key_id, bucket_key_enabled } =
        bucket(ctx, &input.bucket).await?.value.encryption;
    let rule = Rule {
        apply_server_side_encryption_by_default: Some(ByDefault { algorithm, kms_key_id }),
        bucket_key_enabled,
    };
    let server_side_encryption_configuration = Configuration { rules: vec![rule] };
    Ok(Reply::new(Output { server_side_encryption_configuration }))
}
