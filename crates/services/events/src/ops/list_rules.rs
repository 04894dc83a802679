//! `ListRules`.

use crate::Events;
use crate::error::Error;
use crate::ops::describe_rule::View;
use crate::records::{RULE, Rule, bus_name, require_bus};
use serde::{Deserialize, Serialize};
use service::{Ctx, PageToken, Reply, page_size};
use store::Scan;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name_prefix: Option<String>,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    rules: Vec<View>,
    next_token: Option<String>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let bus = bus_name(ctx, input.event_bus_name.as_deref());
    require_bus(ctx, bus).await?;
    let prefix = format!("{}/{bus}/{}", ctx.region, input.name_prefix.unwrap_or_default());
    let token = PageToken { question: &prefix };
    let after = token.read(input.next_token.as_deref(), "ValidationException")?;
    let mut scan = Scan::of(RULE, &prefix, page_size(input.limit, 100, 100));
    scan.after = after.as_deref();
    let (found, next) = ctx.records::<Rule>(RULE).scan(scan).await?;
    let rules = found.into_iter().map(|found| View::of(found.value)).collect();
    Ok(Reply::new(Output { rules, next_token: next.map(|cursor| token.make(&cursor)) }))
}
