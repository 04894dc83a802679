//! `DeleteActivity`: succeeds for what is not there.

use crate::error::Error;
use crate::ops::Nothing;
use crate::records::ACTIVITY;
use crate::{States, arns};
use serde::Deserialize;
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    activity_arn: String,
}

pub(crate) async fn run(_: &States, _: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    arns::require_activity(&input.activity_arn)?;
    let mut batch = Batch::new();
    batch.remove(ACTIVITY, &input.activity_arn, Expect::Any);
    Ok(Reply::with(Nothing {}, batch))
}
