//! `PutPublicAccessBlock`

use serde::Deserialize;
use service::{Ctx, Reply};

use super::{Nothing, change_bucket};
use crate::records::PublicAccessBlock;
use crate::{Error, S3};

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    pub(crate) public_access_block_configuration: PublicAccessBlock,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let setting = input.public_access_block_configuration;
    change_bucket(ctx, &input.bucket, |bucket| bucket.public_access_block = Some(setting)).await
}
