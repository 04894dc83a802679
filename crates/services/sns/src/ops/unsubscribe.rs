//! `Unsubscribe`: what is not there is fine.

use crate::Sns;
use crate::error::Error;
use crate::records::SUBSCRIPTION;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    subscription_arn: String,
}

pub(crate) async fn run(_: &Sns, _: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let mut batch = Batch::new();
    batch.remove(SUBSCRIPTION, input.subscription_arn, Expect::Any);
    Ok(Reply::with(json!({}), batch))
}
