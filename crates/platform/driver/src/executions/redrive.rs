//! Redriving executions: they live again, with what was left of them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use engine::{Execution, Input, MachineKind};
use serde_json::Value;
use store::Expect;

use super::Executions;
use super::live::{End, Live, State};
use super::record::{KIND, REMAINS_KIND};
use super::start::{Parts, Start};
use super::turn::new_seed;
use crate::Error;

impl Executions {
    /// Prepares the redrive of an execution that ended without success; `attributes` take the place of those it was
    /// started with. Nothing has happened until the batch is committed and `after` called. Answers it with the time of
    /// the redrive, Unix milliseconds.
    ///
    /// # Errors
    /// [`Error::ExecutionDoesNotExist`], [`Error::NotRedrivable`], [`Error::SetAside`] when the turn breaks an invariant,
    /// or a storage error.
    pub async fn redrive(
        &self,
        execution_arn: &str,
        attributes: Value,
    ) -> Result<(Start, i64), Error> {
        let (live, start) = self.redrive_live(execution_arn, attributes).await?;
        let redriven_ms = live.lock().execution.progress.redrive_ms;
        let not_redrivable = || Error::NotRedrivable(execution_arn.to_owned());
        Ok((start, redriven_ms.ok_or_else(not_redrivable)?))
    }

    /// As [`Executions::redrive`], with the execution itself.
    pub(super) async fn redrive_live(
        &self,
        execution_arn: &str,
        attributes: Value,
    ) -> Result<(Arc<Live>, Start), Error> {
        let not_redrivable = || Error::NotRedrivable(execution_arn.to_owned());
        if self.0.find(execution_arn).is_some() {
            return Err(not_redrivable());
        }
        let stored = self.0.store.get(KIND, execution_arn).await?;
        let version =
            stored.ok_or_else(|| Error::ExecutionDoesNotExist(execution_arn.to_owned()))?.version;
        // Read after its version: what is written in between is noticed by the commit.
        let record = self.0.read_record(execution_arn).await?;
        let remains = self.0.store.get(REMAINS_KIND, execution_arn).await?;
        let remains = remains.filter(|_| record.has_remains).ok_or_else(not_redrivable)?;
        let execution: Execution = serde_json::from_slice(&remains.body).map_err(|error| {
            Error::Unreadable { key: execution_arn.to_owned(), detail: error.to_string() }
        })?;
        let (definition, text) =
            (record.definition.clone(), self.0.read_definition(&record.definition).await?);
        let history = self.0.history_of(record).await?;
        let express = execution.identity.kind == MachineKind::Express;
        let parts = Parts {
            program: self.0.programs.compile(&definition, &text, express)?,
            definition,
            attributes: Arc::new(attributes),
            seed: new_seed(&self.0.entropy),
            common: None,
            stream: self.0.next_stream.fetch_add(1, Ordering::Relaxed),
        };
        let mut state = State::new(execution);
        state.last_ms = state.execution.progress.stop_ms.unwrap_or(state.last_ms);
        state.durable_events = history.len();
        state.history = history;
        state.had_tasks = true;
        let live = self.0.live(parts, state);
        {
            let mut state = live.lock();
            self.0.turn(&live, &mut state, Input::Redrive);
            if let Some(End::SetAside(reason)) = &state.end {
                let (execution_arn, reason) = (execution_arn.to_owned(), reason.clone());
                return Err(Error::SetAside { execution_arn, reason });
            }
        }
        let mut start = self.0.clone().start_stored(&live, &text, Expect::Version(version));
        let ended_again = start.batch.puts.iter().any(|put| put.kind == REMAINS_KIND);
        if !ended_again {
            start.batch.remove(REMAINS_KIND, execution_arn, Expect::Any);
        }
        Ok((live, start))
    }
}
