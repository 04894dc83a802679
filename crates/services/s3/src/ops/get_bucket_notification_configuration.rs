//! `GetBucketNotificationConfiguration`

use serde_json::{Value, json};
use service::{Ctx, Reply};

use super::{OfBucket, bucket};
use crate::{Error, S3};

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: OfBucket) -> Result<Reply<Value>, Error> {
    let notification = bucket(ctx, &input.bucket).await?.value.notification;
    Ok(Reply::new(notification.unwrap_or_else(|| json!({}))))
}
