//! `AbortMultipartUpload`

use serde::Deserialize;
use service::{Ctx, Reply};
use store::Batch;

use super::{Nothing, upload};
use crate::records::{PARTS, PartRecord, UPLOADS, parts_prefix};
use crate::{Error, S3};

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) upload_id: String,
}

pub(crate) async fn run(s3: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let found = upload(ctx, &input.bucket, &input.key, &input.upload_id).await?;
    let prefix = parts_prefix(&input.bucket, &input.upload_id);
    let parts = ctx.records::<PartRecord>(PARTS).all(&prefix).await?;
    let mut batch = Batch::new();
    batch.remove(UPLOADS, found.key, found.expect);
    batch.remove_prefixes.push((PARTS.to_owned(), prefix));
    let discarded = parts.into_iter().map(|part| part.value.blob).collect();
    Ok(Reply::with(Nothing {}, batch).after(s3.discard(discarded)))
}
