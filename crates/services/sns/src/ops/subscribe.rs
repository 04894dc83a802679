//! `Subscribe`. Endpoints are confirmed at once.

use crate::Sns;
use crate::attributes::check_subscription;
use crate::error::Error;
use crate::records::{SUBSCRIPTION, Subscription, TOPIC, find_topic, subscriptions};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use std::collections::BTreeMap;
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
    protocol: String,
    endpoint: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

pub(crate) async fn run(_: &Sns, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let found = find_topic(ctx, &input.topic_arn).await?;
    let topic = found.value;
    let endpoint = input.endpoint.unwrap_or_default();
    check_endpoint(&input.protocol, &endpoint)?;
    check_subscription(&input.protocol, &input.attributes)?;
    // AWS: which topics go with which queues.
    if topic.is_fifo() && input.protocol != "sqs" {
        return Err(Error::Invalid(
            "Endpoint Reason: FIFO topics deliver to queues only".to_owned(),
        ));
    }
    if !topic.is_fifo() && input.protocol == "sqs" && endpoint.strip_suffix(".fifo").is_some() {
        return Err(Error::Invalid(
            "Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
                .to_owned(),
        ));
    }
    let existing = subscriptions(ctx, &topic.arn).await?.into_iter().find(|subscription| {
        subscription.protocol == input.protocol && subscription.endpoint == endpoint
    });
    if let Some(existing) = existing {
        if existing.attributes != input.attributes && !input.attributes.is_empty() {
            return Err(Error::Invalid(
                "Attributes Reason: Subscription already exists with different attributes"
                    .to_owned(),
            ));
        }
        return Ok(Reply::new(json!({"SubscriptionArn": existing.arn})));
    }
    let subscription = Subscription {
        arn: format!("{}:{}", topic.arn, ctx.uuid()),
        topic_arn: topic.arn.clone(),
        protocol: input.protocol,
        endpoint,
        owner: ctx.account().to_owned(),
        attributes: input.attributes,
    };
    let mut batch = Batch::new();
    // The topic is written too: of two equal subscriptions at once one sees the other, and a topic that is being deleted
    // gets none.
    batch.put(TOPIC, &found.key, &topic, found.expect);
    batch.put(SUBSCRIPTION, &subscription.arn, &subscription, Expect::Absent);
    Ok(Reply::with(json!({"SubscriptionArn": subscription.arn}), batch))
}

fn check_endpoint(protocol: &str, endpoint: &str) -> Result<(), Error> {
    let is_valid = match protocol {
        "sqs" => endpoint.starts_with("arn:aws:sqs:"),
        "lambda" => endpoint.starts_with("arn:aws:lambda:"),
        "http" => endpoint.starts_with("http://"),
        "email" | "email-json" => endpoint.contains('@') && !endpoint.contains(['\r', '\n', ' ']),
        "https" => {
            return Err(Error::Invalid(
                "Protocol Reason: refit does not deliver by https; use http, sqs, lambda or email"
                    .to_owned(),
            ));
        }
        "sms" | "application" | "firehose" => {
            return Err(Error::Invalid(format!(
                "Protocol Reason: refit does not deliver by {protocol}"
            )));
        }
        _ => {
            return Err(Error::Invalid(format!(
                "Does not support this protocol string: {protocol}"
            )));
        }
    };
    if is_valid { Ok(()) } else { Err(Error::Invalid(format!("{protocol} endpoint"))) }
}
