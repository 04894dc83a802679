//! Amazon EventBridge: buses, rules, targets, schedules that fire, events that are matched and delivered.
//!
//! **Invariant:** a rule's schedule is one durable work item whose due time is the next firing. Firing commits, in one
//! batch, a delivery for every target and the item's next due time: no firing is lost, none happens twice.
//!
//! **Invariant:** a delivery is a durable work item too; its key is the effect key of the target's call.
//!
//! **Invariant:** secrets of connections are in records of their own, which no operation answers.
//!
//! A machine that sleeps misses firings. The rule's tag `refit:missed-runs` says what to do with them then:
//! `latest` (the default: one firing, for the last instant missed), `all`, or `skip`.

mod access;
mod connection;
mod deliver;
mod destination;
mod error;
mod event;
mod interest;
mod listing;
mod ops;
mod records;
mod schedule;
mod tags;
mod target;

use serde_json::Value;
use service::{
    AwsError, ConnectionParameters, Ctx, Operation, Service, WorkItem, WorkOutcome, operation,
};
use std::sync::LazyLock;
use wire::Model;

pub use schedule::next_firing_ms;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_str!("../model.json")).expect("the model in this crate can be read")
});

/// The service. It keeps nothing in memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Events;

static OPERATIONS: &[Operation<Events>] = &[
    operation!(
        "CreateApiDestination",
        ops::create_api_destination,
        "arn:aws:events:{region}:{account}:api-destination/{Name}"
    ),
    operation!(
        "CreateConnection",
        ops::create_connection,
        "arn:aws:events:{region}:{account}:connection/{Name}"
    ),
    operation!(
        "CreateEventBus",
        ops::create_event_bus,
        "arn:aws:events:{region}:{account}:event-bus/{Name}"
    ),
    operation!(
        "DeauthorizeConnection",
        ops::deauthorize_connection,
        "arn:aws:events:{region}:{account}:connection/{Name}"
    ),
    operation!(
        "DeleteApiDestination",
        ops::delete_api_destination,
        "arn:aws:events:{region}:{account}:api-destination/{Name}"
    ),
    operation!(
        "DeleteConnection",
        ops::delete_connection,
        "arn:aws:events:{region}:{account}:connection/{Name}"
    ),
    operation!(
        "DeleteEventBus",
        ops::delete_event_bus,
        "arn:aws:events:{region}:{account}:event-bus/{Name}"
    ),
    operation!("DeleteRule", ops::delete_rule, "arn:aws:events:{region}:{account}:rule/{Name}"),
    operation!(
        "DescribeApiDestination",
        ops::describe_api_destination,
        "arn:aws:events:{region}:{account}:api-destination/{Name}"
    ),
    operation!(
        "DescribeConnection",
        ops::describe_connection,
        "arn:aws:events:{region}:{account}:connection/{Name}"
    ),
    operation!(
        "DescribeEventBus",
        ops::describe_event_bus,
        "arn:aws:events:{region}:{account}:event-bus/{Name}"
    ),
    operation!("DescribeRule", ops::describe_rule, "arn:aws:events:{region}:{account}:rule/{Name}"),
    operation!("DisableRule", ops::disable_rule, "arn:aws:events:{region}:{account}:rule/{Name}"),
    operation!("EnableRule", ops::enable_rule, "arn:aws:events:{region}:{account}:rule/{Name}"),
    operation!("ListApiDestinations", ops::list_api_destinations, "*"),
    operation!("ListConnections", ops::list_connections, "*"),
    operation!("ListEventBuses", ops::list_event_buses, "*"),
    operation!("ListRuleNamesByTarget", ops::list_rule_names_by_target, "*"),
    operation!("ListRules", ops::list_rules, "*"),
    operation!("ListTagsForResource", ops::list_tags_for_resource, "{ResourceARN}"),
    operation!(
        "ListTargetsByRule",
        ops::list_targets_by_rule,
        "arn:aws:events:{region}:{account}:rule/{Rule}"
    ),
    operation!("PutEvents", ops::put_events, "*"),
    operation!("PutRule", ops::put_rule, "arn:aws:events:{region}:{account}:rule/{Name}", pass "RoleArn"),
    operation!("PutTargets", ops::put_targets, "arn:aws:events:{region}:{account}:rule/{Rule}"),
    operation!(
        "RemoveTargets",
        ops::remove_targets,
        "arn:aws:events:{region}:{account}:rule/{Rule}"
    ),
    operation!("TagResource", ops::tag_resource, "{ResourceARN}"),
    operation!("TestEventPattern", ops::test_event_pattern, "*"),
    operation!("UntagResource", ops::untag_resource, "{ResourceARN}"),
    operation!(
        "UpdateApiDestination",
        ops::update_api_destination,
        "arn:aws:events:{region}:{account}:api-destination/{Name}"
    ),
    operation!(
        "UpdateConnection",
        ops::update_connection,
        "arn:aws:events:{region}:{account}:connection/{Name}"
    ),
];

/// Shapes and operations, for clients.
pub fn model() -> &'static Model {
    &MODEL
}

#[async_trait::async_trait]
impl Service for Events {
    service::by_table!("events", MODEL, OPERATIONS);

    fn resource_arn(&self, ctx: &Ctx, operation: &str, input: &Value) -> Option<String> {
        access::resource(ctx, operation, input)
    }

    async fn connection(
        &self,
        ctx: &Ctx,
        arn: &str,
        renew: bool,
    ) -> Result<ConnectionParameters, AwsError> {
        Ok(connection::retrieve(ctx, arn, renew).await?)
    }

    async fn start(&self, ctx: &Ctx) -> Result<(), AwsError> {
        interest::recover(ctx).await?;
        schedule::recover(ctx).await
    }

    async fn work(&self, ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
        match item.kind.as_str() {
            schedule::WORK => schedule::fire(ctx, item).await,
            deliver::WORK => deliver::deliver(ctx, item).await,
            connection::WORK => connection::token::authorise(ctx, item).await,
            other => Err(service::unknown_kind(other)),
        }
    }
}
