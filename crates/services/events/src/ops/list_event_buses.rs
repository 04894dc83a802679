//! `ListEventBuses`.

use crate::Events;
use crate::error::Error;
use crate::ops::describe_event_bus::View;
use crate::records::{BUS, Bus, DEFAULT_BUS};
use serde::{Deserialize, Serialize};
use service::{Ctx, PageToken, Reply, page_size};
use store::Scan;

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
    let mut scan = Scan::of(BUS, &prefix, page_size(input.limit, 100, 100));
    scan.after = after.as_deref();
    let (found, next) = ctx.records::<Bus>(BUS).scan(scan).await?;
    let is_first_page = after.is_none() && DEFAULT_BUS.starts_with(&name_prefix);
    let event_buses = is_first_page
        .then(|| View::default_bus(ctx))
        .into_iter()
        .chain(found.into_iter().map(|found| View::of(found.value)))
        .collect();
    Ok(Reply::new(Output { event_buses, next_token: next.map(|cursor| token.make(&cursor)) }))
}
