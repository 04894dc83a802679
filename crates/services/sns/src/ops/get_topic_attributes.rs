//! `GetTopicAttributes`.

use crate::Sns;
use crate::error::Error;
use crate::records::{find_topic, subscriptions};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};

// AWS: the delivery policy that applies where none was set.
const EFFECTIVE_DELIVERY_POLICY: &str = r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}"#;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let topic = find_topic(ctx, &input.topic_arn).await?.value;
    let confirmed = subscriptions(ctx, &topic.arn).await?.len();
    let mut attributes = topic.attributes.clone();
    let computed = [
        ("TopicArn", topic.arn.clone()),
        ("Owner", ctx.account().to_owned()),
        ("Policy", topic.policy()),
        ("SubscriptionsConfirmed", confirmed.to_string()),
        ("SubscriptionsPending", "0".to_owned()),
        ("SubscriptionsDeleted", "0".to_owned()),
        ("EffectiveDeliveryPolicy", EFFECTIVE_DELIVERY_POLICY.to_owned()),
    ];
    attributes.extend(computed.map(|(name, value)| (name.to_owned(), value)));
    attributes.entry("DisplayName".to_owned()).or_default();
    Ok(Reply::new(json!({"Attributes": attributes})))
}
