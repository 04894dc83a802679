//! `SendTaskHeartbeat`.

use crate::States;
use crate::error::Error;
use crate::ops::Nothing;
use serde::Deserialize;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    task_token: String,
}

pub(crate) async fn run(states: &States, _: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    states.executions.task_heartbeat(&input.task_token).await?;
    Ok(Reply::new(Nothing {}))
}
