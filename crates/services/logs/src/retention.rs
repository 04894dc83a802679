//! Removing what is older than its group's retention.

use service::{AwsError, Ctx, WorkItem, WorkOutcome};
use store::Scan;

use crate::records::{CHUNKS, ChunkRecord, GROUPS, GroupRecord, group_key, stream_key};

/// The kind of work that removes outdated events of one group.
pub(crate) const EXPIRE: &str = "logs/expire";

/// How often a group is looked through.
const INTERVAL_MS: i64 = 6 * 3_600_000;

/// A day.
pub(crate) const DAY_MS: i64 = 24 * 3_600_000;

/// The periods AWS allows, in days.
// AWS: AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
pub(crate) const ALLOWED_DAYS: [i64; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// The work item of a group.
pub(crate) fn item(ctx: &Ctx, group: &str) -> WorkItem {
    let key = group_key(&ctx.region, group);
    WorkItem::new(EXPIRE, key, &ctx.region, ctx.now_ms + INTERVAL_MS, &group)
}

/// The oldest time whose events a group still has.
pub(crate) fn horizon_ms(group: &GroupRecord, now_ms: i64) -> i64 {
    group.retention_days.map_or(i64::MIN, |days| now_ms.saturating_sub(days.saturating_mul(DAY_MS)))
}

/// Removes outdated chunks: those whose last event is outdated.
pub(crate) async fn expire(ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
    let group = item.body.as_str().unwrap_or_default();
    let found = ctx.records::<GroupRecord>(GROUPS).get(&group_key(&ctx.region, group)).await?;
    let Some(record) = found.filter(|found| found.value.retention_days.is_some()) else {
        return Ok(WorkOutcome::done());
    };
    let horizon_ms = horizon_ms(&record.value, ctx.now_ms);
    let prefix = stream_key(&ctx.region, group, "");
    let mut outcome = WorkOutcome::again(item, ctx.now_ms + INTERVAL_MS);
    if let Some(again) = &mut outcome.again {
        again.attempts = 0;
    }
    let mut after: Option<String> = None;
    loop {
        let mut scan = Scan::of(CHUNKS, &prefix, 200);
        scan.after = after.as_deref();
        let (page, next) = ctx.records::<ChunkRecord>(CHUNKS).scan(scan).await?;
        for found in page {
            if found.value.events.last().is_none_or(|event| event.0 < horizon_ms) {
                outcome.batch.remove(CHUNKS, found.key, found.expect);
            }
        }
        match next {
            Some(cursor) => after = Some(cursor),
            None => return Ok(outcome),
        }
    }
}
