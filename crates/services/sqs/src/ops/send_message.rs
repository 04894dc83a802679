//! `SendMessage`: puts a message into a queue.

use crate::deposit::{Deposit, Sent};
use crate::error::Error;
use crate::outgoing::{Checked, Outgoing};
use crate::{Sqs, address, digest};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: Option<String>,
    #[serde(flatten)]
    message: Outgoing,
}

/// What is answered about a message that was sent, alone or in a batch.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    message_id: String,
    #[serde(rename = "MD5OfMessageBody")]
    body_digest: String,
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    attributes_digest: Option<String>,
    #[serde(rename = "MD5OfMessageSystemAttributes", skip_serializing_if = "Option::is_none")]
    system_digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
}

impl Output {
    /// The digests of a message that is about to be sent.
    pub(crate) fn of(id: Option<String>, checked: &Checked) -> Self {
        Self {
            id,
            message_id: String::new(),
            body_digest: digest::of_body(&checked.body),
            attributes_digest: checked.attributes_digest(),
            system_digest: checked.system_digest(),
            sequence_number: None,
        }
    }

    /// The same once it was sent.
    pub(crate) fn sent(self, sent: Sent) -> Self {
        let sequence_number = sent.sequence.map(|number| number.to_string());
        Self { message_id: sent.message_id, sequence_number, ..self }
    }
}

pub(crate) async fn run(sqs: &Sqs, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let queue = address::find(ctx, input.queue_url.as_deref()).await?;
    input.message.check_fifo(&queue.value)?;
    let checked = input.message.check(&queue.value)?;
    let output = Output::of(None, &checked);
    let lock = sqs.order(&queue.value).await;
    let mut deposit = Deposit::new(sqs, ctx, &queue);
    let sent = deposit.send(checked).await?;
    deposit.forget().await?;
    let reply = Reply::with(output.sent(sent), deposit.finish()).notice(queue.value.bell());
    Ok(reply.after(move || drop(lock)))
}
