//! `DeleteQueue`: the queue with everything in it.

use super::{Nothing, OfQueue};
use crate::error::Error;
use crate::records::{QUEUE, empty_queue};
use crate::{Sqs, address, sweep};
use service::{Ctx, Reply};
use store::Batch;

pub(crate) async fn run(_: &Sqs, ctx: &Ctx, input: OfQueue) -> Result<Reply<Nothing>, Error> {
    let found = address::find(ctx, input.queue_url.as_deref()).await?;
    let mut batch = Batch::new();
    batch.remove(QUEUE, &found.key, found.expect);
    empty_queue(&mut batch, &found.value);
    let bell = found.value.bell();
    Ok(Reply::with(Nothing {}, batch).cancel(sweep::WORK, found.key).notice(bell))
}
