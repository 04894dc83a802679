//! `EnableAlarmActions`.

use crate::Cloudwatch;
use crate::alarm::{ALARM, find};
use crate::error::Error;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) alarm_names: Vec<String>,
}

pub(crate) async fn run(_: &Cloudwatch, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    set(ctx, &input.alarm_names, true).await
}

/// Says of alarms whether changes of their states run actions.
pub(crate) async fn set(ctx: &Ctx, names: &[String], enabled: bool) -> Result<Reply<Value>, Error> {
    let mut batch = Batch::new();
    for name in names {
        // AWS: names that no alarm has are passed over.
        let Some(found) = find(ctx, name).await? else { continue };
        let mut alarm = found.value;
        alarm.config.actions_enabled = Some(enabled);
        alarm.configured_ms = ctx.now_ms;
        batch.put(ALARM, found.key, &alarm, found.expect);
    }
    Ok(Reply::with(json!({}), batch))
}
