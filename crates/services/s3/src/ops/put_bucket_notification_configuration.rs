//! `PutBucketNotificationConfiguration`: only what asks for no notification. refit sends none yet, and a bucket that
//! silently notified nobody would be worse than an error.

use serde::Deserialize;
use serde_json::Value;
use service::{Ctx, Reply};

use super::{Nothing, change_bucket};
use crate::{Error, S3};

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    #[serde(default)]
    pub(crate) notification_configuration: Value,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let asks = input.notification_configuration.as_object().is_some_and(|configuration| {
        configuration.values().any(|member| match member {
            Value::Array(members) => !members.is_empty(),
            Value::Object(_) => true,
            _ => false,
        })
    });
    if asks {
        return Err(Error::NotImplemented(
            "refit does not send notifications of buckets; only an empty configuration is accepted",
        ));
    }
    change_bucket(ctx, &input.bucket, |bucket| bucket.notification = None).await
}
