//! `StopExecution`.

use crate::error::Error;
use crate::records::seconds;
use crate::{States, arns};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    execution_arn: String,
    error: Option<String>,
    cause: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    stop_date: f64,
}

pub(crate) async fn run(states: &States, _: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    arns::require_standard(&input.execution_arn)?;
    let (error, cause) = (input.error.map(Into::into), input.cause.map(Into::into));
    let stop_ms = states.executions.stop(&input.execution_arn, error, cause).await?;
    Ok(Reply::new(Output { stop_date: seconds(stop_ms) }))
}
