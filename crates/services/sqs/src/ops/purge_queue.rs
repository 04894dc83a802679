//! `PurgeQueue`: removes all messages, also those in flight.

use super::{Nothing, OfQueue};
use crate::error::Error;
use crate::records::{empty_queue, put_queue};
use crate::{Sqs, address};
use service::{Ctx, Reply};
use store::Batch;

// AWS: PurgeQueue.
const INTERVAL_MS: i64 = 60_000;

pub(crate) async fn run(sqs: &Sqs, ctx: &Ctx, input: OfQueue) -> Result<Reply<Nothing>, Error> {
    let found = address::find(ctx, input.queue_url.as_deref()).await?;
    let mut queue = found.value;
    if queue.purged_ms.is_some_and(|at_ms| ctx.now_ms < at_ms.saturating_add(INTERVAL_MS)) {
        return Err(Error::PurgeInProgress(queue.name));
    }
    queue.purged_ms = Some(ctx.now_ms);
    let lock = sqs.order(&queue).await;
    let mut batch = Batch::new();
    empty_queue(&mut batch, &queue);
    put_queue(&mut batch, &queue, found.expect);
    Ok(Reply::with(Nothing {}, batch).after(move || drop(lock)))
}
