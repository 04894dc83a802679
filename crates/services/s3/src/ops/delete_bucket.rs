//! `DeleteBucket`

use service::{Ctx, Reply};
use store::{Batch, Scan};

use super::{Nothing, OfBucket, bucket};
use crate::records::{
    BUCKETS, OBJECTS, ObjectRecord, PARTS, PartRecord, UPLOADS, VERSIONS, within,
};
use crate::{Error, S3};

pub(crate) async fn run(s3: &S3, ctx: &Ctx, input: OfBucket) -> Result<Reply<Nothing>, Error> {
    let found = bucket(ctx, &input.bucket).await?;
    let prefix = within(&input.bucket, "");
    let objects = ctx.records::<ObjectRecord>(OBJECTS).scan(Scan::of(OBJECTS, &prefix, 1)).await?;
    if !objects.0.is_empty() {
        return Err(Error::BucketNotEmpty(input.bucket));
    }
    let parts = ctx.records::<PartRecord>(PARTS).all(&prefix).await?;
    let discarded = parts.into_iter().map(|part| part.value.blob).collect();
    let mut batch = Batch::new();
    batch.remove(BUCKETS, &input.bucket, found.expect);
    // Also what a request that was under way may have written since.
    for kind in [OBJECTS, VERSIONS, UPLOADS, PARTS] {
        batch.remove_prefixes.push((kind.to_owned(), prefix.clone()));
    }
    Ok(Reply::with(Nothing {}, batch).after(s3.discard(discarded)))
}
