//! `SetSubscriptionAttributes`.

use crate::Sns;
use crate::attributes::check_subscription;
use crate::error::Error;

use crate::records::{SUBSCRIPTION, find_subscription};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    subscription_arn: String,
    attribute_name: String,
    attribute_value: Option<String>,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find_subscription(ctx, &input.subscription_arn).await?;
    let mut subscription = found.value;
    match input.attribute_value.filter(|value| !value.is_empty()) {
        Some(value) => {
            subscription.attributes.insert(input.attribute_name, value);
        }
        None => {
            subscription.attributes.remove(&input.attribute_name);
        }
    }
    check_subscription(&subscription.protocol, &subscription.attributes)?;
    let mut batch = Batch::new();
    batch.put(SUBSCRIPTION, &found.key, &subscription, found.expect);
    Ok(Reply::with(json!({}), batch))
}
