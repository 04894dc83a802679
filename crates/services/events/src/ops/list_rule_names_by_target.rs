//! `ListRuleNamesByTarget`.

use crate::Events;
use crate::error::Error;
use crate::listing::page_of;
use crate::records::{RULE, Rule, bus_name, require_bus};
use serde::{Deserialize, Serialize};
use service::{Ctx, PageToken, Reply, page_size};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    target_arn: String,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    rule_names: Vec<String>,
    next_token: Option<String>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let bus = bus_name(ctx, input.event_bus_name.as_deref());
    require_bus(ctx, bus).await?;
    let rules = ctx.records::<Rule>(RULE).all(&format!("{}/{bus}/", ctx.region)).await?;
    let question = format!("{}/{bus} {}", ctx.region, input.target_arn);
    let token = PageToken { question: &question };
    let after = token.read(input.next_token.as_deref(), "ValidationException")?;
    let names: Vec<String> = rules
        .into_iter()
        .map(|found| found.value)
        .filter(|rule| rule.targets.iter().any(|target| target.arn == input.target_arn))
        .map(|rule| rule.name)
        .collect();
    let size = page_size(input.limit, 100, 100);
    let (rule_names, next) = page_of(names, String::as_str, after.as_deref(), size);
    Ok(Reply::new(Output { rule_names, next_token: next.map(|cursor| token.make(&cursor)) }))
}
