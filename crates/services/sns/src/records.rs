//! What is stored: topics, subscriptions, and the last messages of each topic.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{Arn, Ctx, Found};
use std::collections::BTreeMap;

/// Record kind of [`Topic`]; the key is the ARN.
pub(crate) const TOPIC: &str = "sns/topic";
/// Record kind of [`Subscription`]; the key is the ARN, which begins with the topic's.
pub(crate) const SUBSCRIPTION: &str = "sns/subscription";
/// Record kind of [`Message`]; the key is the topic's ARN, `/` and the number in 15 digits.
pub(crate) const MESSAGE: &str = "sns/message";
/// Record kind of the deduplication ids of FIFO topics; the key is the topic's ARN, `/` and the id.
pub(crate) const DEDUPLICATION: &str = "sns/deduplication";
/// How many messages of a topic are kept to be looked at.
pub(crate) const KEPT_MESSAGES: u64 = 100;

/// A topic.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Topic {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// Attributes that were set, under AWS's names.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    /// How many messages have been published.
    pub(crate) published: u64,
}

/// A subscription. It is confirmed from the start: see the crate's documentation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) arn: String,
    pub(crate) topic_arn: String,
    pub(crate) protocol: String,
    pub(crate) endpoint: String,
    pub(crate) owner: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

/// A published message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) topic_arn: String,
    pub(crate) subject: Option<String>,
    pub(crate) text: String,
    /// The text per protocol, when the publisher gave several.
    pub(crate) by_protocol: BTreeMap<String, String>,
    pub(crate) attributes: BTreeMap<String, Attribute>,
    pub(crate) published_ms: i64,
    pub(crate) group_id: Option<String>,
    pub(crate) deduplication_id: Option<String>,
    pub(crate) sequence_number: Option<String>,
}

/// A message attribute; binary values are base64.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Attribute {
    pub(crate) data_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) string_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) binary_value: Option<String>,
}

impl Topic {
    /// Whether order and deduplication hold.
    pub(crate) fn is_fifo(&self) -> bool {
        self.attributes.get("FifoTopic").is_some_and(|value| value == "true")
    }

    /// The policy: what was set, else AWS's default.
    pub(crate) fn policy(&self) -> String {
        self.attributes.get("Policy").cloned().unwrap_or_else(|| {
            let account = self.arn.split(':').nth(4).unwrap_or_default();
            json!({
                "Version": "2008-10-17",
                "Id": "__default_policy_ID",
                "Statement": [{
                    "Sid": "__default_statement_ID",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": [
                        "SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission",
                        "SNS:RemovePermission", "SNS:DeleteTopic", "SNS:Subscribe",
                        "SNS:ListSubscriptionsByTopic", "SNS:Publish"
                    ],
                    "Resource": self.arn,
                    "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
                }],
            })
            .to_string()
        })
    }
}

/// The topic of an ARN.
pub(crate) async fn find_topic(ctx: &Ctx, arn: &str) -> Result<Found<Topic>, Error> {
    let parsed = Arn::parse(arn).map_err(|_| Error::Invalid("TopicArn".to_owned()))?;
    if parsed.service != "sns" || parsed.resource.contains(':') || parsed.region != ctx.region {
        return Err(Error::Invalid("TopicArn".to_owned()));
    }
    ctx.records::<Topic>(TOPIC).get(arn).await?.ok_or(Error::NoTopic)
}

/// The subscription of an ARN.
pub(crate) async fn find_subscription(ctx: &Ctx, arn: &str) -> Result<Found<Subscription>, Error> {
    ctx.records::<Subscription>(SUBSCRIPTION).get(arn).await?.ok_or(Error::NoSubscription)
}

/// All subscriptions of a topic.
pub(crate) async fn subscriptions(ctx: &Ctx, topic_arn: &str) -> Result<Vec<Subscription>, Error> {
    let found = ctx.records::<Subscription>(SUBSCRIPTION).all(&format!("{topic_arn}:")).await?;
    Ok(found.into_iter().map(|found| found.value).collect())
}

/// A subscription as it is listed.
pub(crate) fn view(subscription: &Subscription) -> Value {
    json!({
        "SubscriptionArn": subscription.arn,
        "TopicArn": subscription.topic_arn,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "Owner": subscription.owner,
    })
}
