//! What the tag operations share: the resource behind an ARN.

use crate::error::Error;
use crate::records::{BUS, Bus, DEFAULT_BUS, RULE, Rule, find_rule};
use serde_json::{Value, json};
use service::{Arn, Ctx, Found, Reply};
use std::collections::BTreeMap;
use store::Batch;

/// Something with tags.
pub(crate) enum Tagged {
    Rule(Found<Rule>),
    Bus(Found<Bus>),
}

/// The rule or bus of an ARN.
pub(crate) async fn find(ctx: &Ctx, arn: &str) -> Result<Tagged, Error> {
    let invalid = || Error::Validation(format!("Parameter {arn} is not valid."));
    let parsed = Arn::parse(arn).map_err(|_| invalid())?;
    if parsed.region != ctx.region || parsed.account != ctx.account() {
        return Err(invalid());
    }
    let mut parts = parsed.resource.splitn(3, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("rule"), Some(name), None) => {
            Ok(Tagged::Rule(find_rule(ctx, DEFAULT_BUS, name).await?))
        }
        (Some("rule"), Some(bus), Some(name)) => Ok(Tagged::Rule(find_rule(ctx, bus, name).await?)),
        (Some("event-bus"), Some(name), None) => {
            let key = format!("{}/{name}", ctx.region);
            let bus = ctx.records::<Bus>(BUS).get(&key).await?;
            Ok(Tagged::Bus(bus.ok_or_else(|| Error::NoBus(name.to_owned()))?))
        }
        _ => Err(invalid()),
    }
}

/// Changes the tags of the rule or bus of an ARN.
pub(crate) async fn change(
    ctx: &Ctx,
    arn: &str,
    change: impl FnOnce(&mut BTreeMap<String, String>),
) -> Result<Reply<Value>, Error> {
    let mut batch = Batch::new();
    match find(ctx, arn).await? {
        Tagged::Rule(mut rule) => {
            change(&mut rule.value.tags);
            batch.put(RULE, &rule.key, &rule.value, rule.expect);
        }
        Tagged::Bus(mut bus) => {
            change(&mut bus.value.tags);
            batch.put(BUS, &bus.key, &bus.value, bus.expect);
        }
    }
    Ok(Reply::with(json!({}), batch))
}
