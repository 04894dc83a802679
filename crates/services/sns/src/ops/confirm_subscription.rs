//! `ConfirmSubscription`: subscriptions are confirmed from the start, so no token is ever handed out.

use crate::Sns;
use crate::error::Error;
use crate::records::find_topic;
use serde::Deserialize;
use serde_json::Value;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    find_topic(ctx, &input.topic_arn).await?;
    Err(Error::Invalid("Token".to_owned()))
}
