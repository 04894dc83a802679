//! `ListSubscriptionsByTopic`.

use crate::Sns;
use crate::error::Error;
use crate::listing::page;
use crate::records::find_topic;
use serde::Deserialize;
use serde_json::Value;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
    next_token: Option<String>,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let topic = find_topic(ctx, &input.topic_arn).await?.value;
    page(ctx, &format!("{}:", topic.arn), input.next_token.as_deref()).await
}
