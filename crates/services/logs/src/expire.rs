//! Removing events whose retention has passed: one daily work item per group with a retention.

use crate::records::{CHUNK, Chunk, DAY_MS, Event, GROUP, Group, STREAM, Stream};
use serde::{Deserialize, Serialize};
use service::{AwsError, Ctx, Found, WorkItem, WorkOutcome};
use store::{Batch, Scan};

/// The kind of the work item; its key is the group's.
pub(crate) const WORK: &str = "logs/expire";

/// Streams looked at in one run, and so in one commit.
const STREAMS_AT_ONCE: usize = 100;
/// Chunks removed in one run, and so in one commit.
const CHUNKS_AT_ONCE: usize = 500;
/// Chunks read at a time.
const READ_AT_ONCE: usize = 50;

/// Where a round through the group's streams goes on.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Progress {
    after: Option<String>,
}

/// The item of a group: a round is due.
pub(crate) fn item(group_key: &str, region: &str, due_ms: i64) -> WorkItem {
    WorkItem::new(WORK, group_key, region, due_ms, &Progress::default())
}

/// Removes some of what has expired; comes again at once while there may be more, and the next day.
pub(crate) async fn run(ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
    let Some(group) = ctx.records::<Group>(GROUP).get(&item.key).await? else {
        return Ok(WorkOutcome::done());
    };
    if group.value.retention_days.is_none() {
        return Ok(WorkOutcome::done());
    }
    let expired_before_ms = group.value.expired_before_ms(ctx.now_ms);
    let progress: Progress = serde_json::from_value(item.body.clone()).unwrap_or_default();
    let prefix = format!("{}:", group.key);
    let after = progress.after.as_deref();
    let scan = Scan { after, ..Scan::of(STREAM, &prefix, STREAMS_AT_ONCE) };
    let (streams, next) = ctx.records::<Stream>(STREAM).scan(scan).await?;
    let mut round = Round { ctx, expired_before_ms, left: CHUNKS_AT_ONCE, batch: Batch::new() };
    let mut reached = progress.after.clone();
    let mut is_through = true;
    for stream in streams {
        let key = stream.key.clone();
        round.clean(&group.key, stream).await?;
        if round.left == 0 {
            is_through = false;
            break;
        }
        reached = Some(key);
    }
    let (after, due_ms) = match (is_through, next) {
        (true, None) => (None, ctx.now_ms.saturating_add(DAY_MS)),
        (true, next) => (next, ctx.now_ms),
        (false, _) => (reached, ctx.now_ms),
    };
    let body = serde_json::to_value(Progress { after }).expect("work bodies are plain data");
    let again = Some(WorkItem { due_ms, attempts: 0, body, ..item.clone() });
    Ok(WorkOutcome { again, batch: round.batch, ..WorkOutcome::default() })
}

struct Round<'a> {
    ctx: &'a Ctx,
    expired_before_ms: i64,
    /// How many chunks may still be removed.
    left: usize,
    batch: Batch,
}

impl Round<'_> {
    /// Removes the stream's chunks that hold nothing else than expired events.
    async fn clean(&mut self, group_key: &str, stream: Found<Stream>) -> Result<(), AwsError> {
        let Found { key, value: mut record, expect } = stream;
        if record.first_event_ms.is_none_or(|ms| ms >= self.expired_before_ms) {
            return Ok(());
        }
        let prefix = format!("{key}:");
        let mut after: Option<String> = None;
        let mut earliest_ms = None;
        let mut has_removed = false;
        'listing: loop {
            let scan = Scan { after: after.as_deref(), ..Scan::of(CHUNK, &prefix, READ_AT_ONCE) };
            let (chunks, next) = self.ctx.records::<Chunk>(CHUNK).scan(scan).await?;
            for chunk in chunks {
                let first_ms = chunk.value.first_ms();
                let has_expired = chunk.value.last_ms() < self.expired_before_ms;
                if !has_expired || self.left == 0 {
                    earliest_ms = earliest_ms.or(Some(first_ms));
                }
                if first_ms >= self.expired_before_ms || self.left == 0 {
                    break 'listing;
                }
                if has_expired {
                    let bytes: usize = chunk.value.events.iter().map(Event::bytes).sum();
                    record.stored_bytes = record.stored_bytes.saturating_sub(bytes as u64);
                    // With its version: it may have got events since.
                    self.batch.remove(CHUNK, chunk.key, chunk.expect);
                    self.left -= 1;
                    has_removed = true;
                }
            }
            match next {
                Some(cursor) => after = Some(cursor),
                None => break,
            }
        }
        if has_removed {
            record.first_event_ms = earliest_ms;
            let index = record.index(group_key);
            self.batch.put_indexed(STREAM, key, &record, index, expect);
        }
        Ok(())
    }
}
