//! AWS Step Functions: state machines, executions, activities, and the integrations with other services.
//!
//! **Invariant:** an execution acts with its role, never with the server's permissions: every task becomes a call with
//! the session that Step Functions gets for the role.
//!
//! **Invariant:** a task's request carries the effect key the driver gave, so it takes place once, whatever crashes.
//!
//! **Invariant:** nothing polls. Who waits for a job or an execution listens for its bell, then looks.

mod aliases;
mod announce;
mod arns;
mod config;
mod definition;
mod deletion;
mod error;
mod execution;
mod execution_log;
mod forget;
mod integration;
mod json_fault;
mod map_run;
mod names;
mod ops;
mod pollers;
mod ready;
mod records;
mod redrive;
mod registered;
mod role;
mod tagged;
mod tags;
mod tasks;
mod trial;
mod versions;

use driver::Executions;
use service::{AwsError, Ctx, Kit, Operation, Service, WorkItem, WorkOutcome, operation};
use std::sync::{Arc, LazyLock};
use wire::Model;

pub use map_run::read_items;
pub use tasks::Tasks;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_str!("../model.json")).expect("the model in this crate can be read")
});

/// Shapes and operations, for clients.
pub fn model() -> &'static Model {
    &MODEL
}

/// For how many days executions are kept after their end, unless somebody wants otherwise.
// AWS: quotas page: execution history retention time, 90 days.
pub const KEEP_DAYS: u32 = 90;

/// The service.
pub struct States {
    pub(crate) executions: Executions,
    pub(crate) pollers: pollers::Pollers,
    pub(crate) registered: registered::Registered,
    /// Machines as starts need them.
    pub(crate) ready: ready::Machines,
    /// How long executions are kept after their end.
    pub(crate) keep_days: u32,
}

impl States {
    /// The service over live executions. Joins [`Tasks`] to them, so nobody else must.
    ///
    /// # Panics
    /// When the executions have a task handler already.
    pub fn new(kit: &Arc<Kit>, executions: Executions) -> Arc<Self> {
        Self::with_tasks(Tasks::new(kit), executions)
    }

    /// The service, whose executions have their tasks carried out like this.
    ///
    /// # Panics
    /// When the executions have a task handler already.
    pub fn with_tasks(tasks: Tasks, executions: Executions) -> Arc<Self> {
        Self::keeping(tasks, executions, KEEP_DAYS)
    }

    /// The same, with executions kept for so many days after their end.
    ///
    /// # Panics
    /// When the executions have a task handler already.
    pub fn keeping(tasks: Tasks, executions: Executions, keep_days: u32) -> Arc<Self> {
        executions.join(Arc::new(tasks));
        let (pollers, registered, ready) = Default::default();
        Arc::new(Self { executions, pollers, registered, ready, keep_days })
    }
}

static OPERATIONS: &[Operation<States>] = &[
    operation!(
        "CreateActivity",
        ops::create_activity,
        "arn:aws:states:{region}:{account}:activity:{name}"
    ),
    operation!("CreateStateMachine", ops::create_state_machine, "arn:aws:states:{region}:{account}:stateMachine:{name}", pass "roleArn"),
    operation!("CreateStateMachineAlias", ops::create_state_machine_alias, "*"),
    operation!("DeleteActivity", ops::delete_activity, "{activityArn}"),
    operation!("DeleteStateMachine", ops::delete_state_machine, "{stateMachineArn}"),
    operation!(
        "DeleteStateMachineAlias",
        ops::delete_state_machine_alias,
        "{stateMachineAliasArn}"
    ),
    operation!(
        "DeleteStateMachineVersion",
        ops::delete_state_machine_version,
        "{stateMachineVersionArn}"
    ),
    operation!("DescribeActivity", ops::describe_activity, "{activityArn}"),
    operation!("DescribeExecution", ops::describe_execution, "{executionArn}"),
    operation!("DescribeMapRun", ops::describe_map_run, "{mapRunArn}"),
    operation!("DescribeStateMachine", ops::describe_state_machine, "{stateMachineArn}"),
    operation!(
        "DescribeStateMachineAlias",
        ops::describe_state_machine_alias,
        "{stateMachineAliasArn}"
    ),
    operation!(
        "DescribeStateMachineForExecution",
        ops::describe_state_machine_for_execution,
        "{executionArn}"
    ),
    operation!("GetActivityTask", ops::get_activity_task, "{activityArn}"),
    operation!("GetExecutionHistory", ops::get_execution_history, "{executionArn}"),
    operation!("ListActivities", ops::list_activities, "*"),
    operation!("ListExecutions", ops::list_executions, "{stateMachineArn}"),
    operation!("ListMapRuns", ops::list_map_runs, "{executionArn}"),
    operation!("ListStateMachineAliases", ops::list_state_machine_aliases, "{stateMachineArn}"),
    operation!("ListStateMachineVersions", ops::list_state_machine_versions, "{stateMachineArn}"),
    operation!("ListStateMachines", ops::list_state_machines, "*"),
    operation!("ListTagsForResource", ops::list_tags_for_resource, "{resourceArn}"),
    operation!(
        "PublishStateMachineVersion",
        ops::publish_state_machine_version,
        "{stateMachineArn}"
    ),
    operation!("RedriveExecution", ops::redrive_execution, "{executionArn}"),
    operation!("SendTaskFailure", ops::send_task_failure, "*"),
    operation!("SendTaskHeartbeat", ops::send_task_heartbeat, "*"),
    operation!("SendTaskSuccess", ops::send_task_success, "*"),
    operation!("StartExecution", ops::start_execution, "{stateMachineArn}"),
    operation!("StartSyncExecution", ops::start_sync_execution, "{stateMachineArn}"),
    operation!("StopExecution", ops::stop_execution, "{executionArn}"),
    operation!("TagResource", ops::tag_resource, "{resourceArn}"),
    operation!("TestState", ops::test_state, "*", pass "roleArn"),
    operation!("UntagResource", ops::untag_resource, "{resourceArn}"),
    operation!("UpdateMapRun", ops::update_map_run, "{mapRunArn}"),
    operation!("UpdateStateMachine", ops::update_state_machine, "{stateMachineArn}", pass "roleArn"),
    operation!(
        "UpdateStateMachineAlias",
        ops::update_state_machine_alias,
        "{stateMachineAliasArn}"
    ),
    operation!("ValidateStateMachineDefinition", ops::validate_state_machine_definition, "*"),
];

#[async_trait::async_trait]
impl Service for States {
    service::by_table!("states", MODEL, OPERATIONS);

    async fn start(&self, ctx: &Ctx) -> Result<(), AwsError> {
        forget::start(ctx).await
    }

    async fn work(&self, ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
        match item.kind.as_str() {
            announce::WORK => announce::run(ctx, item).await,
            forget::WORK => forget::run(self, ctx, item).await,
            forget::DEFINITIONS_WORK => forget::run_definitions(self, ctx, item).await,
            deletion::WORK => deletion::run(self, ctx, item).await,
            driver::CANCEL_TASK_WORK => integration::cancel(ctx, item).await,
            other => Err(service::unknown_kind(other)),
        }
    }
}
