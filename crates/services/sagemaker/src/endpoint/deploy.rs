//! From an endpoint configuration to the processes that serve it.

use super::records::{Endpoint, Fleet, Member, Process, Variant};
use crate::error::Error;
use crate::job::runner_error;
use crate::models;
use crate::nouns::Thing;
use crate::serving::{containers, free_port};
use serde_json::{Map, Value, json};
use service::{AwsError, Ctx};

/// Processes of one endpoint that this machine is asked for at most.
const MOST_PROCESSES: usize = 32;

/// The fleet of a configuration, not started.
pub(crate) async fn fleet(ctx: &Ctx, name: &str, config: &Thing) -> Result<Fleet, Error> {
    let given = config.request.get("ProductionVariants").and_then(Value::as_array);
    let mut variants = Vec::new();
    for variant in given.into_iter().flatten() {
        variants.push(self::variant(ctx, name, variant).await?);
    }
    let fleet = Fleet {
        config: config.name.clone(),
        request: config.request.clone(),
        variants,
        since_ms: ctx.now_ms,
    };
    check_size(&fleet)?;
    Ok(fleet)
}

async fn variant(ctx: &Ctx, endpoint: &str, given: &Value) -> Result<Variant, Error> {
    let text = |member: &str| given.get(member).and_then(Value::as_str).unwrap_or_default();
    let mut named = Map::new();
    named.insert("ModelName".to_owned(), Value::from(text("ModelName")));
    let model = models::find(ctx, &named).await?.value;
    let containers = containers(ctx, &model.request).await?;
    for container in &containers {
        if container.get("Mode").and_then(Value::as_str) == Some("MultiModel") {
            return Err(Error::Unsupported(
                "refit serves one model per container: Mode must be SingleModel.".to_owned(),
            ));
        }
    }
    let count = given.get("InitialInstanceCount").and_then(Value::as_u64).unwrap_or(1).max(1);
    let key = crate::records::key(&ctx.region, endpoint);
    let mut members = Vec::new();
    for _ in 0..count.min(MOST_PROCESSES as u64 + 1) {
        members.push(member(ctx, &key, containers.len())?);
    }
    let role = model.request.get("ExecutionRoleArn").and_then(Value::as_str);
    Ok(Variant {
        name: text("VariantName").to_owned(),
        // AWS: ProductionVariant: InitialVariantWeight is 1.0 by default.
        weight: given.get("InitialVariantWeight").and_then(Value::as_f64).unwrap_or(1.0),
        role: role.unwrap_or_default().to_owned(),
        containers,
        members,
    })
}

/// Takes weights and sizes over from what serves now.
// AWS: UpdateEndpoint: RetainAllVariantProperties and ExcludeRetainedVariantProperties.
pub(crate) fn keep_properties(
    ctx: &Ctx,
    endpoint: &Endpoint,
    fleet: &mut Fleet,
    excluded: &[&str],
) -> Result<(), Error> {
    let Some(live) = &endpoint.live else { return Ok(()) };
    let key = crate::records::key(&endpoint.region, &endpoint.name);
    for variant in &mut fleet.variants {
        let Some(old) = live.variants.iter().find(|old| old.name == variant.name) else { continue };
        if !excluded.contains(&"DesiredWeight") {
            variant.weight = old.weight;
        }
        if !excluded.contains(&"DesiredInstanceCount") {
            resize(ctx, &key, variant, old.members.len())?;
        }
    }
    check_size(fleet)
}

/// What serves now, with other weights and sizes; its members go on.
pub(crate) fn resized(ctx: &Ctx, endpoint: &Endpoint, wanted: &[Value]) -> Result<Fleet, Error> {
    let Some(mut fleet) = endpoint.live.clone() else {
        return Err(Error::Validation("The endpoint is not in service.".to_owned()));
    };
    let key = crate::records::key(&endpoint.region, &endpoint.name);
    for wanted in wanted {
        let name = wanted.get("VariantName").and_then(Value::as_str).unwrap_or_default();
        let variant = fleet.variants.iter_mut().find(|variant| variant.name == name);
        let Some(variant) = variant else {
            return Err(Error::Validation(format!(
                "The variant name(s) \"{name}\" is/are not present within endpoint configuration \"{}\".",
                fleet.config
            )));
        };
        if let Some(weight) = wanted.get("DesiredWeight").and_then(Value::as_f64) {
            variant.weight = weight;
        }
        if let Some(count) = wanted.get("DesiredInstanceCount").and_then(Value::as_u64) {
            resize(ctx, &key, variant, count.clamp(1, MOST_PROCESSES as u64 + 1) as usize)?;
        }
    }
    fleet.since_ms = ctx.now_ms;
    check_size(&fleet)?;
    Ok(fleet)
}

fn resize(ctx: &Ctx, key: &str, variant: &mut Variant, count: usize) -> Result<(), Error> {
    variant.members.truncate(count);
    while variant.members.len() < count {
        variant.members.push(member(ctx, key, variant.containers.len())?);
    }
    Ok(())
}

fn check_size(fleet: &Fleet) -> Result<(), Error> {
    let processes: usize = fleet.members().map(|member| member.processes.len()).sum();
    if processes > MOST_PROCESSES {
        return Err(Error::Limit(format!(
            "refit runs at most {MOST_PROCESSES} containers for one endpoint."
        )));
    }
    Ok(())
}

/// Refuses ways of shifting traffic that would not take place.
pub(crate) fn check_deployment(config: Option<&Value>) -> Result<(), Error> {
    let Some(config) = config else { return Ok(()) };
    let routing = &config["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"];
    let is_rolling = config.get("RollingUpdatePolicy").is_some();
    if is_rolling || !(routing.is_null() || *routing == json!("ALL_AT_ONCE")) {
        return Err(Error::Unsupported(
            "refit shifts all traffic at once: TrafficRoutingConfiguration must be ALL_AT_ONCE."
                .to_owned(),
        ));
    }
    if config.get("AutoRollbackConfiguration").is_some_and(|it| it["Alarms"] != json!([])) {
        return Err(Error::Unsupported("refit has no alarms to roll back by.".to_owned()));
    }
    Ok(())
}

fn member(ctx: &Ctx, key: &str, processes: usize) -> Result<Member, AwsError> {
    let id = ctx.uuid().replace('-', "");
    let id = format!("i-{}", id.get(..17).unwrap_or(&id));
    Ok(Member { id, processes: new_processes(ctx, key, processes)? })
}

/// Processes that have not been started yet.
pub(super) fn new_processes(ctx: &Ctx, key: &str, count: usize) -> Result<Vec<Process>, AwsError> {
    let name = key.rsplit('/').next().unwrap_or(key);
    let new = |_| {
        let id = ctx.uuid();
        let id = id.get(..8).ok_or_else(|| runner_error("identifiers have eight characters"))?;
        let run_id = format!("endpoint.{}.{name}.{id}", ctx.region);
        Ok(Process { run_id, port: free_port()? })
    };
    (0..count).map(new).collect()
}
