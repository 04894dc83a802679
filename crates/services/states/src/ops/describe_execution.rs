//! `DescribeExecution`.

use crate::error::Error;
use crate::execution::{View, without_nulls};
use crate::records::seconds;
use crate::{States, arns, redrive};
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
    redrive_date: Option<f64>,
    redrive_status: &'static str,
    redrive_status_reason: Option<String>,
    map_run_arn: Option<String>,
}

pub(crate) async fn run(states: &States, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    arns::require_standard(&input.execution_arn)?;
    let record = states.executions.describe(&input.execution_arn).await?;
    let run = states.executions.map_run_of(&record.identity).await?;
    let (redrive_status, reason) = redrive::shown(ctx, &record, run.is_some()).await?;
    let text = |arn: &Option<std::sync::Arc<str>>| arn.as_ref().map(ToString::to_string);
    Ok(without_nulls(&Output {
        view: View::of(&record, input.included_data.as_deref()),
        state_machine_version_arn: text(&record.identity.state_machine_version_arn),
        state_machine_alias_arn: text(&record.identity.state_machine_alias_arn),
        redrive_count: record.redrive_count,
        redrive_date: record.redrive_ms.map(seconds),
        redrive_status,
        map_run_arn: run.map(|(arn, _)| arn.to_string()),
        redrive_status_reason: reason,
    }))
}
