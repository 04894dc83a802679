//! `DeleteStateMachine`: at once, or once its running executions have been stopped.

use crate::deletion;
use crate::error::Error;
use crate::ops::Nothing;
use crate::records::{MACHINE, Machine};
use crate::{States, arns};
use engine::Status;
use serde::Deserialize;
use service::{Ctx, Reply, WorkItem};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    state_machine_arn: String,
}

pub(crate) async fn run(states: &States, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let named = arns::read_machine(&input.state_machine_arn)?;
    // AWS: deleting what is not there succeeds.
    let Some(mut found) = ctx.records::<Machine>(MACHINE).get(&named.machine).await? else {
        return Ok(Reply::new(Nothing {}));
    };
    if found.value.deleting {
        return Ok(Reply::new(Nothing {}));
    }
    let mut batch = Batch::new();
    let running = states.executions.list(&named.machine, Some(Status::Running), None, 1).await?;
    if running.executions.is_empty() {
        deletion::remove(&mut batch, &named.machine, found.expect);
        return Ok(Reply::with(Nothing {}, batch));
    }
    found.value.deleting = true;
    batch.put(MACHINE, &named.machine, &found.value, found.expect);
    let item = WorkItem::new(deletion::WORK, &*named.machine, &ctx.region, ctx.now_ms, &());
    Ok(Reply::with(Nothing {}, batch).work(item))
}
