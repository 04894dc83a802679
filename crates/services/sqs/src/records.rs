//! What is stored: queues, messages, and what FIFO queues remember.
//!
//! A message is two records: [`Message`], small, which every receive rewrites, and [`Content`], which never changes. All
//! records of a queue but its own have keys that start with [`Queue::prefix`], so that they can be dropped together.
//!
//! **Invariant:** a FIFO queue has a [`Group`] record for exactly those groups that have messages.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use service::{Ctx, Found};
use std::collections::BTreeMap;
use store::{Batch, Expect};

/// Record kind of [`Queue`]; the key is `region/name`.
pub(crate) const QUEUE: &str = "sqs/queue";
/// Record kind of [`Message`]; the key is the queue's prefix and [`Message::tail`].
pub(crate) const MESSAGE: &str = "sqs/message";
/// Record kind of [`Content`]; the key is the message's.
pub(crate) const CONTENT: &str = "sqs/content";
/// Record kind of [`Group`]; the key is the queue's prefix and the group's escaped id.
pub(crate) const GROUP: &str = "sqs/group";
/// Record kind of [`Seen`]; the key is the queue's prefix and the deduplication id, after the group's where that counts.
pub(crate) const SEEN: &str = "sqs/seen";
/// Record kind of [`Attempt`]; the key is the queue's prefix and the attempt's id.
pub(crate) const ATTEMPT: &str = "sqs/attempt";

/// Index of a standard queue's messages by when they can be received.
pub(crate) const VISIBLE: &str = "visible";
/// Index of groups by when they can be received from.
pub(crate) const READY: &str = "ready";
/// Index of what is remembered for a while only.
pub(crate) const EXPIRES: &str = "expires";
/// Index of queues by their dead-letter queue.
pub(crate) const SOURCES: &str = "sources";

/// A queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) region: String,
    /// Another one for every queue ever made, also under the same name.
    pub(crate) id: String,
    pub(crate) created_ms: i64,
    pub(crate) modified_ms: i64,
    /// When it was last purged.
    pub(crate) purged_ms: Option<i64>,
    /// What was set, under AWS's names; the rest has its default.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Queue {
    /// The queue's record key.
    pub(crate) fn key(&self) -> String {
        queue_key(&self.region, &self.name)
    }

    /// What the keys of everything in the queue start with.
    pub(crate) fn prefix(&self) -> String {
        format!("{}/{}/", self.region, self.name)
    }

    /// The keys of a group's messages start with this.
    pub(crate) fn group_prefix(&self, group: &str) -> String {
        format!("{}/{}/{}/", self.region, self.name, escape(group))
    }

    /// The record key of a group.
    pub(crate) fn group_key(&self, group: &str) -> String {
        format!("{}/{}/{}", self.region, self.name, escape(group))
    }

    /// FIFO queues are known by their name.
    pub(crate) fn is_fifo(&self) -> bool {
        is_fifo_name(&self.name)
    }

    pub(crate) fn arn(&self, ctx: &Ctx) -> String {
        arn(&self.region, ctx.account(), &self.name)
    }

    /// The bell that rings when something in the queue may be received.
    pub(crate) fn bell(&self) -> String {
        format!("sqs:{}/{}", self.region, self.name)
    }

    /// Index entries of the queue's record.
    pub(crate) fn index(&self) -> Vec<(&'static str, String)> {
        let redrive = crate::redrive::policy(self);
        redrive
            .map(|redrive| (SOURCES, format!("{}/{}/", self.region, redrive.target)))
            .into_iter()
            .collect()
    }
}

/// A message without its content.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Message {
    /// Orders messages as they were sent.
    pub(crate) sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<String>,
    pub(crate) sent_ms: i64,
    /// When it can be received; see [`Message::visible_at`].
    pub(crate) visible_ms: i64,
    pub(crate) receive_count: u32,
    pub(crate) first_received_ms: Option<i64>,
    pub(crate) received_ms: i64,
    /// The mark of the last receipt handle.
    pub(crate) receipt: String,
}

impl Message {
    /// What follows the queue's prefix in the message's key.
    pub(crate) fn tail(&self, queue: &Queue) -> String {
        match &self.group {
            Some(group) if queue.is_fifo() => format!("{}/{:020}", escape(group), self.sequence),
            _ => format!("{:020}", self.sequence),
        }
    }

    /// When it can be received, Unix milliseconds.
    // AWS: the delay of a FIFO queue is retroactive: changing it affects messages already there.
    pub(crate) fn visible_at(&self, queue: &Queue) -> i64 {
        if queue.is_fifo() && self.receive_count == 0 {
            self.sent_ms.saturating_add(crate::attributes::milliseconds(queue, "DelaySeconds"))
        } else {
            self.visible_ms
        }
    }

