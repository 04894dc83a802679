//! `SendTaskFailure`.

use crate::States;
use crate::error::Error;
use crate::ops::Nothing;
use driver::TaskFailure;
use serde::Deserialize;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    task_token: String,
    error: Option<String>,
    cause: Option<String>,
}

pub(crate) async fn run(states: &States, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let failure =
        TaskFailure { error: input.error.map(Into::into), cause: input.cause.map(Into::into) };
    let effect_key = ctx.effect_key.clone();
    states.executions.task_answered(&input.task_token, Err(failure), effect_key).await?;
    Ok(Reply::new(Nothing {}))
}
