//! Children: from an input to an execution, and from what is left of one to what is shown.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use asl::Program;
use engine::{Data, Effect, Entropy, Execution, HistoryEvent, Identity, Input, MachineKind, Turn};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::super::ExecutionRecord;
use super::super::record::FromPage;
use super::super::turn::turn_seed;
use super::names;
use super::record::{Ended, Plan};
use crate::Error;

/// What all children of a run have in common.
pub(super) struct Family {
    pub(super) tag: String,
    pub(super) machine_arn: Arc<str>,
    machine_name: Arc<str>,
    role_arn: Arc<str>,
    pub(super) kind: MachineKind,
    /// What the ARNs of children begin with, and end with.
    arn: (String, String),
    /// Hash of the definition.
    pub(super) definition: Arc<str>,
    pub(super) program: Arc<Program>,
    pub(super) attributes: Arc<Value>,
    seed: [u8; 32],
}

/// One of many seeds that come of one.
pub(super) fn seed_of(seed: &[u8; 32], number: u64) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed);
    hash.update(number.to_le_bytes());
    hash.finalize().into()
}

impl Family {
    pub(super) fn new(
        plan: &Plan,
        definition: Arc<str>,
        program: Arc<Program>,
    ) -> Result<Self, Error> {
        let machine_arn: Arc<str> = names::machine_arn(&plan.run.map_run_arn).into();
        let mut seed = [0; 32];
        hex::decode_to_slice(&plan.seed, &mut seed).map_err(|error| Error::Unreadable {
            key: plan.run.map_run_arn.to_string(),
            detail: error.to_string(),
        })?;
        Ok(Self {
            tag: names::tag(&plan.run.map_run_arn),
            machine_name: machine_arn.rsplit(':').next().unwrap_or_default().into(),
            machine_arn: machine_arn.clone(),
            role_arn: plan.parent.role_arn.clone(),
            kind: if plan.run.express { MachineKind::Express } else { MachineKind::Standard },
            arn: names::child_arn(&machine_arn, plan.run.express, plan.run.uuid()),
            definition,
            program,
            attributes: plan.attributes.clone(),
            seed,
        })
    }

    pub(super) fn identity(&self, index: u64, input: Data, start_ms: i64) -> Identity {
        let name = names::child_name(&self.tag, index);
        Identity {
            execution_arn: [&*self.arn.0, &name, &self.arn.1].concat().into(),
            name: name.into(),
            state_machine_arn: self.machine_arn.clone(),
            state_machine_name: self.machine_name.clone(),
            role_arn: self.role_arn.clone(),
            state_machine_alias_arn: None,
            state_machine_version_arn: None,
            kind: self.kind,
            input,
            start_ms,
        }
    }

    /// Where a child's random numbers come from.
    pub(super) fn seed(&self, index: u64) -> [u8; 32] {
        seed_of(&self.seed, index)
    }

    /// The first turn of a child; none when it breaks an invariant.
    pub(super) fn first_turn(
        &self,
        execution: &Execution,
        index: u64,
        now_ms: i64,
    ) -> Option<Turn> {
        let mut entropy = Entropy::from_seed(turn_seed(&self.seed(index), 0));
        let decided = std::panic::catch_unwind(AssertUnwindSafe(|| {
            engine::decide(execution, &self.program, Input::Start, now_ms, &mut entropy)
        }));
        decided.ok()?.ok()
    }

    /// What `DescribeExecution` shows of a child that ended in its first turn.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when what is stored is not JSON.
    pub(super) fn record(&self, child: &Ended, time_ms: i64) -> Result<ExecutionRecord, Error> {
        let failed = child.failed.as_deref();
        let input = self.parsed(child, &child.input)?;
        let output = match &child.output {
            Some(output) => Some(self.parsed(child, output)?),
            None => failed.is_none().then(|| input.clone()),
        };
        Ok(ExecutionRecord::of_page(FromPage {
            identity: self.identity(child.index, input, time_ms),
            attributes: self.attributes.clone(),
            definition: self.definition.clone(),
            status: child.status(),
            output,
            error: failed.and_then(|failed| failed.error.clone()),
            cause: failed.and_then(|failed| failed.cause.clone()),
            time_ms,
            events: child.events,
        }))
    }

    fn parsed(&self, child: &Ended, text: &str) -> Result<Data, Error> {
        Data::parse(text).map_err(|error| Error::Unreadable {
            key: names::child_name(&self.tag, child.index),
            detail: error.to_string(),
        })
    }

    /// The execution and the history of a child that ended in its first turn, worked out again.
    pub(super) fn again(
        &self,
        child: &Ended,
        time_ms: i64,
    ) -> Option<(Execution, Vec<HistoryEvent>)> {
        let input = Data::parse(&child.input).ok()?;
        let mut execution = Execution::new(self.identity(child.index, input, time_ms));
        let turn = self.first_turn(&execution, child.index, time_ms)?;
        if !ends(&turn) {
            return None;
        }
        execution.apply(turn.changes);
        Some((execution, turn.events))
    }
}

/// Whether a turn is an execution's last.
pub(super) fn ends(turn: &Turn) -> bool {
    matches!(turn.effects.last(), Some(Effect::Finish { .. }))
}

/// How many items a child's input stands for.
pub(super) fn items_of(input: &Data, batched: bool) -> u64 {
    if !batched {
        return 1;
    }
    input.value().get("Items").and_then(Value::as_array).map_or(1, |items| items.len() as u64)
}
