//! `SendTaskSuccess`.

use crate::error::Error;
use crate::ops::Nothing;
use crate::{States, json_fault};
use engine::Data;
use serde::Deserialize;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    task_token: String,
    output: String,
}

pub(crate) async fn run(states: &States, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let output = Data::parse(&input.output)
        .map_err(|error| Error::InvalidOutput(json_fault::describe(&input.output, &error)))?;
    let effect_key = ctx.effect_key.clone();
    states.executions.task_answered(&input.task_token, Ok(output), effect_key).await?;
    Ok(Reply::new(Nothing {}))
}
