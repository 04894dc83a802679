//! `ChangeMessageVisibility`: a receiver needs longer, or gives the message back.

use super::Nothing;
use crate::changes::Changes;
use crate::error::Error;
use crate::{Sqs, address, handled};
use serde::Deserialize;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: Option<String>,
    receipt_handle: Option<String>,
    visibility_timeout: Option<i64>,
}

pub(crate) async fn run(sqs: &Sqs, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let queue = address::find(ctx, input.queue_url.as_deref()).await?.value;
    let lock = sqs.order(&queue).await;
    let mut changes = Changes::new(ctx, &queue, ctx.now_ms);
    let handle = input.receipt_handle.as_deref();
    handled::change_visibility(ctx, &mut changes, handle, input.visibility_timeout).await?;
    let reply = Reply::with(Nothing {}, changes.settle().await?).notice(queue.bell());
    Ok(reply.after(move || drop(lock)))
}
