//! `ChangeMessageVisibilityBatch`: the same for up to ten messages.

use crate::batch::{Input, Output, Success, entries};
use crate::changes::Changes;
use crate::error::Error;
use crate::{Sqs, address, handled};
use serde::Deserialize;
use service::{Ctx, Reply};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Entry {
    receipt_handle: Option<String>,
    visibility_timeout: Option<i64>,
}

pub(crate) async fn run(
    sqs: &Sqs,
    ctx: &Ctx,
    input: Input<Entry>,
) -> Result<Reply<Output<Success>>, Error> {
    let queue = address::find(ctx, input.queue_url.as_deref()).await?.value;
    let entries = entries(input.entries, "ChangeMessageVisibilityBatchRequestEntry")?;
    let lock = sqs.order(&queue).await;
    let mut changes = Changes::new(ctx, &queue, ctx.now_ms);
    let mut output = Output::new();
    for (id, entry) in entries {
        let handle = entry.receipt_handle.as_deref();
        let timeout = entry.visibility_timeout;
        match handled::change_visibility(ctx, &mut changes, handle, timeout).await {
            Ok(()) => output.successful.push(Success::new(&id)),
            Err(error) => output.refuse(id, error)?,
        }
    }
    let reply = Reply::with(output, changes.settle().await?).notice(queue.bell());
    Ok(reply.after(move || drop(lock)))
}
