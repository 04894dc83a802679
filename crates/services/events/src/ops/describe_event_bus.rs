//! `DescribeEventBus`.

use crate::Events;
use crate::error::Error;
use crate::records::{BUS, Bus, DEFAULT_BUS, bus_name};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: Option<String>,
}

/// A bus as it is described and listed.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct View {
    name: String,
    arn: String,
    description: Option<String>,
    creation_time: Option<f64>,
    last_modified_time: Option<f64>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

impl View {
    /// The bus's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A bus that was created.
    pub(crate) fn of(bus: Bus) -> Self {
        let created = Some(bus.created_ms as f64 / 1000.0);
        Self {
            name: bus.name,
            arn: bus.arn,
            description: bus.description,
            creation_time: created,
            last_modified_time: created,
            other: Map::new(),
        }
    }

    /// The bus that every account has.
    pub(crate) fn default_bus(ctx: &Ctx) -> Self {
        Self {
            name: DEFAULT_BUS.to_owned(),
            arn: ctx.arn("events", "event-bus/default"),
            description: None,
            creation_time: None,
            last_modified_time: None,
            other: Map::new(),
        }
    }
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<View>, Error> {
    let name = bus_name(ctx, input.name.as_deref());
    if name == DEFAULT_BUS {
        return Ok(Reply::new(View::default_bus(ctx)));
    }
    let key = format!("{}/{name}", ctx.region);
    match ctx.records::<Bus>(BUS).get(&key).await? {
        Some(bus) => {
            let other = bus.value.other.clone();
            Ok(Reply::new(View { other, ..View::of(bus.value) }))
        }
        None => Err(Error::NoBus(name.to_owned())),
    }
}
