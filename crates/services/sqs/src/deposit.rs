//! Putting messages into a queue.

use crate::Sqs;
use crate::attributes;
use crate::error::Error;
use crate::outgoing::Checked;
use crate::records::{
    CONTENT, Content, EXPIRES, GROUP, Group, MESSAGE, Message, QUEUE, Queue, SEEN, Seen,
    remembered_key, timed,
};
use service::{Ctx, Found, PrincipalKind};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use store::{Batch, Expect, Scan};

// AWS: the deduplication interval of FIFO queues.
const DEDUPLICATION_MS: i64 = 300_000;
/// How many outdated things a send forgets, so that they do not pile up: more than it can add.
const FORGOTTEN_AT_ONCE: usize = 16;

/// What becomes of the message that was sent.
pub(crate) struct Sent {
    pub(crate) message_id: String,
    /// FIFO queues only.
    pub(crate) sequence: Option<u64>,
}

/// Messages on their way into one queue, in one commit.
pub(crate) struct Deposit<'a> {
    pub(crate) sqs: &'a Sqs,
    ctx: &'a Ctx,
    pub(crate) queue: &'a Found<Queue>,
    batch: Batch,
    groups: BTreeMap<String, (Group, Expect)>,
    seen: BTreeMap<String, Seen>,
}

impl<'a> Deposit<'a> {
    pub(crate) fn new(sqs: &'a Sqs, ctx: &'a Ctx, queue: &'a Found<Queue>) -> Self {
        let (groups, seen) = (BTreeMap::new(), BTreeMap::new());
        Self { sqs, ctx, queue, batch: Batch::new(), groups, seen }
    }

    /// Sends a message, unless the queue has seen it lately.
    ///
    /// # Errors
    /// When storage fails.
    pub(crate) async fn send(&mut self, checked: Checked) -> Result<Sent, Error> {
        let queue = &self.queue.value;
        let deduplication_id = deduplication_id(queue, &checked);
        let group = checked.group;
        let mark = deduplication_id.as_deref().map(|id| {
            let by_group = attributes::is(queue, "DeduplicationScope", "messageGroup");
            remembered_key(queue, group.as_deref().filter(|_| by_group), id)
        });
        let expect = match &mark {
            None => Expect::Absent,
            Some(mark) => match self.seen_before(mark).await? {
                Ok(seen) => {
                    let sequence = Some(seen.sequence);
                    return Ok(Sent { message_id: seen.message_id, sequence });
                }
                Err(expect) => expect,
            },
        };
        let delay = checked.delay_seconds.map(|seconds| seconds.saturating_mul(1000));
        let delay = delay.unwrap_or_else(|| attributes::milliseconds(queue, "DelaySeconds"));
        let message = Message {
            sequence: self.sqs.next_sequence(self.ctx.now_ms),
            group,
            sent_ms: self.ctx.now_ms,
            visible_ms: self.ctx.now_ms.saturating_add(delay),
            receive_count: 0,
            first_received_ms: None,
            received_ms: 0,
            receipt: String::new(),
        };
        let content = Content {
            id: self.ctx.uuid(),
            body: checked.body,
            attributes: checked.attributes,
            trace: checked.trace.and_then(|trace| trace.string_value),
            sender: sender(self.ctx),
            deduplication_id,
            dead_letter_source: None,
        };
        let sequence = self.admit(message, &content).await?;
        if let Some(mark) = mark {
            let expires_ms = self.ctx.now_ms.saturating_add(DEDUPLICATION_MS);
            let seen = Seen { message_id: content.id.clone(), sequence, expires_ms };
            let index = vec![(EXPIRES, timed(queue, expires_ms))];
            self.batch.put_indexed(SEEN, &mark, &seen, index, expect);
            self.seen.insert(mark, seen);
        }
        Ok(Sent { message_id: content.id, sequence: queue.is_fifo().then_some(sequence) })
    }

    /// Puts a message, a new one or one of another queue. Answers its sequence number.
    ///
    /// # Errors
    /// When storage fails.
    pub(crate) async fn admit(
        &mut self,
        mut message: Message,
        content: &Content,
    ) -> Result<u64, Error> {
        let queue = &self.queue.value;
        if let Some(group) = message.group.clone().filter(|_| queue.is_fifo()) {
            let ready_ms = message.visible_at(queue);
            let entry = self.group(group, ready_ms).await?;
            message.sequence = message.sequence.max(entry.last_sequence.saturating_add(1));
            entry.last_sequence = message.sequence;
        }
        let key = format!("{}{}", queue.prefix(), message.tail(queue));
        self.batch.put_indexed(MESSAGE, &key, &message, message.index(queue), Expect::Absent);
        self.batch.put(CONTENT, &key, content, Expect::Absent);
        Ok(message.sequence)
    }

