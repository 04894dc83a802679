//! `ListRuleNamesByTarget`.

use crate::Events;
use crate::error::Error;
use crate::records::{RULE, Rule, bus_name, require_bus};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    target_arn: String,
    event_bus_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    rule_names: Vec<String>,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let bus = bus_name(input.event_bus_name.as_deref());
    require_bus(ctx, bus).await?;
    let rules = ctx.records::<Rule>(RULE).all(&format!("{}/{bus}/", ctx.region)).await?;
    let rule_names = rules
        .into_iter()
        .map(|found| found.value)
        .filter(|rule| rule.targets.iter().any(|target| target.arn == input.target_arn))
        .map(|rule| rule.name)
        .collect();
    Ok(Reply::new(Output { rule_names }))
}
