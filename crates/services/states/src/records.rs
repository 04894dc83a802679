//! What is stored: state machines, their versions and aliases, activities. Executions are the driver's.

use crate::arns::{MachineRef, Qualifier};
use crate::config::{Encryption, Logging, Tracing};
use crate::error::Error;
use serde::{Deserialize, Serialize};
use service::{Ctx, Found};
use std::collections::BTreeMap;

/// Record kind of [`Machine`]; the key is the ARN.
pub(crate) const MACHINE: &str = "states/machine";
/// Record kind of [`Version`]; the key is [`version_key`].
pub(crate) const VERSION: &str = "states/version";
/// Record kind of [`Alias`]; the key is the ARN.
pub(crate) const ALIAS: &str = "states/alias";
/// Record kind of [`Activity`]; the key is the ARN.
pub(crate) const ACTIVITY: &str = "states/activity";

/// What of a state machine is versioned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) definition: String,
    pub(crate) role_arn: String,
    pub(crate) logging: Logging,
    pub(crate) tracing: Tracing,
    pub(crate) encryption: Encryption,
}

/// A state machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) express: bool,
    pub(crate) content: Content,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
    /// Changes with the content; none as long as it is the one the machine was created with.
    pub(crate) revision_id: Option<String>,
    /// The number the last version got; numbers are never given twice.
    pub(crate) last_version: u64,
    pub(crate) tags: BTreeMap<String, String>,
    /// Its running executions are being stopped, then it goes.
    #[serde(default)]
    pub(crate) deleting: bool,
}

/// A published version of a state machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) machine_arn: String,
    pub(crate) number: u64,
    pub(crate) description: Option<String>,
    pub(crate) content: Content,
    pub(crate) revision_id: Option<String>,
    pub(crate) created_ms: i64,
}

/// An alias: one or two versions with their weights.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Alias {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) routes: Vec<Route>,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
}

/// A version and the percentage of executions that it gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Route {
    pub(crate) state_machine_version_arn: String,
    pub(crate) weight: u32,
}

/// An activity.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Activity {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) encryption: Encryption,
    pub(crate) created_ms: i64,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Machine {
    /// `STANDARD` or `EXPRESS`.
    pub(crate) fn kind(&self) -> &'static str {
        if self.express { "EXPRESS" } else { "STANDARD" }
    }

    /// `ACTIVE` or `DELETING`.
    pub(crate) fn status(&self) -> &'static str {
        if self.deleting { "DELETING" } else { "ACTIVE" }
    }
}

impl Version {
    /// Its ARN.
    pub(crate) fn arn(&self) -> String {
        format!("{}:{}", self.machine_arn, self.number)
    }
}

/// What keys of a machine's versions begin with.
pub(crate) fn version_prefix(machine_arn: &str) -> String {
    format!("{machine_arn}\n")
}

/// The record key of a version: keys of one machine's versions are in the order of their numbers.
pub(crate) fn version_key(machine_arn: &str, number: u64) -> String {
    format!("{machine_arn}\n{number:020}")
}

/// The state machine, or AWS's refusal.
pub(crate) async fn find_machine(ctx: &Ctx, arn: &str) -> Result<Found<Machine>, Error> {
    let found = ctx.records::<Machine>(MACHINE).get(arn).await?;
    found.ok_or_else(|| Error::MachineDoesNotExist(arn.to_owned()))
}

/// The version, or AWS's refusal.
pub(crate) async fn find_version(
    ctx: &Ctx,
    machine_arn: &str,
    number: u64,
) -> Result<Found<Version>, Error> {
    let key = version_key(machine_arn, number);
    let found = ctx.records::<Version>(VERSION).get(&key).await?;
    found.ok_or_else(|| Error::MachineDoesNotExist(format!("{machine_arn}:{number}")))
}

/// The alias, if there is one.
pub(crate) async fn alias(
    ctx: &Ctx,
    machine_arn: &str,
    name: &str,
) -> Result<Option<Found<Alias>>, Error> {
    Ok(ctx.records::<Alias>(ALIAS).get(&format!("{machine_arn}:{name}")).await?)
}

/// The activity, or AWS's refusal.
pub(crate) async fn find_activity(ctx: &Ctx, arn: &str) -> Result<Found<Activity>, Error> {
    let found = ctx.records::<Activity>(ACTIVITY).get(arn).await?;
    found.ok_or_else(|| Error::ActivityDoesNotExist(arn.to_owned()))
}

/// What an execution is to be started of.
pub(crate) struct Chosen {
    pub(crate) machine: Machine,
    /// The machine's own content or that of the version.
    pub(crate) content: Content,
    pub(crate) revision_id: Option<String>,
    pub(crate) updated_ms: i64,
    pub(crate) version_arn: Option<String>,
    pub(crate) alias_arn: Option<String>,
}

impl Chosen {
    /// The machine itself.
    pub(crate) fn of(machine: Machine) -> Self {
        Self {
            content: machine.content.clone(),
            revision_id: machine.revision_id.clone(),
            updated_ms: machine.updated_ms,
            machine,
            version_arn: None,
            alias_arn: None,
        }
    }
}

/// The machine, version or routed version that an ARN names.
pub(crate) async fn choose(ctx: &Ctx, named: &MachineRef) -> Result<Chosen, Error> {
    let machine = find_machine(ctx, &named.machine).await?.value;
    let (number, alias_arn) = match &named.qualifier {
        None => return Ok(Chosen::of(machine)),
        Some(Qualifier::Version(number)) => (*number, None),
        Some(Qualifier::Alias(name)) => {
            let arn = format!("{}:{name}", named.machine);
            let found = alias(ctx, &named.machine, name).await?;
            let found = found.ok_or_else(|| Error::MachineDoesNotExist(arn.clone()))?;
            (routed(ctx, &found.value.routes), Some(arn))
        }
    };
    let version = find_version(ctx, &named.machine, number).await?.value;
    Ok(Chosen {
        machine,
        version_arn: Some(version.arn()),
        content: version.content,
        revision_id: version.revision_id,
        updated_ms: version.created_ms,
        alias_arn,
    })
}

/// The number of the version that the next execution of an alias gets.
fn routed(ctx: &Ctx, routes: &[Route]) -> u64 {
    let mut draw = u32::try_from(ctx.kit.entropy.next_u64() % 100).unwrap_or_default();
    let mut chosen = routes.first();
    for route in routes {
        if draw < route.weight {
            chosen = Some(route);
            break;
        }
        draw -= route.weight;
    }
    let arn = chosen.map_or("", |route| route.state_machine_version_arn.as_str());
    arn.rsplit(':').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// Unix seconds with milliseconds as the fraction, as timestamps are in values.
pub(crate) fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}
