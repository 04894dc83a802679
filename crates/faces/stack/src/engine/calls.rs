//! The calls that a planned step would make: the same code makes them, with a provider that only records.

use super::Engine;
use super::decide::{Decision, Wanted};
use super::step::{by_id, update};
use crate::diagnostic::Diagnostic;
use crate::progress::{Operation, Step};
use crate::provider::{PlannedCall, Provider, Request, StepError};
use crate::state::Resource;

impl Engine<'_> {
    /// Tells the calls that would make, change or read a resource.
    pub(super) async fn tell_calls(&self, step: &Step, wanted: &Wanted<'_>, decision: &Decision) {
        if !self.shows_calls {
            return;
        }
        let mut calls = Vec::new();
        if decision.operation == Operation::Replace && decision.deletes_first {
            let mut doomed = self.cascade(wanted.urn);
            doomed.extend(self.live().find_old(wanted.urn).cloned());
            for resource in doomed.iter().filter(|resource| !resource.retain_on_delete) {
                calls.extend(self.calls_of_deletion(step, resource).await);
            }
        }
        let (provider, recorder) = wanted.provider.dry();
        let result = record(&provider, wanted, decision).await;
        calls.extend(recorder.take());
        if let Err(error) = result {
            self.incomplete(step, &error);
        }
        self.progress().calls(step, &calls);
    }

    /// Tells the calls that would delete a resource.
    pub(super) async fn tell_deletion(
        &self,
        step: &Step,
        resource: &Resource,
        is_replaced: bool,
        stays: bool,
    ) {
        if !self.shows_calls || stays {
            return;
        }
        let calls = self.calls_of_deletion(step, resource).await;
        // The plan tells of a replacement once; its deletion comes at the end.
        if is_replaced {
            self.progress().planned(step);
        }
        self.progress().calls(step, &calls);
    }

    async fn calls_of_deletion(&self, step: &Step, resource: &Resource) -> Vec<PlannedCall> {
        let Some(kind) = Self::kind_of(resource) else { return Vec::new() };
        let (provider, recorder) = self.provider_for(resource, |timeouts| timeouts.delete).dry();
        let id = resource.id.as_deref().unwrap_or_default();
        let result = provider.delete(&kind, id, [&resource.inputs, &resource.outputs]).await;
        if let Err(error) = result {
            self.incomplete(step, &error);
        }
        recorder.take()
    }

    fn incomplete(&self, step: &Step, error: &StepError) {
        let Step { resource_type, name, .. } = step;
        let message = format!("the calls of {resource_type} `{name}` are not all known: {error}");
        self.note(Diagnostic::warning(message));
    }
}

async fn record(
    provider: &Provider,
    wanted: &Wanted<'_>,
    decision: &Decision,
) -> Result<(), StepError> {
    let kind = wanted.kind;
    match decision.operation {
        Operation::Update => {
            update(provider, wanted, decision).await?;
        }
        Operation::Import | Operation::Read => {
            let options = &wanted.registration.options;
            let id = options.import.as_ref().or(options.read.as_ref()).cloned().unwrap_or_default();
            provider.read_all(kind, &id, &by_id(kind, &id, &decision.inputs)).await?;
        }
        _ => {
            provider.create(&Request::new(kind, &decision.inputs)).await?;
        }
    }
    Ok(())
}
