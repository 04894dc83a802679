//! `DeleteStateMachineVersion`: refused while an alias names it.

use crate::States;
use crate::arns::{self, Qualifier};
use crate::error::Error;
use crate::ops::Nothing;
use crate::records::{ALIAS, Alias, VERSION, version_key};
use serde::Deserialize;
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    state_machine_version_arn: String,
}

pub(crate) async fn run(_: &States, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let arn = &input.state_machine_version_arn;
    let named = arns::read_machine(arn)?;
    let Some(Qualifier::Version(number)) = named.qualifier else {
        // UNVERIFIED: AWS's words.
        return Err(Error::Validation(format!("{arn} is not the ARN of a version")));
    };
    let prefix = format!("{}:", named.machine);
    let aliases = ctx.records::<Alias>(ALIAS).all(&prefix).await?;
    let naming: Vec<String> = aliases
        .into_iter()
        .filter(|alias| alias.value.routes.iter().any(|r| r.state_machine_version_arn == *arn))
        .map(|alias| alias.value.name)
        .collect();
    if !naming.is_empty() {
        return Err(Error::Conflict(format!(
            "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [{}]",
            naming.join(", ")
        )));
    }
    let mut batch = Batch::new();
    batch.remove(VERSION, version_key(&named.machine, number), Expect::Any);
    Ok(Reply::with(Nothing {}, batch))
}
