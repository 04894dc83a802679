//! State machines ready to be started: read once, and again only when their record has changed.
//!
//! **Invariant:** nothing here outlives its record. Every start asks for the record and compares its version, which no
//! other content of the same machine ever has; only the reading is saved.

use crate::arns::MachineRef;
use crate::error::Error;
use crate::execution::Attributes;
use crate::records::{self, Chosen, MACHINE, Machine};
use driver::Definition;
use serde_json::Value;
use service::Ctx;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Most machines kept; when there are more it starts afresh.
const MOST_KEPT: usize = 1024;
/// Longer definitions are read each time.
const LONGEST_DEFINITION: usize = 64 * 1024;

/// What a start needs of a machine, version or alias.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub(crate) arn: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) role_arn: Arc<str>,
    pub(crate) express: bool,
    pub(crate) deleting: bool,
    pub(crate) version_arn: Option<Arc<str>>,
    pub(crate) alias_arn: Option<Arc<str>>,
    pub(crate) definition: Definition,
    /// [`Attributes`] of executions that bring none of their own.
    pub(crate) attributes: Arc<Value>,
}

/// Those started lately, by ARN, with the version of their record.
#[derive(Default)]
pub(crate) struct Machines(Mutex<HashMap<String, (u64, Arc<Ready>)>>);

impl Machines {
    /// What an ARN names, ready to be started.
    pub(crate) async fn of(&self, ctx: &Ctx, named: &MachineRef) -> Result<Arc<Ready>, Error> {
        if named.qualifier.is_some() {
            return Ok(Arc::new(Ready::of(records::choose(ctx, named).await?)));
        }
        let arn = named.machine.as_str();
        let machines = ctx.records::<Machine>(MACHINE);
        let found = machines.stored(arn).await?;
        let found = found.ok_or_else(|| Error::MachineDoesNotExist(arn.to_owned()))?;
        let version = found.version;
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((kept, ready)) = lock().get(arn)
            && *kept == version
        {
            return Ok(ready.clone());
        }
        let ready = Arc::new(Ready::of(Chosen::of(machines.read(found)?.value)));
        if ready.definition.text().len() <= LONGEST_DEFINITION {
            let mut kept = lock();
            if kept.len() >= MOST_KEPT {
                kept.clear();
            }
            kept.insert(arn.to_owned(), (version, ready.clone()));
        }
        Ok(ready)
    }
}

impl Ready {
    fn of(chosen: Chosen) -> Self {
        let Chosen { machine, content, revision_id, updated_ms, version_arn, alias_arn } = chosen;
        let attributes = Attributes {
            logging: content.logging,
            tracing: content.tracing,
            encryption: content.encryption,
            updated_ms,
            revision_id,
            trace_header: None,
            redrive_tokens: Vec::new(),
        };
        Self {
            arn: machine.arn.into(),
            name: machine.name.into(),
            role_arn: content.role_arn.into(),
            express: machine.express,
            deleting: machine.deleting,
            version_arn: version_arn.map(Into::into),
            alias_arn: alias_arn.map(Into::into),
            definition: Definition::new(content.definition),
            attributes: Arc::new(attributes.to_value()),
        }
    }

    /// The attributes of an execution that came with this trace header.
    pub(crate) fn attributes_with(&self, trace_header: Option<&String>) -> Arc<Value> {
        let Some(trace_header) = trace_header else { return self.attributes.clone() };
        let mut attributes = (*self.attributes).clone();
        attributes["traceHeader"] = trace_header.as_str().into();
        Arc::new(attributes)
    }
}
