//! `UpdateStateMachine`: what is given replaces what is there; running executions keep what they started with.

use crate::arns;
use crate::config::{Encryption, Logging, Tracing};
use crate::error::Error;
use crate::ops::create_state_machine::check_description;
use crate::records::{Content, MACHINE, Version, find_machine, seconds};
use crate::{States, definition, role, versions};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use store::Batch;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    state_machine_arn: String,
    definition: Option<String>,
    role_arn: Option<String>,
    logging_configuration: Option<Logging>,
    tracing_configuration: Option<Tracing>,
    encryption_configuration: Option<Encryption>,
    #[serde(default)]
    publish: bool,
    version_description: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    update_date: f64,
    revision_id: Option<String>,
    state_machine_version_arn: Option<String>,
}

pub(crate) async fn run(_: &States, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let named = arns::read_machine(&input.state_machine_arn)?;
    if named.qualifier.is_some() {
        return Err(Error::MachineDoesNotExist(input.state_machine_arn));
    }
    let mut found = find_machine(ctx, &named.machine).await?;
    if found.value.deleting {
        return Err(Error::MachineDeleting(named.machine));
    }
    check_given(&input)?;
    check_description(input.publish, input.version_description.as_deref())?;
    let machine = &mut found.value;
    let content = merged(&machine.content, &input);
    content.logging.check()?;
    content.encryption.check()?;
    if input.definition.is_some() {
        definition::check(&content.definition, machine.express)?;
    }
    let is_other_role = content.role_arn != machine.content.role_arn;
    if is_other_role || content.logging != machine.content.logging {
        arns::require_role(&content.role_arn)?;
        role::check(ctx, &content, &machine.arn).await?;
    }
    if content != machine.content {
        machine.content = content;
        machine.revision_id = Some(ctx.uuid());
    }
    machine.updated_ms = ctx.now_ms;
    let mut batch = Batch::new();
    let mut version_arn = None;
    if input.publish {
        let version = versions::publish(ctx, machine, input.version_description, &mut batch);
        version_arn = Some(Version::arn(&version.await?));
    }
    batch.put(MACHINE, &machine.arn, &*machine, found.expect);
    let output = Output {
        update_date: seconds(ctx.now_ms),
        revision_id: machine.revision_id.clone(),
        state_machine_version_arn: version_arn,
    };
    Ok(Reply::with(output, batch))
}

fn check_given(input: &Input) -> Result<(), Error> {
    let given = input.definition.is_some()
        || input.role_arn.is_some()
        || input.logging_configuration.is_some()
        || input.tracing_configuration.is_some()
        || input.encryption_configuration.is_some();
    if given {
        return Ok(());
    }
    let message = "Either the definition, the role ARN, the LoggingConfiguration, or the \
                   TracingConfiguration must be specified";
    Err(Error::MissingRequiredParameter(message.to_owned()))
}

fn merged(before: &Content, input: &Input) -> Content {
    fn or<T: Clone>(given: Option<&T>, before: &T) -> T {
        given.unwrap_or(before).clone()
    }
    Content {
        definition: or(input.definition.as_ref(), &before.definition),
        role_arn: or(input.role_arn.as_ref(), &before.role_arn),
        logging: or(input.logging_configuration.as_ref(), &before.logging),
        tracing: or(input.tracing_configuration.as_ref(), &before.tracing),
        encryption: or(input.encryption_configuration.as_ref(), &before.encryption),
    }
}
