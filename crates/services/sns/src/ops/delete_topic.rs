//! `DeleteTopic`: with its subscriptions; deleting what is not there is fine.

use crate::Sns;
use crate::error::Error;
use crate::records::{DEDUPLICATION, MESSAGE, SUBSCRIPTION, TOPIC};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
}

pub(crate) async fn run(_: &Sns, _: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let arn = input.topic_arn;
    let mut batch = Batch::new();
    batch.remove(TOPIC, &arn, Expect::Any);
    batch.remove_prefixes.push((SUBSCRIPTION.to_owned(), format!("{arn}:")));
    batch.remove_prefixes.push((MESSAGE.to_owned(), format!("{arn}/")));
    batch.remove_prefixes.push((DEDUPLICATION.to_owned(), format!("{arn}/")));
    Ok(Reply::with(json!({}), batch))
}
