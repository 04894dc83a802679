//! `GetPublicAccessBlock`

use serde::Serialize;
use service::{Ctx, Reply};

use super::{OfBucket, bucket};
use crate::records::PublicAccessBlock;
use crate::{Error, S3};

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) public_access_block_configuration: PublicAccessBlock,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: OfBucket) -> Result<Reply<Output>, Error> {
    let setting = bucket(ctx, &input.bucket).await?.value.public_access_block;
    let public_access_block_configuration = setting.ok_or(Error::NoSetting {
        code: "NoSuchPublicAccessBlockConfiguration",
        message: "The public access block configuration was not found",
    })?;
    Ok(Reply::new(Output { public_access_block_configuration }))
}
