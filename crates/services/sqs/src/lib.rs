//! Amazon SQS: standard and FIFO queues, dead-letter queues, long polling.
//!
//! **Invariant:** what was answered is stored: a message that was sent is received until it is deleted, and a receive
//! has been committed before anybody gets its messages.
//!
//! **Invariant:** no receive looks at the whole queue. A standard queue's messages are found by when they can be
//! received, a FIFO queue's by when their group can; see [`records`].
//!
//! **Invariant:** whatever changes a FIFO queue waits for its turn and keeps it until the commit, so that sequence numbers
//! and deliveries have one order; standard queues have no turns.
//!
//! **Invariant:** what is kept in memory only spares work: which messages other receives are about to hand out, and
//! whose turn it is in a FIFO queue. Decisions rest on the versions of records.

mod address;
mod attempt;
mod attributes;
mod batch;
mod changes;
mod claims;
mod deposit;
mod digest;
mod error;
mod handled;
mod harvest;
mod model;
mod ops;
mod outgoing;
mod permission;
mod receipt;
mod records;
mod redrive;
mod sweep;

use serde_json::Value;
use service::{Arn, AwsError, Ctx, Kit, Operation, Service, WorkItem, WorkOutcome, operation};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use tokio::sync::OwnedMutexGuard;
use wire::Model;

static MODEL: LazyLock<Model> = LazyLock::new(model::load);

/// Sequence numbers have twenty digits.
const FIRST_SEQUENCE: u64 = 10_000_000_000_000_000_000;
/// Sequence numbers a millisecond, as a power of two.
const SEQUENCE_BITS: u32 = 20;

/// The service.
#[derive(Debug)]
pub struct Sqs {
    base_url: String,
    claims: claims::Claims,
    locks: claims::Locks,
    sequence: AtomicU64,
}

#[rustfmt::skip] // One row per operation, so that it reads as a table.
static OPERATIONS: &[Operation<Sqs>] = &[
    operation!("AddPermission", ops::add_permission, "{QueueUrl}"),
    operation!("ChangeMessageVisibility", ops::change_message_visibility, "{QueueUrl}"),
    operation!("ChangeMessageVisibilityBatch", ops::change_message_visibility_batch, "{QueueUrl}", action "sqs:ChangeMessageVisibility"),
    operation!("CreateQueue", ops::create_queue, "arn:aws:sqs:{region}:{account}:{QueueName}"),
    operation!("DeleteMessage", ops::delete_message, "{QueueUrl}"),
    operation!("DeleteMessageBatch", ops::delete_message_batch, "{QueueUrl}", action "sqs:DeleteMessage"),
    operation!("DeleteQueue", ops::delete_queue, "{QueueUrl}"),
    operation!("GetQueueAttributes", ops::get_queue_attributes, "{QueueUrl}"),
    operation!("GetQueueUrl", ops::get_queue_url, "arn:aws:sqs:{region}:{account}:{QueueName}"),
    operation!("ListDeadLetterSourceQueues", ops::list_dead_letter_source_queues, "{QueueUrl}"),
    operation!("ListQueueTags", ops::list_queue_tags, "{QueueUrl}"),
    operation!("ListQueues", ops::list_queues, "*"),
    operation!("PurgeQueue", ops::purge_queue, "{QueueUrl}"),
    operation!("ReceiveMessage", ops::receive_message, "{QueueUrl}"),
    operation!("RemovePermission", ops::remove_permission, "{QueueUrl}"),
    operation!("SendMessage", ops::send_message, "{QueueUrl}"),
    operation!("SendMessageBatch", ops::send_message_batch, "{QueueUrl}", action "sqs:SendMessage"),
    operation!("SetQueueAttributes", ops::set_queue_attributes, "{QueueUrl}"),
    operation!("TagQueue", ops::tag_queue, "{QueueUrl}"),
    operation!("UntagQueue", ops::untag_queue, "{QueueUrl}"),
];

/// Shapes and operations, for clients.
pub fn model() -> &'static Model {
    &MODEL
}

impl Sqs {
    /// SQS whose queues have URLs that begin with `base_url`, for instance `http://127.0.0.1:4566`.
    pub fn new(_kit: &Arc<Kit>, base_url: &str) -> Self {
        Self {
            base_url: base_url.trim_end_matches('/').to_owned(),
            claims: claims::Claims::default(),
            locks: claims::Locks::default(),
            sequence: AtomicU64::new(FIRST_SEQUENCE),
        }
    }

    /// The URL of a queue.
    pub(crate) fn url(&self, ctx: &Ctx, name: &str) -> String {
        format!("{}/{}/{name}", self.base_url, ctx.account())
    }

    /// Waits for this request's turn in a FIFO queue, which lasts until what is returned is dropped.
    pub(crate) async fn order(&self, queue: &records::Queue) -> Option<OwnedMutexGuard<()>> {
        if queue.is_fifo() { Some(self.locks.lock(&queue.prefix()).await) } else { None }
    }

    /// A number greater than those before, also before a restart.
    pub(crate) fn next_sequence(&self, now_ms: i64) -> u64 {
        let now = u64::try_from(now_ms).unwrap_or_default();
        let of_now = FIRST_SEQUENCE.saturating_add(now.saturating_mul(1 << SEQUENCE_BITS));
        let next = |last: u64| Some(last.saturating_add(1).max(of_now));
        let last = self.sequence.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
        last.unwrap_or_else(|last| last).saturating_add(1).max(of_now)
    }
}

#[async_trait::async_trait]
impl Service for Sqs {
    service::by_table!("sqs", MODEL, OPERATIONS);

    /// Queues are named by their URLs.
    fn resource_arn(&self, ctx: &Ctx, _operation: &str, input: &Value) -> Option<String> {
        let (account, name) = address::read(input.get("QueueUrl")?.as_str()?);
        Some(records::arn(&ctx.region, account.unwrap_or(ctx.account()), name))
    }

    async fn resource_policy(&self, ctx: &Ctx, resource: &str) -> Result<Option<String>, AwsError> {
        let Ok(arn) = Arn::parse(resource) else { return Ok(None) };
        if arn.account != ctx.account() {
            return Ok(None);
        }
        let found = records::queue_named(ctx, &arn.resource).await?;
        Ok(found.and_then(|found| found.value.attributes.get("Policy").cloned()))
    }

    async fn work(&self, ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
        match item.kind.as_str() {
            sweep::WORK => sweep::run(ctx, item).await,
            other => Err(service::unknown_kind(other)),
        }
    }
}
