//! `DeleteBucketTagging`

use service::{Ctx, Reply};

use super::{Nothing, OfBucket, change_bucket};
use crate::{Error, S3};

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: OfBucket) -> Result<Reply<Nothing>, Error> {
    change_bucket(ctx, &input.bucket, |bucket| bucket.tags.clear()).await
}
