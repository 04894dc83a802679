//! `RemoveTargets`.

use crate::Events;
use crate::error::Error;
use crate::records::{RULE, bus_name, find_rule};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    rule: String,
    event_bus_name: Option<String>,
    ids: Vec<String>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let bus = bus_name(ctx, input.event_bus_name.as_deref());
    let found = find_rule(ctx, bus, &input.rule).await?;
    let mut rule = found.value;
    rule.targets.retain(|target| !input.ids.contains(&target.id));
    let mut batch = Batch::new();
    batch.put(RULE, rule.key(), &rule, found.expect);
    Ok(Reply::with(json!({"FailedEntryCount": 0, "FailedEntries": []}), batch))
}
