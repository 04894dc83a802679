//! `PutBucketEncryption`: kept and shown. Content is stored in the clear, whatever is asked for.

use serde::Deserialize;
use service::{Ctx, Reply};

use super::get_bucket_encryption::Configuration;
use super::{Nothing, change_bucket};
use crate::records::Encryption;
use crate::{Error, S3};

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    pub(crate) server_side_encryption_configuration: Configuration,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let [rule] = input.server_side_encryption_configuration.rules.as_slice() else {
        return Err(Error::MalformedXml);
    };
    let by_default = rule.apply_server_side_encryption_by_default.as_ref();
    let encryption = by_default.map_or_else(Encryption::default, |by_default| Encryption {
        algorithm: by_default.algorithm.clone(),
        kms_key_id: by_default.kms_key_id.clone(),
        bucket_key_enabled: false,
    });
    if !["AES256", "aws:kms", "aws:kms:dsse"].contains(&encryption.algorithm.as_str()) {
        return Err(Error::MalformedXml);
    }
    let encryption = Encryption { bucket_key_enabled: rule.bucket_key_enabled, ..encryption };
    change_bucket(ctx, &input.bucket, |bucket| bucket.encryption = encryption).await
}
