//! `SetQueueAttributes`: changes attributes; what is not named stays.

use super::Nothing;
use crate::attributes::{self, Given};
use crate::changes::Changes;
use crate::error::Error;
use crate::records::{GROUP, Group, put_queue};
use crate::{Sqs, address, sweep};
use serde::Deserialize;
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: Option<String>,
    attributes: Option<Given>,
}

pub(crate) async fn run(sqs: &Sqs, ctx: &Ctx, input: Input) -> Result<Reply<Nothing>, Error> {
    let found = address::find(ctx, input.queue_url.as_deref()).await?;
    let asked = attributes::asked(input.attributes.as_ref());
    if asked.is_empty() {
        return Err(Error::Missing("Attribute.Name".to_owned()));
    }
    let mut queue = found.value.clone();
    attributes::set(ctx, &mut queue, &asked, false).await?;
    queue.modified_ms = ctx.now_ms;
    let is_changed =
        |name: &str| attributes::number(&queue, name) != attributes::number(&found.value, name);
    let lock = sqs.order(&queue).await;
    let mut changes = Changes::new(ctx, &queue, ctx.now_ms);
    if queue.is_fifo() && is_changed("DelaySeconds") {
        // The delay of a FIFO queue is that of all its messages.
        for group in ctx.records::<Group>(GROUP).all(&queue.prefix()).await? {
            changes.touch(&group.value.id);
        }
    }
    let mut batch = changes.settle().await?;
    put_queue(&mut batch, &queue, found.expect);
    let mut reply = Reply::with(Nothing {}, batch).notice(queue.bell()).after(move || drop(lock));
    if is_changed("MessageRetentionPeriod") {
        reply = reply.work(sweep::item(&queue, ctx.now_ms));
    }
    Ok(reply)
}
