//! One file per operation; [`crate::States`]'s table names them.

pub(crate) mod create_activity;
pub(crate) mod create_state_machine;
pub(crate) mod create_state_machine_alias;
pub(crate) mod delete_activity;
pub(crate) mod delete_state_machine;
pub(crate) mod delete_state_machine_alias;
pub(crate) mod delete_state_machine_version;
pub(crate) mod describe_activity;
pub(crate) mod describe_execution;
pub(crate) mod describe_map_run;
pub(crate) mod describe_state_machine;
pub(crate) mod describe_state_machine_alias;
pub(crate) mod describe_state_machine_for_execution;
pub(crate) mod get_activity_task;
pub(crate) mod get_execution_history;
pub(crate) mod list_activities;
pub(crate) mod list_executions;
pub(crate) mod list_map_runs;
pub(crate) mod list_state_machine_aliases;
pub(crate) mod list_state_machine_versions;
pub(crate) mod list_state_machines;
pub(crate) mod list_tags_for_resource;
pub(crate) mod publish_state_machine_version;
pub(crate) mod redrive_execution;
pub(crate) mod send_task_failure;
pub(crate) mod send_task_heartbeat;
pub(crate) mod send_task_success;
pub(crate) mod start_execution;
pub(crate) mod start_sync_execution;
pub(crate) mod stop_execution;
pub(crate) mod tag_resource;
pub(crate) mod test_state;
pub(crate) mod untag_resource;
pub(crate) mod update_map_run;
pub(crate) mod update_state_machine;
pub(crate) mod update_state_machine_alias;
pub(crate) mod validate_state_machine_definition;

use serde::{Deserialize, Serialize};

/// The output of operations that have none.
#[derive(Serialize)]
pub(crate) struct Nothing {}

/// The input of operations that take the ARN of a state machine, and the paging members of those that list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MachinePage {
    pub(crate) state_machine_arn: String,
    pub(crate) max_results: Option<i64>,
    pub(crate) next_token: Option<String>,
}

/// The input of operations that list without a question.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Paged {
    pub(crate) max_results: Option<i64>,
    pub(crate) next_token: Option<String>,
}

/// `inputDetails` and `outputDetails`.
#[derive(Serialize)]
pub(crate) struct Included {
    pub(crate) included: bool,
}

// AWS: API reference: the default and the most of maxResults.
pub(crate) const DEFAULT_PAGE: usize = 100;
pub(crate) const MOST_PAGE: usize = 1000;
