//! Receives that are repeated: with the same attempt id, a FIFO queue hands out the same messages again, as long as
//! nobody has touched them and their visibility timeout lasts.

use crate::changes::Changes;
use crate::error::Error;
use crate::harvest::{Harvest, Taken, Wish};
use crate::records::{
    ATTEMPT, Attempt, CONTENT, Content, EXPIRES, MESSAGE, Message, Queue, remembered_key, timed,
};
use service::Ctx;
use store::{Batch, Expect};

// AWS: ReceiveMessage: an attempt id works for five minutes.
const REMEMBERED_MS: i64 = 300_000;

/// What the attempt got before, with its visibility timeout begun anew; `None` when it is the first, or all has changed.
///
/// # Errors
/// When storage fails.
pub(crate) async fn again(
    ctx: &Ctx,
    queue: &Queue,
    id: &str,
    wish: Wish,
) -> Result<Option<Harvest>, Error> {
    let key = remembered_key(queue, None, id);
    let Some(found) = ctx.records::<Attempt>(ATTEMPT).get(&key).await? else { return Ok(None) };
    if found.value.expires_ms <= wish.now_ms {
        return Ok(None);
    }
    let mut changes = Changes::new(ctx, queue, wish.now_ms);
    let mut taken = Vec::new();
    for (tail, mark) in found.value.receipts {
        let key = format!("{}{tail}", queue.prefix());
        let message = ctx.records::<Message>(MESSAGE).get(&key).await?;
        let content = ctx.records::<Content>(CONTENT).get(&key).await?;
        let (Some(found), Some(content)) = (message, content) else { return Ok(None) };
        if found.value.receipt != mark || !found.value.is_in_flight(wish.now_ms) {
            return Ok(None);
        }
        let visible_ms = wish.now_ms.saturating_add(wish.visibility_ms);
        let message = Message { visible_ms, ..found.value.clone() };
        changes.put(&found, &message);
        taken.push(Taken { message, content: content.value });
    }
    let batch = changes.settle().await?;
    Ok(Some(Harvest { taken, batch, bells: Vec::new(), next_ms: None, done: Box::new(|| ()) }))
}

/// Remembers what an attempt got.
pub(crate) fn remember(batch: &mut Batch, queue: &Queue, id: &str, taken: &[Taken], now_ms: i64) {
    let receipts =
        taken.iter().map(|taken| (taken.message.tail(queue), taken.message.receipt.clone()));
    let expires_ms = now_ms.saturating_add(REMEMBERED_MS);
    let attempt = Attempt { receipts: receipts.collect(), expires_ms };
    let index = vec![(EXPIRES, timed(queue, expires_ms))];
    batch.put_indexed(ATTEMPT, remembered_key(queue, None, id), &attempt, index, Expect::Any);
}