    /// Whether somebody has it and may still delete it.
    pub(crate) fn is_in_flight(&self, now_ms: i64) -> bool {
        self.receive_count > 0 && self.visible_ms > now_ms
    }

    /// Whether it has been in the queue longer than messages stay.
    pub(crate) fn is_over(&self, queue: &Queue, now_ms: i64) -> bool {
        let stays_ms = crate::attributes::milliseconds(queue, "MessageRetentionPeriod");
        self.sent_ms.saturating_add(stays_ms) <= now_ms
    }

    /// Index entries of the message's record.
    pub(crate) fn index(&self, queue: &Queue) -> Vec<(&'static str, String)> {
        if queue.is_fifo() {
            return Vec::new();
        }
        vec![(VISIBLE, timed(queue, self.visible_ms))]
    }
}

/// What was sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Content {
    /// The message's id.
    pub(crate) id: String,
    pub(crate) body: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) attributes: BTreeMap<String, Attribute>,
    /// `AWSTraceHeader`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace: Option<String>,
    pub(crate) sender: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deduplication_id: Option<String>,
    /// The queue it came from, when this is a dead-letter queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dead_letter_source: Option<String>,
}

/// A message attribute, as on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Attribute {
    #[serde(default)]
    pub(crate) data_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) string_value: Option<String>,
    /// Base64 text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) binary_value: Option<String>,
    #[serde(default, skip_serializing)]
    pub(crate) string_list_values: Vec<serde_json::Value>,
    #[serde(default, skip_serializing)]
    pub(crate) binary_list_values: Vec<serde_json::Value>,
}

/// A message group of a FIFO queue that has messages.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) last_sequence: u64,
    /// When its first message can be received: not while one of its messages is in flight.
    pub(crate) ready_ms: i64,
}

impl Group {
    /// Index entries of the group's record.
    pub(crate) fn index(&self, queue: &Queue) -> Vec<(&'static str, String)> {
        vec![(READY, timed(queue, self.ready_ms))]
    }
}

/// A message that was sent lately, so that it is not sent twice.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) message_id: String,
    pub(crate) sequence: u64,
    pub(crate) expires_ms: i64,
}

/// What a receive with an attempt id got, so that its repetition gets the same.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Attempt {
    /// Tails of the messages, with the marks of their receipt handles.
    pub(crate) receipts: Vec<(String, String)>,
    pub(crate) expires_ms: i64,
}

/// Whether queues of that name are FIFO queues.
pub(crate) fn is_fifo_name(name: &str) -> bool {
    name.strip_suffix(".fifo").is_some()
}

/// The record key of a queue.
pub(crate) fn queue_key(region: &str, name: &str) -> String {
    format!("{region}/{name}")
}

/// A queue's ARN.
pub(crate) fn arn(region: &str, account: &str, name: &str) -> String {
    format!("arn:aws:sqs:{region}:{account}:{name}")
}

/// The index key, within a queue, of an instant in Unix milliseconds.
pub(crate) fn timed(queue: &Queue, at_ms: i64) -> String {
    format!("{}/{}/{:015}", queue.region, queue.name, at_ms.max(0))
}

/// The record key of something remembered under an id that the client chose.
pub(crate) fn remembered_key(queue: &Queue, scope: Option<&str>, id: &str) -> String {
    let scope = scope.map(|scope| format!("{}/", escape(scope))).unwrap_or_default();
    format!("{}/{}/{scope}{}", queue.region, queue.name, escape(id))
}

/// Keys use `/` between their parts.
fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('/', "%2F")
}

/// Puts a queue's own record.
pub(crate) fn put_queue(batch: &mut Batch, queue: &Queue, expect: Expect) {
    batch.put_indexed(QUEUE, queue.key(), queue, queue.index(), expect);
}

/// Removes everything that is in a queue.
pub(crate) fn empty_queue(batch: &mut Batch, queue: &Queue) {
    for kind in [MESSAGE, CONTENT, GROUP, SEEN, ATTEMPT] {
        batch.remove_prefixes.push((kind.to_owned(), queue.prefix()));
    }
}

/// The queue of that name, if there is one.
pub(crate) async fn queue_named(ctx: &Ctx, name: &str) -> Result<Option<Found<Queue>>, Error> {
    Ok(ctx.records::<Queue>(QUEUE).get(&queue_key(&ctx.region, name)).await?)
}
