//! `DeleteEventBus`: deleting what is not there is fine; a bus with rules stays.

use crate::Events;
use crate::error::Error;
use crate::records::{BUS, Bus, DEFAULT_BUS, RULE, Rule, bus_name};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let name = bus_name(ctx, Some(&input.name));
    if name == DEFAULT_BUS {
        return Err(Error::Validation("Cannot delete event bus default.".to_owned()));
    }
    let key = format!("{}/{name}", ctx.region);
    let Some(bus) = ctx.records::<Bus>(BUS).get(&key).await? else {
        return Ok(Reply::new(json!({})));
    };
    if !ctx.records::<Rule>(RULE).all(&format!("{key}/")).await?.is_empty() {
        return Err(Error::Validation("Event bus can't be deleted since it has rules.".to_owned()));
    }
    let mut batch = Batch::new();
    batch.remove(BUS, key, bus.expect);
    Ok(Reply::with(json!({}), batch))
}
