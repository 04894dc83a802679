//! `DescribeStateMachine`: a machine as it is, or one of its versions.

use crate::States;
use crate::arns::{self, Qualifier};
use crate::config::{Encryption, Logging, Tracing};
use crate::error::Error;
use crate::records::{self, seconds};
use asl::references;
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    state_machine_arn: String,
    included_data: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    state_machine_arn: String,
    name: String,
    status: &'static str,
    definition: Option<String>,
    role_arn: String,
    #[serde(rename = "type")]
    kind: &'static str,
    creation_date: f64,
    logging_configuration: Logging,
    tracing_configuration: Tracing,
    encryption_configuration: Encryption,
    revision_id: Option<String>,
    description: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    variable_references: BTreeMap<String, Vec<String>>,
}

pub(crate) async fn run(_: &States, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let named = arns::read_machine(&input.state_machine_arn)?;
    let machine = records::find_machine(ctx, &named.machine).await?.value;
    let (status, kind) = (machine.status(), machine.kind());
    let (arn, content, revision_id, created_ms, description) = match named.qualifier {
        None => (machine.arn, machine.content, machine.revision_id, machine.created_ms, None),
        Some(Qualifier::Version(number)) => {
            let version = records::find_version(ctx, &machine.arn, number).await?.value;
            let arn = version.arn();
            (arn, version.content, version.revision_id, version.created_ms, version.description)
        }
        // AWS: API reference: an alias is not described by this operation.
        Some(Qualifier::Alias(_)) => {
            return Err(Error::MachineDoesNotExist(input.state_machine_arn));
        }
    };
    let is_wanted = input.included_data.as_deref() != Some("METADATA_ONLY");
    let definition = is_wanted.then_some(content.definition);
    Ok(Reply::new(Output {
        variable_references: definition.as_deref().map(references::variables).unwrap_or_default(),
        state_machine_arn: arn,
        name: machine.name,
        status,
        definition,
        role_arn: content.role_arn,
        kind,
        creation_date: seconds(created_ms),
        logging_configuration: content.logging,
        tracing_configuration: content.tracing,
        encryption_configuration: content.encryption,
        revision_id,
        description,
    }))
}
