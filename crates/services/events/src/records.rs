//! What is stored: rules with their targets, and buses.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Ctx, Found};
use std::collections::BTreeMap;

/// Record kind of [`Rule`]; the key is `region/bus/name`.
pub(crate) const RULE: &str = "events/rule";
/// Record kind of [`Bus`]; the key is `region/name`.
pub(crate) const BUS: &str = "events/bus";
/// The bus that every account has without creating it.
pub(crate) const DEFAULT_BUS: &str = "default";

/// A rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) bus: String,
    pub(crate) region: String,
    pub(crate) arn: String,
    pub(crate) description: Option<String>,
    pub(crate) schedule_expression: Option<String>,
    pub(crate) event_pattern: Option<String>,
    pub(crate) enabled: bool,
    /// `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS` and the like, as given.
    pub(crate) state: String,
    pub(crate) role_arn: Option<String>,
    /// What `rate()` counts from, Unix milliseconds: when the schedule was set.
    pub(crate) anchor_ms: i64,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) targets: Vec<Target>,
}

/// Refuses the batch when the rule has changed since it was read.
pub(crate) fn unchanged(batch: &mut store::Batch, rule: &Found<Rule>) {
    batch.checks.push((RULE.to_owned(), rule.key.clone(), rule.expect));
}

/// A rule's target.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Target {
    pub(crate) id: String,
    pub(crate) arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) input_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) input_transformer: Option<InputTransformer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_policy: Option<RetryPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dead_letter_config: Option<DeadLetterConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sqs_parameters: Option<SqsParameters>,
    /// Parameters of targets that refit has no service for, kept as given.
    #[serde(flatten)]
    pub(crate) other: BTreeMap<String, Value>,
}

/// `InputTransformer` of a target.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InputTransformer {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) input_paths_map: BTreeMap<String, String>,
    pub(crate) input_template: String,
}

/// `RetryPolicy` of a target.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RetryPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) maximum_retry_attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) maximum_event_age_in_seconds: Option<i64>,
}

/// `DeadLetterConfig` of a target.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeadLetterConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) arn: Option<String>,
}

/// `SqsParameters` of a target.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SqsParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message_group_id: Option<String>,
}

/// A bus other than the default one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Bus {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) description: Option<String>,
    pub(crate) created_ms: i64,
    pub(crate) tags: BTreeMap<String, String>,
    /// `KmsKeyIdentifier`, `DeadLetterConfig` and `LogConfig`, kept as given.
    #[serde(default)]
    pub(crate) other: serde_json::Map<String, Value>,
}

impl Rule {
    /// The rule's record key.
    pub(crate) fn key(&self) -> String {
        rule_key(&self.region, &self.bus, &self.name)
    }

    /// Whether its firings are those that the rule had `before`.
    pub(crate) fn keeps_beat_of(&self, before: &Self) -> bool {
        self.enabled == before.enabled && self.schedule_expression == before.schedule_expression
    }
}

/// The record key of a rule.
pub(crate) fn rule_key(region: &str, bus: &str, name: &str) -> String {
    format!("{region}/{bus}/{name}")
}

/// A rule's ARN: rules of the default bus do not name it.
pub(crate) fn rule_arn(ctx: &Ctx, bus: &str, name: &str) -> String {
    if bus == DEFAULT_BUS {
        ctx.arn("events", &format!("rule/{name}"))
    } else {
        ctx.arn("events", &format!("rule/{bus}/{name}"))
    }
}

/// The bus's name out of a name, an ARN or nothing. The ARN of another region or account stays whole: refit has no such bus.
pub(crate) fn bus_name<'a>(ctx: &Ctx, given: Option<&'a str>) -> &'a str {
    let given = given.unwrap_or(DEFAULT_BUS);
    given.strip_prefix(&ctx.arn("events", "event-bus/")).unwrap_or(given)
}

/// A bus's ARN.
pub(crate) fn bus_arn(ctx: &Ctx, bus: &str) -> String {
    if bus.starts_with("arn:") {
        return bus.to_owned();
    }
    ctx.arn("events", &format!("event-bus/{bus}"))
}

/// The rule, or AWS's refusal.
pub(crate) async fn find_rule(ctx: &Ctx, bus: &str, name: &str) -> Result<Found<Rule>, Error> {
    ctx.records::<Rule>(RULE)
        .get(&rule_key(&ctx.region, bus, name))
        .await?
        .ok_or_else(|| Error::NoRule { rule: name.to_owned(), bus: bus.to_owned() })
}

/// Refuses a bus that is not there.
pub(crate) async fn require_bus(ctx: &Ctx, bus: &str) -> Result<(), Error> {
    if bus == DEFAULT_BUS {
        return Ok(());
    }
    let key = format!("{}/{bus}", ctx.region);
    match ctx.records::<Bus>(BUS).get(&key).await? {
        Some(_) => Ok(()),
        None => Err(Error::NoBus(bus.to_owned())),
    }
}
