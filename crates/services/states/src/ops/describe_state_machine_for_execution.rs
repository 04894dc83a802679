//! `DescribeStateMachineForExecution`: the machine as it was when the execution started.

use crate::config::{Encryption, Logging, Tracing};
use crate::error::Error;
use crate::records::seconds;
use crate::{States, arns, execution};
use asl::references;
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    execution_arn: String,
    included_data: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    state_machine_arn: String,
    name: String,
    definition: Option<String>,
    role_arn: String,
    update_date: f64,
    logging_configuration: Logging,
    tracing_configuration: Tracing,
    encryption_configuration: Encryption,
    revision_id: Option<String>,
    map_run_arn: Option<String>,
    label: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    variable_references: BTreeMap<String, Vec<String>>,
}

pub(crate) async fn run(states: &States, _: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    arns::require_standard(&input.execution_arn)?;
    let record = states.executions.describe(&input.execution_arn).await?;
    let definition = match input.included_data.as_deref() {
        Some("METADATA_ONLY") => None,
        _ => Some(states.executions.definition(&record.definition).await?),
    };
    let attributes = execution::attributes(&record);
    let run = states.executions.map_run_of(&record.identity).await?;
    let (map_run_arn, label) = run.unzip();
    Ok(Reply::new(Output {
        variable_references: definition.as_deref().map(references::variables).unwrap_or_default(),
        state_machine_arn: record.identity.state_machine_arn.to_string(),
        name: record.identity.state_machine_name.to_string(),
        definition,
        role_arn: record.identity.role_arn.to_string(),
        update_date: seconds(attributes.updated_ms),
        logging_configuration: attributes.logging,
        tracing_configuration: attributes.tracing,
        encryption_configuration: attributes.encryption,
        revision_id: attributes.revision_id,
        map_run_arn: map_run_arn.map(|arn| arn.to_string()),
        label: label.map(|label| label.to_string()),
    }))
}
