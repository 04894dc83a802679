//! What happened to alarms.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::Ctx;
use store::{Batch, Expect, Scan};

/// Record kind of [`Entry`]; the key is `region/name`, the moment and something unique.
pub(crate) const HISTORY: &str = "cloudwatch/history";

// AWS: DescribeAlarmHistory: kept for 30 days.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;

/// Something that happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) alarm_name: String,
    pub(crate) at_ms: i64,
    /// `ConfigurationUpdate`, `StateUpdate`, `Action`.
    pub(crate) kind: String,
    pub(crate) summary: String,
    pub(crate) data: String,
}

/// What the keys of an alarm's history begin with.
pub(crate) fn prefix(region: &str, name: &str) -> String {
    format!("{region}/{name}\u{1f}")
}

/// Adds an entry to `batch`, and drops what is too old.
pub(crate) async fn add(
    ctx: &Ctx,
    name: &str,
    kind: &str,
    summary: String,
    data: &Value,
    batch: &mut Batch,
) -> Result<(), Error> {
    let prefix = prefix(&ctx.region, name);
    let (oldest, _) = ctx.records::<Entry>(HISTORY).scan(Scan::of(HISTORY, &prefix, 16)).await?;
    for found in oldest.into_iter().filter(|found| found.value.at_ms < ctx.now_ms - KEPT_MS) {
        batch.remove(HISTORY, found.key, Expect::Any);
    }
    let entry = Entry {
        alarm_name: name.to_owned(),
        at_ms: ctx.now_ms,
        kind: kind.to_owned(),
        summary: summary.chars().take(255).collect(),
        data: data.to_string(),
    };
    let key = format!("{prefix}{:015}/{}", ctx.now_ms.max(0), ctx.uuid());
    batch.put(HISTORY, key, &entry, Expect::Any);
    Ok(())
}
