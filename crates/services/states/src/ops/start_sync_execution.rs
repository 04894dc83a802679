//! `StartSyncExecution`: runs an Express execution and answers when it has ended.

use crate::States;
use crate::error::Error;
use crate::execution::{StartInput, View, prepare, without_nulls};
use engine::MachineKind;
use serde::Serialize;
use serde_json::Value;
use service::{Ctx, Reply};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    #[serde(flatten)]
    view: View,
    billing_details: Billing,
}

#[derive(Serialize)]
struct Billing {
    #[serde(rename = "billedMemoryUsedInMB")]
    memory_mb: i64,
    #[serde(rename = "billedDurationInMilliseconds")]
    duration_ms: i64,
}

/// AWS bills memory in chunks of this size.
const MEMORY_CHUNK_MB: i64 = 64;
/// AWS bills time in steps of this length.
const DURATION_STEP_MS: i64 = 100;

pub(crate) async fn run(
    states: &States,
    ctx: &Ctx,
    input: StartInput,
) -> Result<Reply<Value>, Error> {
    let spec = prepare(states, ctx, &input).await?;
    if spec.identity.kind != MachineKind::Express {
        return Err(Error::TypeNotSupported);
    }
    let record = states.executions.run_express(spec).await?;
    let lasted_ms = record.stop_ms.unwrap_or(ctx.now_ms).saturating_sub(record.identity.start_ms);
    let steps = lasted_ms.max(1).saturating_add(DURATION_STEP_MS - 1) / DURATION_STEP_MS;
    Ok(without_nulls(&Output {
        view: View::of(&record, input.included_data.as_deref()),
        billing_details: Billing {
            memory_mb: MEMORY_CHUNK_MB,
            duration_ms: steps.saturating_mul(DURATION_STEP_MS),
        },
    }))
}
