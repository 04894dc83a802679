//! `DeleteBucketEncryption`: back to the encryption that every bucket has.

use service::{Ctx, Reply};

use super::{Nothing, OfBucket, change_bucket};
use crate::records::Encryption;
use crate::{Error, S3};

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: OfBucket) -> Result<Reply<Nothing>, Error> {
    change_bucket(ctx, &input.bucket, |bucket| bucket.encryption = Encryption::default()).await
}
