//! `ListTargetsByRule`.

use crate::Events;
use crate::error::Error;
use crate::listing::page_of;
use crate::records::{Target, bus_name, find_rule};
use serde::{Deserialize, Serialize};
use service::{Ctx, PageToken, Reply, page_size};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    rule: String,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    targets: Vec<Target>,
    next_token: Option<String>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let bus = bus_name(ctx, input.event_bus_name.as_deref());
    let rule = find_rule(ctx, bus, &input.rule).await?.value;
    let token = PageToken { question: &rule.arn };
    let after = token.read(input.next_token.as_deref(), "ValidationException")?;
    let mut targets = rule.targets;
    targets.sort_by(|a, b| a.id.cmp(&b.id));
    let size = page_size(input.limit, 100, 100);
    let (targets, next) = page_of(targets, |target| &target.id, after.as_deref(), size);
    Ok(Reply::new(Output { targets, next_token: next.map(|cursor| token.make(&cursor)) }))
}
