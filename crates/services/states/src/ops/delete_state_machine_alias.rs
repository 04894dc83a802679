//! `DeleteStateMachineAlias`: succeeds for what is not there.

use crate::States;
use crate::arns::{self, Qualifier};
use crate::error::Error;
use crate::ops::Nothing;
use crate::records::ALIAS;
use serde::Deserialize;
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    state_machine_alias_arn: String,
}

pub(crate) async fn run(_: &States, _: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let arn = input.state_machine_alias_arn;
    if !matches!(arns::read_machine(&arn)?.qualifier, Some(Qualifier::Alias(_))) {
        // UNVERIFIED: AWS's words.
        return Err(Error::Validation(format!("{arn} is not the ARN of an alias")));
    }
    let mut batch = Batch::new();
    batch.remove(ALIAS, arn, Expect::Any);
    Ok(Reply::with(Nothing {}, batch))
}
