//! `PublishStateMachineVersion`: idempotent as long as the machine has not changed.

use crate::error::Error;
use crate::records::{MACHINE, find_machine, seconds};
use crate::{States, arns, versions};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use store::Batch;

/// What AWS calls the revision of a machine that was never updated.
const INITIAL: &str = "INITIAL";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    state_machine_arn: String,
    revision_id: Option<String>,
    description: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    creation_date: f64,
    state_machine_version_arn: String,
}

pub(crate) async fn run(_: &States, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let named = arns::read_machine(&input.state_machine_arn)?;
    if named.qualifier.is_some() {
        return Err(Error::MachineDoesNotExist(input.state_machine_arn));
    }
    let mut found = find_machine(ctx, &named.machine).await?;
    if found.value.deleting {
        return Err(Error::MachineDeleting(named.machine));
    }
    let current = found.value.revision_id.as_deref().unwrap_or(INITIAL);
    if let Some(wanted) = input.revision_id.as_deref().filter(|wanted| *wanted != current) {
        return Err(Error::Conflict(format!(
            "Failed to publish the State Machine version for revision {wanted}. The current State Machine revision is {current}."
        )));
    }
    let mut batch = Batch::new();
    let version = versions::publish(ctx, &mut found.value, input.description, &mut batch).await?;
    if !batch.is_empty() {
        batch.put(MACHINE, &found.key, &found.value, found.expect);
    }
    let output = Output {
        creation_date: seconds(version.created_ms),
        state_machine_version_arn: version.arn(),
    };
    Ok(Reply::with(output, batch))
}
