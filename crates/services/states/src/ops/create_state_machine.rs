//! `CreateStateMachine`: idempotent for the same name and content; publishes the first version if asked.

use crate::config::{Encryption, Logging, Tracing};
use crate::error::Error;
use crate::records::{Content, MACHINE, Machine, VERSION, Version, seconds, version_key};
use crate::tags::Tag;
use crate::{States, arns, definition, names, role, tags};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use store::{Batch, Expect};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    name: String,
    definition: String,
    role_arn: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    logging_configuration: Option<Logging>,
    tracing_configuration: Option<Tracing>,
    encryption_configuration: Option<Encryption>,
    tags: Option<Vec<Tag>>,
    #[serde(default)]
    publish: bool,
    version_description: Option<String>,
}

/// Whether a version is to be published at once, and what it says.
struct FirstVersion {
    publish: bool,
    description: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    state_machine_arn: String,
    creation_date: f64,
    state_machine_version_arn: Option<String>,
}

pub(crate) async fn run(states: &States, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    names::check(&input.name)?;
    check_description(input.publish, input.version_description.as_deref())?;
    arns::require_role(&input.role_arn)?;
    let express = input.kind.as_deref() == Some("EXPRESS");
    definition::check(&input.definition, express)?;
    let content = Content {
        definition: input.definition,
        role_arn: input.role_arn,
        logging: input.logging_configuration.unwrap_or_default(),
        tracing: input.tracing_configuration.unwrap_or_default(),
        encryption: input.encryption_configuration.unwrap_or_default(),
    };
    content.logging.check()?;
    content.encryption.check()?;
    let arn = arns::machine(ctx, &input.name);
    let wanted = FirstVersion { publish: input.publish, description: input.version_description };
    if let Some(found) = ctx.records::<Machine>(MACHINE).get(&arn).await? {
        return again(ctx, found.value, &content, express, wanted).await;
    }
    role::check(ctx, &content, &arn).await?;
    if !states.registered.has_room(ctx, MACHINE, &arns::machine(ctx, "")).await? {
        return Err(Error::TooManyMachines);
    }
    let machine = Machine {
        arn,
        name: input.name,
        express,
        content,
        created_ms: ctx.now_ms,
        updated_ms: ctx.now_ms,
        revision_id: None,
        last_version: u64::from(wanted.publish),
        tags: tags::new(input.tags)?,
        deleting: false,
    };
    let mut batch = Batch::new();
    let version = wanted.publish.then(|| Version {
        machine_arn: machine.arn.clone(),
        number: 1,
        description: wanted.description,
        content: machine.content.clone(),
        revision_id: None,
        created_ms: ctx.now_ms,
    });
    if let Some(version) = &version {
        batch.put(VERSION, version_key(&machine.arn, 1), version, Expect::Absent);
    }
    batch.put(MACHINE, &machine.arn, &machine, Expect::Absent);
    Ok(Reply::with(output(machine, version.as_ref().map(Version::arn)), batch))
}

/// Refuses a description of a version that is not to be.
pub(crate) fn check_description(publish: bool, description: Option<&str>) -> Result<(), Error> {
    if !publish && description.is_some() {
        // AWS: as refused by CreateStateMachine and UpdateStateMachine.
        let message = "Version description can only be set when publish is true";
        return Err(Error::Validation(message.to_owned()));
    }
    Ok(())
}

/// There is a machine of that name: the same request again, or a clash.
// AWS: API reference: the role and the tags do not count; publish and the description do.
async fn again(
    ctx: &Ctx,
    machine: Machine,
    content: &Content,
    express: bool,
    wanted: FirstVersion,
) -> Result<Reply<Output>, Error> {
    if machine.deleting {
        return Err(Error::MachineDeleting(machine.arn));
    }
    let same = Content { role_arn: machine.content.role_arn.clone(), ..content.clone() };
    if machine.express != express || machine.content != same {
        return Err(Error::MachineExists(machine.arn));
    }
    if !wanted.publish {
        return Ok(Reply::new(output(machine, None)));
    }
    let first = ctx.records::<Version>(VERSION).get(&version_key(&machine.arn, 1)).await?;
    match first.filter(|first| first.value.description == wanted.description) {
        Some(first) => {
            let arn = first.value.arn();
            Ok(Reply::new(output(machine, Some(arn))))
        }
        None => Err(Error::MachineExists(machine.arn)),
    }
}

fn output(machine: Machine, version_arn: Option<String>) -> Output {
    Output {
        creation_date: seconds(machine.created_ms),
        state_machine_arn: machine.arn,
        state_machine_version_arn: version_arn,
    }
}
