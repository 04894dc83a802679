//! Messages that have been in a queue for too long go, also when nobody receives from it.

use crate::attributes;
use crate::changes::Changes;
use crate::deposit::forgotten;
use crate::error::Error;
use crate::records::{
    ATTEMPT, GROUP, Group, MESSAGE, Message, QUEUE, Queue, SEEN, queue_key, queue_named,
};
use service::{AwsError, Ctx, WorkItem, WorkOutcome};
use store::Scan;

/// Work kind; the key is the queue's record key, the body its name.
pub(crate) const WORK: &str = "sqs/sweep";
/// How many messages go in one commit.
const AT_ONCE: usize = 200;

/// The item that sweeps a queue at `due_ms`, and again and again from then on.
pub(crate) fn item(queue: &Queue, due_ms: i64) -> WorkItem {
    WorkItem::new(WORK, queue.key(), &queue.region, due_ms, &queue.name)
}

/// When a queue in which nothing is too old now is to be looked at.
pub(crate) fn next_ms(queue: &Queue, now_ms: i64) -> i64 {
    now_ms.saturating_add(attributes::milliseconds(queue, "MessageRetentionPeriod"))
}

/// Removes what is too old, and says when to come again.
pub(crate) async fn run(ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
    let name = item.body.as_str().unwrap_or_default();
    let Some(found) = queue_named(ctx, name).await? else { return Ok(WorkOutcome::done()) };
    let queue = &found.value;
    let mut sweep = Sweep {
        ctx,
        changes: Changes::new(ctx, queue, ctx.now_ms),
        removed: 0,
        oldest_ms: ctx.now_ms,
    };
    if queue.is_fifo() {
        sweep.groups().await?;
    } else {
        sweep.messages(&queue.prefix()).await?;
    }
    let (removed, oldest_ms) = (sweep.removed, sweep.oldest_ms);
    let mut changes = sweep.changes;
    let mut forgot = 0;
    for kind in [SEEN, ATTEMPT] {
        let batch = forgotten(ctx, queue, kind, AT_ONCE).await?;
        forgot = forgot.max(batch.removes.len());
        changes.extend(batch);
    }
    let mut batch = changes.settle().await?;
    let key = queue_key(&queue.region, &queue.name);
    batch.checks.push((QUEUE.to_owned(), key, found.expect));
    let is_more = removed >= AT_ONCE || forgot >= AT_ONCE;
    let due_ms = if is_more { ctx.now_ms } else { next_ms(queue, oldest_ms) };
    let again = WorkItem { due_ms: due_ms.max(ctx.now_ms), attempts: 0, ..item.clone() };
    Ok(WorkOutcome { again: Some(again), batch, ..WorkOutcome::default() })
}

struct Sweep<'a> {
    ctx: &'a Ctx,
    changes: Changes<'a>,
    removed: usize,
    /// When the oldest message that stays was sent.
    oldest_ms: i64,
}

impl Sweep<'_> {
    async fn groups(&mut self) -> Result<(), Error> {
        let queue = self.changes.queue;
        for group in self.ctx.records::<Group>(GROUP).all(&queue.prefix()).await? {
            if self.removed >= AT_ONCE {
                return Ok(());
            }
            self.messages(&queue.group_prefix(&group.value.id)).await?;
        }
        Ok(())
    }

    /// Messages under a prefix, the oldest of which come first.
    async fn messages(&mut self, prefix: &str) -> Result<(), Error> {
        let mut after: Option<String> = None;
        loop {
            let scan = Scan { after: after.as_deref(), ..Scan::of(MESSAGE, prefix, AT_ONCE) };
            let (page, next) = self.ctx.records::<Message>(MESSAGE).scan(scan).await?;
            for found in page {
                if !found.value.is_over(self.changes.queue, self.ctx.now_ms) {
                    self.oldest_ms = self.oldest_ms.min(found.value.sent_ms);
                    return Ok(());
                }
                self.changes.remove(&found);
                self.removed += 1;
                if self.removed >= AT_ONCE {
                    return Ok(());
                }
            }
            match next {
                Some(cursor) => after = Some(cursor),
                None => return Ok(()),
            }
        }
    }
}
