//! Changes of messages that are in a queue, and what they mean for the groups of a FIFO queue.

use crate::error::Error;
use crate::records::{CONTENT, GROUP, Group, MESSAGE, Message, Queue};
use service::{Ctx, Found};
use std::collections::{BTreeMap, HashMap};
use store::{Batch, Scan};

// One receive hands out at most so many messages, so no more of a group can be in flight.
const MOST_IN_FLIGHT: usize = 10;

/// Changes of one queue's messages, in one commit.
pub(crate) struct Changes<'a> {
    ctx: &'a Ctx,
    pub(crate) queue: &'a Queue,
    pub(crate) now_ms: i64,
    batch: Batch,
    /// By group and key; `None` is removed.
    groups: BTreeMap<String, HashMap<String, Option<Message>>>,
}

impl<'a> Changes<'a> {
    pub(crate) fn new(ctx: &'a Ctx, queue: &'a Queue, now_ms: i64) -> Self {
        Self { ctx, queue, now_ms, batch: Batch::new(), groups: BTreeMap::new() }
    }

    /// The message is no more in this queue.
    pub(crate) fn remove(&mut self, found: &Found<Message>) {
        self.batch.remove(MESSAGE, &found.key, found.expect);
        self.batch.remove(CONTENT, &found.key, store::Expect::Any);
        self.note(&found.key, found.value.group.as_ref(), None);
    }

    /// The message is another.
    pub(crate) fn put(&mut self, found: &Found<Message>, message: &Message) {
        let index = message.index(self.queue);
        self.batch.put_indexed(MESSAGE, &found.key, message, index, found.expect);
        self.note(&found.key, message.group.as_ref(), Some(message));
    }

    /// The group is to be looked at again, though none of its messages has changed.
    pub(crate) fn touch(&mut self, group: &str) {
        self.groups.entry(group.to_owned()).or_default();
    }

    /// Other changes that belong to the same commit.
    pub(crate) fn extend(&mut self, batch: Batch) {
        self.batch.extend(batch);
    }

    /// The batch, with the groups as they are after it.
    ///
    /// # Errors
    /// When storage fails.
    pub(crate) async fn settle(mut self) -> Result<Batch, Error> {
        for (group, changed) in std::mem::take(&mut self.groups) {
            let ready_ms = self.ready(&group, &changed).await?;
            let key = self.queue.group_key(&group);
            let found = self.ctx.records::<Group>(GROUP).get(&key).await?;
            match (found, ready_ms) {
                (Some(found), None) => {
                    self.batch.remove(GROUP, key, found.expect);
                }
                (Some(found), Some(ready_ms)) => {
                    let group = Group { ready_ms, ..found.value };
                    let index = group.index(self.queue);
                    self.batch.put_indexed(GROUP, key, &group, index, found.expect);
                }
                (None, _) => tracing::error!(key, "a message group has no record"),
            }
        }
        Ok(self.batch)
    }

    fn note(&mut self, key: &str, group: Option<&String>, message: Option<&Message>) {
        if let Some(group) = group.filter(|_| self.queue.is_fifo()) {
            let changed = self.groups.entry(group.clone()).or_default();
            changed.insert(key.to_owned(), message.cloned());
        }
    }

    /// When the group can be received from; `None` when it has no messages left.
    async fn ready(
        &self,
        group: &str,
        changed: &HashMap<String, Option<Message>>,
    ) -> Result<Option<i64>, Error> {
        let prefix = self.queue.group_prefix(group);
        let mut first_ms = None;
        let mut in_flight_ms = None;
        let mut seen = 0;
        let mut after: Option<String> = None;
        loop {
            let scan =
                Scan { after: after.as_deref(), ..Scan::of(MESSAGE, &prefix, 2 * MOST_IN_FLIGHT) };
            let (page, next) = self.ctx.records::<Message>(MESSAGE).scan(scan).await?;
            for found in page {
                let message = match changed.get(&found.key) {
                    Some(None) => continue,
                    Some(Some(changed)) => changed,
                    None => &found.value,
                };
                first_ms = first_ms.or(Some(message.visible_at(self.queue)));
                if message.is_in_flight(self.now_ms) {
                    in_flight_ms = in_flight_ms.max(Some(message.visible_ms));
                }
                seen += 1;
            }
            match next {
                Some(cursor) if seen < MOST_IN_FLIGHT => after = Some(cursor),
                _ => return Ok(in_flight_ms.or(first_ms)),
            }
        }
    }
}
