//! `CreateEventBus`.

use crate::Events;
use crate::error::Error;
use crate::records::{BUS, Bus, DEFAULT_BUS};
use crate::tags::{Tag, to_map};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    description: Option<String>,
    tags: Option<Vec<Tag>>,
    event_source_name: Option<String>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    event_bus_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    if input.event_source_name.is_some() || input.name.contains('/') {
        // AWS: CreateEventBus: a custom bus has no slash in its name; partner buses are named after their source.
        return Err(Error::Validation(format!(
            "Event bus name {} is not valid: refit has no partner event sources.",
            input.name
        )));
    }
    let key = format!("{}/{}", ctx.region, input.name);
    if input.name == DEFAULT_BUS || ctx.records::<Bus>(BUS).get(&key).await?.is_some() {
        return Err(Error::BusExists(input.name));
    }
    let arn = ctx.arn("events", &format!("event-bus/{}", input.name));
    let bus = Bus {
        name: input.name,
        arn: arn.clone(),
        description: input.description.clone(),
        created_ms: ctx.now_ms,
        tags: to_map(input.tags.unwrap_or_default()),
        other: input.other.clone(),
    };
    let mut batch = Batch::new();
    batch.put(BUS, key, &bus, Expect::Absent);
    Ok(Reply::with(
        Output { event_bus_arn: arn, description: input.description, other: input.other },
        batch,
    ))
}
