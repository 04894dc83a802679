//! `DeleteMessage`: a receiver is done with a message.

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
}

pub(crate) async fn run(sqs: &Sqs, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let queue = address::find(ctx, input.queue_url.as_deref()).await?.value;
    let lock = sqs.order(&queue).await;
    let mut changes = Changes::new(ctx, &queue, ctx.now_ms);
    handled::delete(ctx, &mut changes, input.receipt_handle.as_deref()).await?;
    let mut reply = Reply::with(Nothing {}, changes.settle().await?);
    if queue.is_fifo() {
        reply = reply.notice(queue.bell());
    }
    Ok(reply.after(move || drop(lock)))
}
