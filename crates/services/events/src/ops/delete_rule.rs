//! `DeleteRule`: a rule that has no targets goes; deleting what is not there is fine.

use crate::error::Error;
use crate::records::{RULE, Rule, bus_name, rule_key};
use crate::{Events, schedule};
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

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let bus = bus_name(ctx, input.event_bus_name.as_deref());
    let key = rule_key(&ctx.region, bus, &input.name);
    let Some(rule) = ctx.records::<Rule>(RULE).get(&key).await? else {
        return Ok(Reply::new(json!({})));
    };
    if !rule.value.targets.is_empty() {
        return Err(Error::Validation("Rule can't be deleted since it has targets.".to_owned()));
    }
    let mut batch = Batch::new();
    batch.remove(RULE, &key, rule.expect);
    Ok(Reply::with(json!({}), batch).cancel(schedule::WORK, key))
}
