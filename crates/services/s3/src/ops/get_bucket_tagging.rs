//! `GetBucketTagging`

use service::{Ctx, Reply};

use super::{OfBucket, bucket};
use crate::tags::TagSet;
use crate::{Error, S3};

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: OfBucket) -> Result<Reply<TagSet>, Error> {
    let tags = bucket(ctx, &input.bucket).await?.value.tags;
    if tags.is_empty() {
        return Err(Error::NoSetting {
            code: "NoSuchTagSet",
            message: "The TagSet does not exist",
        });
    }
    Ok(Reply::new(TagSet::of(&tags)))
}
