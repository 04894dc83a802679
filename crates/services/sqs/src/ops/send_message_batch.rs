//! `SendMessageBatch`: puts up to ten messages into a queue, each by itself right or wrong.

use super::send_message::Output as Answer;
use crate::batch::{Input, Output, entries};
use crate::deposit::Deposit;
use crate::error::Error;
use crate::outgoing::Outgoing;
use crate::{Sqs, address};
use service::{Ctx, Reply};

// AWS: SendMessageBatch: all messages together.
const MOST_BYTES: usize = 1_048_576;

pub(crate) async fn run(
    sqs: &Sqs,
    ctx: &Ctx,
    input: Input<Outgoing>,
) -> Result<Reply<Output<Answer>>, Error> {
    let queue = address::find(ctx, input.queue_url.as_deref()).await?;
    let entries = entries(input.entries, "SendMessageBatchRequestEntry")?;
    let sent_bytes: usize = entries.iter().map(|(_, message)| message.size_bytes()).sum();
    if sent_bytes > MOST_BYTES {
        return Err(Error::BatchTooLong { limit: MOST_BYTES, sent: sent_bytes });
    }
    for (_, message) in &entries {
        // AWS: recorded: in a batch it is a wrong parameter that is missing.
        message.check_fifo(&queue.value).map_err(|error| match error {
            missing @ Error::Missing(_) => Error::InvalidParameter(missing.to_string()),
            error => error,
        })?;
    }
    let lock = sqs.order(&queue.value).await;
    let mut deposit = Deposit::new(sqs, ctx, &queue);
    let mut output = Output::new();
    for (id, message) in entries {
        match message.check(&queue.value) {
            Ok(checked) => {
                let answer = Answer::of(Some(id), &checked);
                let sent = deposit.send(checked).await?;
                output.successful.push(answer.sent(sent));
            }
            Err(error) => output.refuse(id, error)?,
        }
    }
    deposit.forget().await?;
    let reply = Reply::with(output, deposit.finish()).notice(queue.value.bell());
    Ok(reply.after(move || drop(lock)))
}
