//! `RemovePermission`: takes a statement out of the queue's policy.

use super::Nothing;
use crate::error::Error;
use crate::records::put_queue;
use crate::{Sqs, address, permission};
use serde::Deserialize;
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: Option<String>,
    label: Option<String>,
}

pub(crate) async fn run(_: &Sqs, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let found = address::find(ctx, input.queue_url.as_deref()).await?;
    let label = label(input.label)?;
    let mut queue = found.value;
    permission::remove(&mut queue, &label)?;
    queue.modified_ms = ctx.now_ms;
    let mut batch = Batch::new();
    put_queue(&mut batch, &queue, found.expect);
    Ok(Reply::with(Nothing {}, batch))
}

/// The label, checked.
///
/// # Errors
/// `MissingParameter`, `InvalidParameterValue`.
pub(crate) fn label(given: Option<String>) -> Result<String, Error> {
    let label = given.filter(|label| !label.is_empty());
    let label = label.ok_or_else(|| Error::Missing("Label".to_owned()))?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if label.len() <= 80 && label.bytes().all(is_plain) {
        return Ok(label);
    }
    // UNVERIFIED: the words; the documentation has the rule.
    let reason =
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
    Err(Error::value(label, "Label", reason))
}
