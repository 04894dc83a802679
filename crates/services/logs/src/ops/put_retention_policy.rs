//! `PutRetentionPolicy`: from now on older events are not shown, and a daily work item removes them.

use crate::Logs;
use crate::error::Error;
use crate::expire;
use crate::records::{GROUP, find_group};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

// AWS: PutRetentionPolicy: the days that can be chosen.
const DAYS: [i64; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    retention_in_days: i64,
}

pub(crate) async fn run(_: &Logs, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    if !DAYS.contains(&input.retention_in_days) {
        // UNVERIFIED: the text.
        return Err(Error::Invalid(format!(
            "1 validation error detected: Value '{}' at 'retentionInDays' failed to satisfy constraint: \
             Member must satisfy enum value set: {DAYS:?}",
            input.retention_in_days
        )));
    }
    let mut group = find_group(ctx, &input.log_group_name).await?;
    group.value.retention_days = Some(input.retention_in_days);
    let mut batch = Batch::new();
    batch.put(GROUP, &group.key, &group.value, group.expect);
    let item = expire::item(&group.key, &ctx.region, ctx.now_ms);
    Ok(Reply::with(json!({}), batch).work(item))
}