    /// Everything that has been put.
    pub(crate) fn finish(self) -> Batch {
        let queue = &self.queue.value;
        let mut batch = self.batch;
        if batch.is_empty() {
            return batch;
        }
        for (group, expect) in self.groups.into_values() {
            let key = queue.group_key(&group.id);
            batch.put_indexed(GROUP, key, &group, group.index(queue), expect);
        }
        // A queue that is deleted meanwhile must not be left with messages.
        batch.checks.push((QUEUE.to_owned(), self.queue.key.clone(), self.queue.expect));
        batch
    }

    /// Forgets what FIFO queues remember for a while, once that has passed.
    ///
    /// # Errors
    /// When storage fails.
    pub(crate) async fn forget(&mut self) -> Result<(), Error> {
        let batch = forgotten(self.ctx, &self.queue.value, SEEN, FORGOTTEN_AT_ONCE).await?;
        // What this very batch puts again stays.
        let removes = batch.removes.into_iter();
        self.batch.removes.extend(removes.filter(|remove| !self.seen.contains_key(&remove.key)));
        Ok(())
    }

    /// The message sent under that mark in the last five minutes, or what the mark's record must be to be put.
    async fn seen_before(&self, mark: &str) -> Result<Result<Seen, Expect>, Error> {
        if let Some(seen) = self.seen.get(mark) {
            return Ok(Ok(seen.clone()));
        }
        let found = self.ctx.records::<Seen>(SEEN).get(mark).await?;
        Ok(match found {
            None => Err(Expect::Absent),
            Some(found) if found.value.expires_ms <= self.ctx.now_ms => Err(found.expect),
            Some(found) => Ok(found.value),
        })
    }

    async fn group(&mut self, group: String, ready_ms: i64) -> Result<&mut Group, Error> {
        let key = self.queue.value.group_key(&group);
        if !self.groups.contains_key(&key) {
            let found = self.ctx.records::<Group>(GROUP).get(&key).await?;
            let entry = found.map_or_else(
                || (Group { id: group, last_sequence: 0, ready_ms }, Expect::Absent),
                |found| (found.value, found.expect),
            );
            self.groups.insert(key.clone(), entry);
        }
        Ok(&mut self.groups.get_mut(&key).expect("inserted above when it was missing").0)
    }
}

/// Removals of the queue's records of `kind` whose time has passed, at most `limit`.
///
/// # Errors
/// When storage fails.
pub(crate) async fn forgotten(
    ctx: &Ctx,
    queue: &Queue,
    kind: &'static str,
    limit: usize,
) -> Result<Batch, Error> {
    let prefix = queue.prefix();
    let scan = Scan { index: Some(EXPIRES), ..Scan::of(kind, &prefix, limit) };
    let (page, _) = ctx.records::<Remembered>(kind).scan(scan).await?;
    let mut batch = Batch::new();
    for found in page.into_iter().take_while(|found| found.value.expires_ms <= ctx.now_ms) {
        batch.remove(kind, found.key, Expect::Any);
    }
    Ok(batch)
}

/// What all that is remembered for a while has in common.
#[derive(serde::Deserialize)]
struct Remembered {
    expires_ms: i64,
}

/// What counts as the same message; FIFO queues only.
fn deduplication_id(queue: &Queue, checked: &Checked) -> Option<String> {
    if !queue.is_fifo() {
        return None;
    }
    let of_content = || hex::encode(Sha256::digest(checked.body.as_bytes()));
    Some(checked.deduplication_id.clone().unwrap_or_else(of_content))
}

/// `SenderId`. AWS shows the unique ids of users and roles, which are IAM's; here they are names.
fn sender(ctx: &Ctx) -> String {
    match &ctx.principal.kind {
        PrincipalKind::User(name) | PrincipalKind::Service(name) => name.clone(),
        PrincipalKind::Role { role, session } => format!("{role}:{session}"),
        PrincipalKind::Root | PrincipalKind::Platform => ctx.account().to_owned(),
        PrincipalKind::Anonymous => "anonymous".to_owned(),
    }
}
