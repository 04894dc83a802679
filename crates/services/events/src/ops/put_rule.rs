//! `PutRule`: creates a rule or replaces all of it but its targets and tags.

use crate::error::Error;
use crate::records::{RULE, Rule, bus_name, require_bus, rule_arn, rule_key};
use crate::tags::{Tag, to_map};
use crate::{Events, interest, schedule};
use calendar::Expression;
use pattern::Pattern;
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    schedule_expression: Option<String>,
    event_pattern: Option<String>,
    state: Option<String>,
    description: Option<String>,
    role_arn: Option<String>,
    tags: Option<Vec<Tag>>,
    event_bus_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    rule_arn: String,
}

pub(crate) async fn run(_: &Events, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let bus = bus_name(ctx, input.event_bus_name.as_deref()).to_owned();
    require_bus(ctx, &bus).await?;
    check(&input, &bus)?;
    let key = rule_key(&ctx.region, &bus, &input.name);
    let before = ctx.records::<Rule>(RULE).get(&key).await?;
    let rule = merge(ctx, input, bus, before.as_ref().map(|found| &found.value));
    let keeps_beat = before.as_ref().is_some_and(|found| rule.keeps_beat_of(&found.value));
    if let Some(pattern) = &rule.event_pattern {
        interest::listen(ctx, pattern);
    }
    let mut batch = Batch::new();
    batch.put(RULE, &key, &rule, before.map_or(Expect::Absent, |found| found.expect));
    let reply = Reply::with(Output { rule_arn: rule.arn.clone() }, batch);
    if keeps_beat {
        // A firing that is due, or under way, stays as it is.
        return Ok(reply);
    }
    Ok(match schedule::item(&rule, ctx.now_ms) {
        Some(item) => reply.work(item),
        None => reply.cancel(schedule::WORK, key),
    })
}

fn check(input: &Input, bus: &str) -> Result<(), Error> {
    if input.schedule_expression.is_none() && input.event_pattern.is_none() {
        return Err(Error::Validation(
            "Parameter(s) EventPattern or ScheduleExpression must be specified.".to_owned(),
        ));
    }
    if let Some(expression) = &input.schedule_expression {
        if bus != crate::records::DEFAULT_BUS {
            return Err(Error::Validation(
                "ScheduleExpression is supported only on the default event bus.".to_owned(),
            ));
        }
        Expression::parse_rule(expression).map_err(|error| {
            tracing::info!(expression, %error, "a schedule expression was refused");
            Error::Validation("Parameter ScheduleExpression is not valid.".to_owned())
        })?;
    }
    if let Some(text) = &input.event_pattern {
        Pattern::parse(text).map_err(|error| Error::InvalidPattern(error.to_string()))?;
    }
    Ok(())
}

/// The rule as it will be: targets and tags stay, and a schedule that does not change keeps its beat.
fn merge(ctx: &Ctx, input: Input, bus: String, before: Option<&Rule>) -> Rule {
    let state = input.state.unwrap_or_else(|| "ENABLED".to_owned());
    let mut rule = Rule {
        arn: rule_arn(ctx, &bus, &input.name),
        name: input.name,
        bus,
        region: ctx.region.clone(),
        description: input.description,
        schedule_expression: input.schedule_expression.filter(|text| !text.is_empty()),
        event_pattern: input.event_pattern.filter(|text| !text.is_empty()),
        enabled: state != "DISABLED",
        state,
        role_arn: input.role_arn,
        anchor_ms: ctx.now_ms,
        // AWS: PutRule: tags are only taken when the rule is created.
        tags: before.map_or_else(|| to_map(input.tags.unwrap_or_default()), |b| b.tags.clone()),
        targets: before.map(|before| before.targets.clone()).unwrap_or_default(),
    };
    if let Some(before) = before.filter(|before| rule.keeps_beat_of(before)) {
        rule.anchor_ms = before.anchor_ms;
    }
    rule
}
