//! `ListEventBuses`.

use crate::Events;
use crate::error::Error;
use crate::listing::page_of;
use crate::ops::describe_event_bus::View;
use crate::records::{BUS, Bus, DEFAULT_BUS};
use serde::{Deserialize, Serialize};
use service::{Ctx, PageToken, Reply, page_size};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name_prefix: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    event_buses: Vec<View>,
    next_token: Option<String>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let name_prefix = input.name_prefix.unwrap_or_default();
    let prefix = format!("{}/{name_prefix}", ctx.region);
    let token = PageToken { question: &prefix };
    let after = token.read(input.next_token.as_deref(), "ValidationException")?;
    let own = DEFAULT_BUS.starts_with(&name_prefix).then(|| View::default_bus(ctx));
    let made = ctx.records::<Bus>(BUS).all(&prefix).await?;
    let mut buses: Vec<View> =
        own.into_iter().chain(made.into_iter().map(|found| View::of(found.value))).collect();
    buses.sort_by(|a, b| a.name().cmp(b.name()));
    let (event_buses, next) =
        page_of(buses, View::name, after.as_deref(), page_size(input.limit, 100, 100));
    Ok(Reply::new(Output { event_buses, next_token: next.map(|cursor| token.make(&cursor)) }))
}
