//! Events: the envelope, and where matching ones go.

use crate::error::Error;
use crate::records::{RULE, Rule};
use crate::{deliver, target};
use pattern::Pattern;
use serde_json::{Value, json};
use service::{Ctx, WorkItem};

/// An event's envelope.
pub(crate) struct Envelope<'a> {
    pub(crate) id: &'a str,
    pub(crate) source: &'a str,
    pub(crate) detail_type: &'a str,
    pub(crate) time_ms: i64,
    pub(crate) resources: Vec<Value>,
    pub(crate) detail: Value,
}

impl Envelope<'_> {
    /// The event as rules match it and targets get it.
    pub(crate) fn event(self, ctx: &Ctx) -> Value {
        json!({
            "version": "0",
            "id": self.id,
            "detail-type": self.detail_type,
            "source": self.source,
            "account": ctx.account(),
            "time": time_text(self.time_ms),
            "region": ctx.region,
            "resources": self.resources,
            "detail": self.detail,
        })
    }
}

/// `2026-01-31T12:00:00Z`: events carry whole seconds.
pub(crate) fn time_text(time_ms: i64) -> String {
    jiff::Timestamp::from_second(time_ms.div_euclid(1000))
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_string()
}

/// Deliveries of an event to the targets of the bus's enabled rules that match it.
pub(crate) async fn deliveries(
    ctx: &Ctx,
    bus: &str,
    event: &Value,
    hops: u32,
) -> Result<Vec<WorkItem>, Error> {
    let prefix = format!("{}/{bus}/", ctx.region);
    let mut work = Vec::new();
    for rule in ctx.records::<Rule>(RULE).all(&prefix).await? {
        let rule = rule.value;
        let Some(text) = rule.event_pattern.as_deref().filter(|_| rule.enabled) else { continue };
        let matches = Pattern::parse(text).is_ok_and(|pattern| pattern.matches(event));
        if matches {
            work.extend(to_targets(ctx, &rule, event, hops));
        }
    }
    Ok(work)
}

/// The name of an execution that an event starts: at most 80 of the characters that names may have. The id of an event
/// that a transformer made up is anything.
fn execution_name(id: &str, unique: &str) -> String {
    let is_fit = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let id: String = id.chars().filter(is_fit).take(36).collect();
    format!("{id}_{unique}")
}

/// One delivery for each target of a rule.
pub(crate) fn to_targets(ctx: &Ctx, rule: &Rule, event: &Value, hops: u32) -> Vec<WorkItem> {
    let id = event["id"].as_str().unwrap_or_default();
    rule.targets
        .iter()
        .map(|target| {
            let unique = ctx.uuid();
            let key = format!("{}/{id}/{}/{unique}", rule.key(), target.id);
            let delivery = deliver::Delivery {
                rule_arn: rule.arn.clone(),
                name: execution_name(id, &unique),
                input: target::input(target, rule, event, ctx.now_ms),
                target: target.clone(),
                first_ms: ctx.now_ms,
                hops,
                given_up: None,
            };
            WorkItem::new(deliver::WORK, key, &rule.region, ctx.now_ms, &delivery)
        })
        .collect()
}
