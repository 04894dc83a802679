//! `DescribeExecution`.

use crate::error::Error;
use crate::execution::{View, without_nulls};
use crate::{States, arns};
use driver::ExecutionRecord;
use engine::Status;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    execution_arn: String,
    included_data: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    #[serde(flatten)]
    view: View,
    state_machine_version_arn: Option<String>,
    state_machine_alias_arn: Option<String>,
    redrive_count: u32,
    redrive_status: &'static str,
    redrive_status_reason: Option<String>,
}

pub(crate) async fn run(states: &States, _: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    arns::require_standard(&input.execution_arn)?;
    let record = states.executions.describe(&input.execution_arn).await?;
    let text = |arn: &Option<std::sync::Arc<str>>| arn.as_ref().map(ToString::to_string);
    Ok(without_nulls(&Output {
        view: View::of(&record, input.included_data.as_deref()),
        state_machine_version_arn: text(&record.identity.state_machine_version_arn),
        state_machine_alias_arn: text(&record.identity.state_machine_alias_arn),
        redrive_count: record.redrive_count,
        redrive_status: "NOT_REDRIVABLE",
        redrive_status_reason: Some(not_redrivable(&record)),
    }))
}

/// Why it cannot be redriven.
fn not_redrivable(record: &ExecutionRecord) -> String {
    match record.status {
        Status::Running | Status::Succeeded => {
            format!("Execution is {} and cannot be redriven", record.status.word())
        }
        _ => "refit does not implement RedriveExecution".to_owned(),
    }
}
