//! What `EnableRule` and `DisableRule` share.

use crate::error::Error;
use crate::records::{RULE, bus_name, find_rule};
use crate::schedule;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    event_bus_name: Option<String>,
}

/// Puts the rule into `state` and arms or disarms its schedule.
pub(crate) async fn switch(ctx: &Ctx, input: Input, state: &str) -> Result<Reply<Value>, Error> {
    let bus = bus_name(ctx, input.event_bus_name.as_deref());
    let found = find_rule(ctx, bus, &input.name).await?;
    let mut rule = found.value;
    if rule.state == state {
        return Ok(Reply::new(json!({})));
    }
    let was_enabled = rule.enabled;
    state.clone_into(&mut rule.state);
    rule.enabled = state != "DISABLED";
    if rule.enabled != was_enabled {
        rule.anchor_ms = ctx.now_ms;
    }
    let mut batch = Batch::new();
    batch.put(RULE, rule.key(), &rule, found.expect);
    let reply = Reply::with(json!({}), batch);
    if rule.enabled == was_enabled {
        return Ok(reply);
    }
    Ok(match schedule::item(&rule, ctx.now_ms) {
        Some(item) => reply.work(item),
        None => reply.cancel(schedule::WORK, rule.key()),
    })
}
