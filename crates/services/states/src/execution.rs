//! What the execution operations share: starting, and what is shown of one.

use crate::config::{Encryption, Logging, Tracing};
use crate::error::Error;
use crate::ops::Included;
use crate::records::{self, Chosen, Machine, seconds};
use crate::{arns, names};
use driver::{ExecutionRecord, StartSpec};
use engine::{Data, Identity, MachineKind, Status};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};

/// What belongs to an execution and the driver does not look at.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Attributes {
    pub(crate) logging: Logging,
    pub(crate) tracing: Tracing,
    pub(crate) encryption: Encryption,
    /// When the content it runs was last updated, Unix milliseconds.
    pub(crate) updated_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revision_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace_header: Option<String>,
    /// Client tokens of the last redrives, with when they came, Unix milliseconds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) redrive_tokens: Vec<(String, i64)>,
}

/// The input of the operations that start one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartInput {
    pub(crate) state_machine_arn: String,
    pub(crate) name: Option<String>,
    pub(crate) input: Option<String>,
    pub(crate) trace_header: Option<String>,
    pub(crate) included_data: Option<String>,
}

/// What is to be started, after all checks.
pub(crate) async fn prepare(ctx: &Ctx, input: &StartInput) -> Result<StartSpec, Error> {
    let named = arns::read_machine(&input.state_machine_arn)?;
    if let Some(name) = &input.name {
        names::check(name)?;
    }
    let chosen = records::choose(ctx, &named).await.map_err(|error| match error {
        Error::MachineDoesNotExist(_) => {
            Error::MachineDoesNotExist(input.state_machine_arn.clone())
        }
        other => other,
    })?;
    if chosen.machine.deleting {
        return Err(Error::MachineDeleting(chosen.machine.arn));
    }
    let data = read_input(input.input.as_deref().unwrap_or("{}"))?;
    let name = input.name.clone().unwrap_or_else(|| ctx.uuid());
    Ok(spec(ctx, chosen, &name, data, input.trace_header.clone()))
}

fn spec(
    ctx: &Ctx,
    chosen: Chosen,
    name: &str,
    input: Data,
    trace_header: Option<String>,
) -> StartSpec {
    let Chosen { machine, content, revision_id, updated_ms, version_arn, alias_arn } = chosen;
    let Machine { arn, name: machine_name, express, .. } = machine;
    let (execution_arn, kind) = if express {
        (arns::express_execution(ctx, &machine_name, name), MachineKind::Express)
    } else {
        (arns::execution(ctx, &machine_name, name), MachineKind::Standard)
    };
    let attributes = Attributes {
        logging: content.logging,
        tracing: content.tracing,
        encryption: content.encryption,
        updated_ms,
        revision_id,
        trace_header,
        redrive_tokens: Vec::new(),
    };
    StartSpec {
        identity: Identity {
            execution_arn: execution_arn.into(),
            name: name.into(),
            state_machine_arn: arn.into(),
            state_machine_name: machine_name.into(),
            role_arn: content.role_arn.into(),
            state_machine_alias_arn: alias_arn.map(Into::into),
            state_machine_version_arn: version_arn.map(Into::into),
            kind,
            input,
            start_ms: ctx.now_ms,
        },
        definition: content.definition.into(),
        attributes: serde_json::to_value(attributes).expect("attributes are plain data"),
    }
}

/// Reads an execution's input.
pub(crate) fn read_input(text: &str) -> Result<Data, Error> {
    if text.trim().is_empty() {
        return Err(Error::InvalidExecutionInput("Invalid execution input.".to_owned()));
    }
    Data::parse(text)
        .map_err(|error| Error::InvalidExecutionInput(crate::json_fault::describe(text, &error)))
}

/// The members of an execution that `DescribeExecution` and `StartSyncExecution` both show.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct View {
    execution_arn: String,
    state_machine_arn: String,
    name: String,
    status: &'static str,
    start_date: f64,
    stop_date: Option<f64>,
    input: Option<String>,
    input_details: Included,
    output: Option<String>,
    output_details: Option<Included>,
    error: Option<String>,
    cause: Option<String>,
    trace_header: Option<String>,
}

impl View {
    pub(crate) fn of(record: &ExecutionRecord, included_data: Option<&str>) -> Self {
        let included = included_data != Some("METADATA_ONLY");
        let text = |data: &Data| data.text().to_owned();
        let shown = |value: &Option<std::sync::Arc<str>>| value.as_ref().map(ToString::to_string);
        let identity = &record.identity;
        Self {
            execution_arn: identity.execution_arn.to_string(),
            state_machine_arn: identity.state_machine_arn.to_string(),
            name: identity.name.to_string(),
            status: record.status.word(),
            start_date: seconds(identity.start_ms),
            stop_date: record.stop_ms.map(seconds),
            input: included.then(|| text(&identity.input)),
            input_details: Included { included },
            output: record.output.as_ref().filter(|_| included).map(text),
            output_details: record.output.as_ref().map(|_| Included { included }),
            error: shown(&record.error),
            cause: shown(&record.cause),
            trace_header: attributes(record).trace_header,
        }
    }
}

/// What was given along with its start.
pub(crate) fn attributes(record: &ExecutionRecord) -> Attributes {
    serde_json::from_value((*record.attributes).clone()).unwrap_or_default()
}

/// The status of that name; none is like it when the name is unknown.
pub(crate) fn status(word: &str) -> Option<Status> {
    let all =
        [Status::Running, Status::Succeeded, Status::Failed, Status::TimedOut, Status::Aborted];
    all.into_iter().find(|status| status.word() == word)
}

/// The same reply without what is absent, so that flattened structures show no nulls.
pub(crate) fn without_nulls(output: &impl Serialize) -> Reply<serde_json::Value> {
    let mut value = serde_json::to_value(output).expect("outputs are plain data");
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    Reply::new(value)
}
