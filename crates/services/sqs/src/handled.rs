//! What a receiver does with a message it has: delete it, or change when it is seen again.

use crate::changes::Changes;
use crate::error::Error;
use crate::receipt::Receipt;
use crate::records::{MESSAGE, Message};
use service::{Ctx, Found};

// AWS: 12 hours, counted from the receive.
pub(crate) const LONGEST_VISIBILITY_SECONDS: i64 = 43_200;

/// Deletes the message of a receipt handle.
///
/// What is gone already is deleted, and so is, without effect, a message that somebody else has received since.
///
/// # Errors
/// `ReceiptHandleIsInvalid`; in a FIFO queue `InvalidParameterValue` when the visibility timeout is over.
pub(crate) async fn delete(
    ctx: &Ctx,
    changes: &mut Changes<'_>,
    handle: Option<&str>,
) -> Result<(), Error> {
    let receipt = Receipt::read(changes.queue, handle)?;
    let Some(found) = message(ctx, changes, &receipt).await? else { return Ok(()) };
    let is_last = found.value.receipt == receipt.mark;
    if changes.queue.is_fifo() && !(is_last && found.value.is_in_flight(changes.now_ms)) {
        // AWS: recorded.
        let handle = handle.unwrap_or_default();
        return Err(Error::value(handle, "ReceiptHandle", "The receipt handle has expired."));
    }
    if is_last {
        changes.remove(&found);
    }
    Ok(())
}

/// Changes the visibility timeout of the message of a receipt handle, counted from now.
///
/// # Errors
/// `ReceiptHandleIsInvalid`; `InvalidParameterValue` when the message is gone or somebody else has received it since,
/// or when it would be out of sight for longer than 12 hours.
pub(crate) async fn change_visibility(
    ctx: &Ctx,
    changes: &mut Changes<'_>,
    handle: Option<&str>,
    seconds: Option<i64>,
) -> Result<(), Error> {
    let seconds = seconds.ok_or_else(|| Error::Missing("VisibilityTimeout".to_owned()))?;
    check_visibility(seconds)?;
    let receipt = Receipt::read(changes.queue, handle)?;
    let found = message(ctx, changes, &receipt).await?;
    // AWS: recorded: a standard queue takes the change also after the timeout, as long as nobody else has the message.
    let is_fifo = changes.queue.is_fifo();
    let is_still = |message: &Message| {
        message.receipt == receipt.mark && (!is_fifo || message.is_in_flight(changes.now_ms))
    };
    let Some(found) = found.filter(|found| is_still(&found.value)) else {
        return Err(Error::value(
            handle.unwrap_or_default(),
            "ReceiptHandle",
            "Message does not exist or is not available for visibility timeout change.",
        ));
    };
    let visible_ms = changes.now_ms.saturating_add(seconds.saturating_mul(1000));
    let limit_ms = found.value.received_ms.saturating_add(LONGEST_VISIBILITY_SECONDS * 1000);
    if visible_ms > limit_ms {
        return Err(Error::value(
            seconds,
            "VisibilityTimeout",
            "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]",
        ));
    }
    changes.put(&found, &Message { visible_ms, ..found.value.clone() });
    Ok(())
}

/// Checks a visibility timeout that a request gives.
///
/// # Errors
/// `InvalidParameterValue`.
pub(crate) fn check_visibility(seconds: i64) -> Result<(), Error> {
    if (0..=LONGEST_VISIBILITY_SECONDS).contains(&seconds) {
        return Ok(());
    }
    let reason = "Must be >= 0 and <= 43200, if provided.";
    Err(Error::value(seconds, "VisibilityTimeout", reason))
}

async fn message(
    ctx: &Ctx,
    changes: &Changes<'_>,
    receipt: &Receipt,
) -> Result<Option<Found<Message>>, Error> {
    let key = format!("{}{}", changes.queue.prefix(), receipt.tail);
    Ok(ctx.records::<Message>(MESSAGE).get(&key).await?)
}
