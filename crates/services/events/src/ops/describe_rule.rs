//! `DescribeRule`.

use crate::Events;
use crate::error::Error;
use crate::records::{bus_name, find_rule};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    event_bus_name: Option<String>,
}

/// A rule as `DescribeRule` and `ListRules` show it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct View {
    name: String,
    arn: String,
    event_pattern: Option<String>,
    schedule_expression: Option<String>,
    state: String,
    description: Option<String>,
    role_arn: Option<String>,
    event_bus_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<String>,
}

impl View {
    /// The rule as it is listed.
    pub(crate) fn of(rule: crate::records::Rule) -> Self {
        Self {
            name: rule.name,
            arn: rule.arn,
            event_pattern: rule.event_pattern,
            schedule_expression: rule.schedule_expression,
            state: rule.state,
            description: rule.description,
            role_arn: rule.role_arn,
            event_bus_name: rule.bus,
            created_by: None,
        }
    }
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<View>, Error> {
    let bus = bus_name(ctx, input.event_bus_name.as_deref());
    let rule = find_rule(ctx, bus, &input.name).await?.value;
    let created_by = Some(ctx.account().to_owned());
    Ok(Reply::new(View { created_by, ..View::of(rule) }))
}
