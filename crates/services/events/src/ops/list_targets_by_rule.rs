//! `ListTargetsByRule`. A rule has at most five targets, so there is one page.

use crate::Events;
use crate::error::Error;
use crate::records::{Target, bus_name, find_rule};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    rule: String,
    event_bus_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    targets: Vec<Target>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let bus = bus_name(input.event_bus_name.as_deref());
    let rule = find_rule(ctx, bus, &input.rule).await?.value;
    Ok(Reply::new(Output { targets: rule.targets }))
}
