//! What the execution operations share: starting, and what is shown of one.

use crate::config::{Encryption, Logging, Tracing};
use crate::error::Error;
use crate::ops::Included;
use crate::records::seconds;
use crate::{States, arns, names};
use driver::{ExecutionRecord, StartSpec};
use engine::{Data, Identity, MachineKind, Status};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use std::sync::Arc;

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

impl Attributes {
    /// As they are stored.
    pub(crate) fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("attributes are plain data")
    }
}

/// What is to be started, after all checks.
pub(crate) async fn prepare(
    states: &States,
    ctx: &Ctx,
    input: &StartInput,
) -> Result<StartSpec, Error> {
    let named = arns::read_machine(&input.state_machine_arn)?;
    if let Some(name) = &input.name {
        names::check(name)?;
    }
    let ready = states.ready.of(ctx, &named).await.map_err(|error| match error {
        Error::MachineDoesNotExist(_) => {
            Error::MachineDoesNotExist(input.state_machine_arn.clone())
        }
        other => other,
    })?;
    if ready.deleting {
        return Err(Error::MachineDeleting(ready.arn.to_string()));
    }
    let data = read_input(input.input.as_deref().unwrap_or("{}"))?;
    let name: Arc<str> = match &input.name {
        Some(name) => name.as_str().into(),
        None => ctx.kit.entropy.ordered_uuid(ctx.now_ms).into(),
    };
    let (execution_arn, kind) = if ready.express {
        (arns::express_execution(ctx, &ready.name, &name), MachineKind::Express)
    } else {
        (arns::execution(ctx, &ready.name, &name), MachineKind::Standard)
    };
    Ok(StartSpec {
        identity: Identity {
            execution_arn: execution_arn.into(),
            name,
            state_machine_arn: ready.arn.clone(),
            state_machine_name: ready.name.clone(),
            role_arn: ready.role_arn.clone(),
            state_machine_alias_arn: ready.alias_arn.clone(),
            state_machine_version_arn: ready.version_arn.clone(),
            kind,
            input: data,
            start_ms: ctx.now_ms,
        },
        definition: ready.definition.clone(),
        attributes: ready.attributes_with(input.trace_header.as_ref()),
    })
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
        let shown = |value: &Option<Arc<str>>| value.as_ref().map(ToString::to_string);
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
