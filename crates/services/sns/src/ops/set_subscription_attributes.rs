//! `SetSubscriptionAttributes`.

use crate::Sns;
use crate::error::Error;
use crate::filter;
use crate::records::{SUBSCRIPTION, find_subscription};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

/// Attributes that may be set.
const SETTABLE: [&str; 7] = [
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "ReplayPolicy",
    "SubscriptionRoleArn",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    subscription_arn: String,
    attribute_name: String,
    attribute_value: Option<String>,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find_subscription(ctx, &input.subscription_arn).await?;
    if !SETTABLE.contains(&input.attribute_name.as_str()) {
        return Err(Error::Invalid("AttributeName".to_owned()));
    }
    let mut subscription = found.value;
    match input.attribute_value.filter(|value| !value.is_empty()) {
        Some(value) => {
            if input.attribute_name == "FilterPolicy"
                && let Some(problem) = filter::problem(&value)
            {
                return Err(Error::Invalid(problem));
            }
            subscription.attributes.insert(input.attribute_name, value);
        }
        None => {
            subscription.attributes.remove(&input.attribute_name);
        }
    }
    let mut batch = Batch::new();
    batch.put(SUBSCRIPTION, &found.key, &subscription, found.expect);
    Ok(Reply::with(json!({}), batch))
}
