//! Amazon EventBridge Scheduler: schedules with time zones, groups, and calls of any service when they fire.
//!
//! **Invariant:** a schedule is one durable work item whose due time is its next firing. Firing commits, in one batch, a
//! delivery and the item's next due time: no firing is lost, none happens twice.
//!
//! A machine that sleeps misses firings. The tag `refit:missed-runs` of the schedule's group says what to do with them then:
//! `latest` (the default: one firing, for the last instant missed), `all`, or `skip`.

mod deliver;
mod error;
mod firing;
mod ops;
mod records;
mod target;
mod wish;

use serde_json::Value;
use service::{AwsError, Ctx, Operation, Service, WorkItem, WorkOutcome, operation};
use std::sync::LazyLock;
use wire::Model;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_str!("../model.json")).expect("the model in this crate can be read")
});

/// The service. It keeps nothing in memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scheduler;

static OPERATIONS: &[Operation<Scheduler>] = &[
    operation!("CreateSchedule", ops::create_schedule, "arn:aws:scheduler:{region}:{account}:schedule/{GroupName}/{Name}", pass "Target.RoleArn"),
    operation!(
        "CreateScheduleGroup",
        ops::create_schedule_group,
        "arn:aws:scheduler:{region}:{account}:schedule-group/{Name}"
    ),
    operation!(
        "DeleteSchedule",
        ops::delete_schedule,
        "arn:aws:scheduler:{region}:{account}:schedule/{GroupName}/{Name}"
    ),
    operation!(
        "DeleteScheduleGroup",
        ops::delete_schedule_group,
        "arn:aws:scheduler:{region}:{account}:schedule-group/{Name}"
    ),
    operation!(
        "GetSchedule",
        ops::get_schedule,
        "arn:aws:scheduler:{region}:{account}:schedule/{GroupName}/{Name}"
    ),
    operation!(
        "GetScheduleGroup",
        ops::get_schedule_group,
        "arn:aws:scheduler:{region}:{account}:schedule-group/{Name}"
    ),
    operation!("ListScheduleGroups", ops::list_schedule_groups, "*"),
    operation!("ListSchedules", ops::list_schedules, "*"),
    operation!("ListTagsForResource", ops::list_tags_for_resource, "{ResourceArn}"),
    operation!("TagResource", ops::tag_resource, "{ResourceArn}"),
    operation!("UntagResource", ops::untag_resource, "{ResourceArn}"),
    operation!("UpdateSchedule", ops::update_schedule, "arn:aws:scheduler:{region}:{account}:schedule/{GroupName}/{Name}", pass "Target.RoleArn"),
];

/// Shapes and operations, for clients.
pub fn model() -> &'static Model {
    &MODEL
}

#[async_trait::async_trait]
impl Service for Scheduler {
    service::by_table!("scheduler", MODEL, OPERATIONS);

    fn resource_arn(&self, ctx: &Ctx, operation: &str, input: &Value) -> Option<String> {
        let is_schedule = matches!(
            operation,
            "CreateSchedule" | "UpdateSchedule" | "GetSchedule" | "DeleteSchedule"
        );
        let text = |member: &str| input.get(member).and_then(Value::as_str);
        let group = records::group_name(text("GroupName"));
        Some(records::schedule_arn(ctx, group, text("Name")?)).filter(|_| is_schedule)
    }

    async fn start(&self, ctx: &Ctx) -> Result<(), AwsError> {
        firing::recover(ctx).await
    }

    async fn work(&self, ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
        match item.kind.as_str() {
            firing::WORK => firing::fire(ctx, item).await,
            deliver::WORK => deliver::deliver(ctx, item).await,
            other => Err(service::unknown_kind(other)),
        }
    }
}
