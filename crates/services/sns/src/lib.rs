//! Amazon SNS: topics, subscriptions, durable deliveries to queues, functions, web endpoints and e-mail.
//!
//! **Invariant:** a published message's deliveries are durable work items, committed with the message; each item's key is
//! the effect key of the call that delivers it.
//!
//! Every message is also a line of the server's log (target `notify`), and the last hundred of each topic are kept: who
//! subscribes nobody still finds out.
//!
//! Different from AWS: subscriptions are confirmed at once (no mail could bring a link that reaches a private machine),
//! notifications are not signed, and there is no `https`, SMS or mobile push.

mod attributes;
mod deliver;
mod error;
mod filter;
mod listing;
mod ops;
mod publish;
mod records;
mod tags;

use records::{TOPIC, Topic};
use service::{AwsError, Ctx, Operation, PrincipalKind, Service, WorkItem, WorkOutcome, operation};
use std::path::PathBuf;
use std::sync::LazyLock;
use wire::Model;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_str!("../model.json")).expect("the model in this crate can be read")
});

/// The service.
pub struct Sns {
    pub(crate) web: deliver::Web,
    pub(crate) sendmail: Option<PathBuf>,
}

impl Sns {
    /// The service. `sendmail` is the program e-mails are piped to; without one they are only logged.
    pub fn new(sendmail: Option<PathBuf>) -> Self {
        Self { web: deliver::client(), sendmail }
    }
}

static OPERATIONS: &[Operation<Sns>] = &[
    operation!("AddPermission", ops::add_permission, "{TopicArn}"),
    operation!("ConfirmSubscription", ops::confirm_subscription, "{TopicArn}"),
    operation!("CreateTopic", ops::create_topic, "arn:aws:sns:{region}:{account}:{Name}"),
    operation!("DeleteTopic", ops::delete_topic, "{TopicArn}"),
    operation!("GetSubscriptionAttributes", ops::get_subscription_attributes, "{SubscriptionArn}"),
    operation!("GetTopicAttributes", ops::get_topic_attributes, "{TopicArn}"),
    operation!("ListSubscriptions", ops::list_subscriptions, "*"),
    operation!("ListSubscriptionsByTopic", ops::list_subscriptions_by_topic, "{TopicArn}"),
    operation!("ListTagsForResource", ops::list_tags_for_resource, "{ResourceArn}"),
    operation!("ListTopics", ops::list_topics, "*"),
    operation!("Publish", ops::publish, "{TopicArn}"),
    operation!("PublishBatch", ops::publish_batch, "{TopicArn}", action "sns:Publish"),
    operation!("RemovePermission", ops::remove_permission, "{TopicArn}"),
    operation!("SetSubscriptionAttributes", ops::set_subscription_attributes, "{SubscriptionArn}"),
    operation!("SetTopicAttributes", ops::set_topic_attributes, "{TopicArn}"),
    operation!("Subscribe", ops::subscribe, "{TopicArn}"),
    operation!("TagResource", ops::tag_resource, "{ResourceArn}"),
    operation!("Unsubscribe", ops::unsubscribe, "{SubscriptionArn}"),
    operation!("UntagResource", ops::untag_resource, "{ResourceArn}"),
];

/// Shapes and operations, for clients.
pub fn model() -> &'static Model {
    &MODEL
}

#[async_trait::async_trait]
impl Service for Sns {
    service::by_table!("sns", MODEL, OPERATIONS);

    fn resource_arn(
        &self,
        _ctx: &Ctx,
        operation: &str,
        input: &serde_json::Value,
    ) -> Option<String> {
        // A topic can be named in either member: a policy must not be evaded by the choice.
        let member = |name: &str| input.get(name).and_then(serde_json::Value::as_str);
        (operation == "Publish")
            .then(|| member("TopicArn").or_else(|| member("TargetArn")))
            .flatten()
            .map(str::to_owned)
    }

    async fn resource_policy(&self, ctx: &Ctx, resource: &str) -> Result<Option<String>, AwsError> {
        let topic = ctx.records::<Topic>(TOPIC).get(resource).await?;
        let policy = topic.and_then(|topic| topic.value.attributes.get("Policy").cloned());
        // AWS: a topic without a policy of its own admits its account's alarms: the default policy asks for
        // AWS:SourceOwner, which only CloudWatch sets.
        let is_alarm =
            ctx.principal.kind == PrincipalKind::Service("cloudwatch.amazonaws.com".to_owned());
        Ok(policy.or_else(|| {
            is_alarm.then(|| {
                serde_json::json!({"Statement": [{
                    "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
                    "Action": "sns:Publish", "Resource": resource,
                }]})
                .to_string()
            })
        }))
    }

    async fn work(&self, ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
        deliver::deliver(self, ctx, item).await
    }
}
