//! `StartExecution`: idempotent for the same name and input while the execution runs.

use crate::States;
use crate::error::Error;
use crate::execution::{StartInput, prepare};
use crate::records::seconds;
use engine::{MachineKind, Status};
use serde::Serialize;
use service::{Ctx, Reply};

/// How long the name of an execution that has ended cannot be used again.
// AWS: API reference: 90 days.
const NAME_KEPT_MS: i64 = 90 * 86_400_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    execution_arn: String,
    start_date: f64,
}

pub(crate) async fn run(
    states: &States,
    ctx: &Ctx,
    input: StartInput,
) -> Result<Reply<Output>, Error> {
    let spec = prepare(states, ctx, &input).await?;
    let arn = spec.identity.execution_arn.to_string();
    let is_standard = spec.identity.kind == MachineKind::Standard;
    if input.name.is_some() && is_standard {
        match states.executions.describe(&arn).await {
            Err(driver::Error::ExecutionDoesNotExist(_)) => {}
            Err(error) => return Err(error.into()),
            Ok(before) => {
                let same = before.identity.input.value() == spec.identity.input.value();
                if before.status == Status::Running && same {
                    let start_date = seconds(before.identity.start_ms);
                    return Ok(Reply::new(Output { execution_arn: arn, start_date }));
                }
                let ended_ms = before.stop_ms.unwrap_or(ctx.now_ms);
                if ctx.now_ms.saturating_sub(ended_ms) <= NAME_KEPT_MS {
                    return Err(Error::ExecutionExists(arn));
                }
                let output = Output { execution_arn: arn, start_date: seconds(ctx.now_ms) };
                return Ok(states.executions.start_in_place(spec).await?.into_reply(output));
            }
        }
    }
    if is_standard && states.executions.is_full() {
        return Err(Error::TooManyExecutions);
    }
    let output = Output { execution_arn: arn, start_date: seconds(ctx.now_ms) };
    Ok(states.executions.start(spec)?.into_reply(output))
}
