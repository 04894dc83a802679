//! Taking messages out of a queue for a receiver: they stay, out of sight until their visibility timeout ends.

mod fifo;
mod standard;

use crate::Sqs;
use crate::changes::Changes;
use crate::deposit::Deposit;
use crate::error::Error;
use crate::records::{CONTENT, Content, MESSAGE, Message, Queue, queue_named};
use crate::redrive;
use service::{Ctx, Found};
use store::Batch;

/// How many messages one receive looks at: those it drops or moves on the way are part of its commit.
const MOST_HANDLED: usize = 200;

/// What a receive asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    pub(crate) messages: usize,
    pub(crate) visibility_ms: i64,
    pub(crate) now_ms: i64,
}

/// A message as it is handed out.
pub(crate) struct Taken {
    pub(crate) message: Message,
    pub(crate) content: Content,
}

/// What there was to take.
pub(crate) struct Harvest {
    pub(crate) taken: Vec<Taken>,
    pub(crate) batch: Batch,
    /// Bells of queues that got messages.
    pub(crate) bells: Vec<String>,
    /// When the next message can be received, as far as is known.
    pub(crate) next_ms: Option<i64>,
    /// To be called after the commit; keeps others from the same messages until then.
    pub(crate) done: Box<dyn FnOnce() + Send>,
}

/// Takes what can be taken now.
///
/// # Errors
/// When storage fails.
pub(crate) async fn take(
    sqs: &Sqs,
    ctx: &Ctx,
    queue: &Queue,
    wish: Wish,
) -> Result<Harvest, Error> {
    let redrive = redrive::policy(queue);
    let grave = match &redrive {
        Some(redrive) => queue_named(ctx, &redrive.target).await?,
        None => None,
    };
    let grave = redrive.zip(grave.as_ref()).map(|(redrive, found)| Grave {
        max_receive_count: redrive.max_receive_count,
        deposit: Deposit::new(sqs, ctx, found),
        source: queue.arn(ctx),
        is_used: false,
    });
    let picker = Picker {
        ctx,
        changes: Changes::new(ctx, queue, wish.now_ms),
        wish,
        grave,
        taken: Vec::new(),
        handled: 0,
        next_ms: None,
    };
    if queue.is_fifo() { fifo::take(sqs, picker).await } else { standard::take(sqs, picker).await }
}

/// The dead-letter queue. A queue whose dead-letter queue has been deleted keeps its messages.
struct Grave<'a> {
    max_receive_count: u32,
    deposit: Deposit<'a>,
    source: String,
    is_used: bool,
}

/// Decides on one message after the other.
struct Picker<'a> {
    ctx: &'a Ctx,
    changes: Changes<'a>,
    wish: Wish,
    grave: Option<Grave<'a>>,
    taken: Vec<Taken>,
    handled: usize,
    next_ms: Option<i64>,
}

impl Picker<'_> {
    fn queue(&self) -> &Queue {
        self.changes.queue
    }

    /// Whether the receive has enough.
    fn is_full(&self) -> bool {
        self.taken.len() >= self.wish.messages || self.handled >= MOST_HANDLED
    }

    /// Hands out a message that can be received, or drops it when it is too old, or moves it when it was received too
    /// often.
    async fn pick(&mut self, found: Found<Message>) -> Result<(), Error> {
        self.handled += 1;
        if found.value.is_over(self.queue(), self.wish.now_ms) {
            self.changes.remove(&found);
            return Ok(());
        }
        let Some(content) = self.ctx.records::<Content>(CONTENT).get(&found.key).await? else {
            return self.miss(&found).await;
        };
        let content = content.value;
        let count = found.value.receive_count;
        if self.grave.as_ref().is_some_and(|grave| count >= grave.max_receive_count) {
            return self.bury(&found, content).await;
        }
        let now_ms = self.wish.now_ms;
        let message = Message {
            visible_ms: now_ms.saturating_add(self.wish.visibility_ms),
            receive_count: count.saturating_add(1),
            first_received_ms: found.value.first_received_ms.or(Some(now_ms)),
            received_ms: now_ms,
            receipt: format!("{:016x}", self.ctx.kit.entropy.next_u64()),
            ..found.value.clone()
        };
        self.changes.put(&found, &message);
        self.taken.push(Taken { message, content });
        Ok(())
    }

    /// A message without content: deleted since it was listed, or else damaged, as the records of a message go together.
    async fn miss(&mut self, found: &Found<Message>) -> Result<(), Error> {
        if self.ctx.records::<Message>(MESSAGE).get(&found.key).await?.is_some() {
            tracing::error!(key = found.key, "a message has lost its content and is dropped");
            self.changes.remove(found);
        }
        Ok(())
    }

    /// Moves a message to the dead-letter queue.
    async fn bury(&mut self, found: &Found<Message>, content: Content) -> Result<(), Error> {
        let Some(grave) = &mut self.grave else { return Ok(()) };
        let mut message = Message {
            sequence: grave.deposit.sqs.next_sequence(self.wish.now_ms),
            visible_ms: self.wish.now_ms,
            ..found.value.clone()
        };
        if grave.deposit.queue.value.is_fifo() {
            // AWS: in a FIFO dead-letter queue the message's age begins anew.
            message.sent_ms = self.wish.now_ms;
        }
        let content = Content { dead_letter_source: Some(grave.source.clone()), ..content };
        grave.deposit.admit(message, &content).await?;
        grave.is_used = true;
        self.changes.remove(found);
        Ok(())
    }

    async fn finish(self, done: Box<dyn FnOnce() + Send>) -> Result<Harvest, Error> {
        let mut bells = Vec::new();
        let mut changes = self.changes;
        if let Some(grave) = self.grave.filter(|grave| grave.is_used) {
            bells.push(grave.deposit.queue.value.bell());
            changes.extend(grave.deposit.finish());
        }
        let batch = changes.settle().await?;
        Ok(Harvest { taken: self.taken, batch, bells, next_ms: self.next_ms, done })
    }
}
