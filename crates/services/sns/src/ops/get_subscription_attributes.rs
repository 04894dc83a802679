//! `GetSubscriptionAttributes`.

use crate::Sns;
use crate::error::Error;
use crate::records::find_subscription;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    subscription_arn: String,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let subscription = find_subscription(ctx, &input.subscription_arn).await?.value;
    let mut attributes = subscription.attributes;
    let computed = [
        ("SubscriptionArn", subscription.arn),
        ("TopicArn", subscription.topic_arn),
        ("Owner", subscription.owner.clone()),
        ("Protocol", subscription.protocol),
        ("Endpoint", subscription.endpoint),
        ("PendingConfirmation", "false".to_owned()),
        ("ConfirmationWasAuthenticated", "true".to_owned()),
        ("SubscriptionPrincipal", format!("arn:aws:iam::{}:root", subscription.owner)),
    ];
    attributes.extend(computed.map(|(name, value)| (name.to_owned(), value)));
    attributes.entry("RawMessageDelivery".to_owned()).or_insert_with(|| "false".to_owned());
    Ok(Reply::new(json!({"Attributes": attributes})))
}
