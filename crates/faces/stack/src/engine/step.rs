//! Carrying a decision out: the calls, the records before and after them, and what is told meanwhile.

use super::Engine;
use super::decide::{Decision, Wanted};
use crate::diagnostic::Diagnostic;
use crate::program::{Registered, Status};
use crate::progress::{Change, Operation, Step};
use crate::provider::reconcile::beside;
use crate::provider::{Made, Provider, Request, StepError, interpolate_id};
use crate::state::{Resource, now};
use crate::types::ResourceType;
use crate::value::{Object, Value};

impl Engine<'_> {
    pub(super) async fn carry_out(
        &self,
        wanted: Wanted<'_>,
        decision: Decision,
        resource: Resource,
    ) -> Registered {
        let step = Step {
            operation: decision.operation,
            resource_type: wanted.kind.short(),
            name: wanted.registration.name.clone(),
            urn: wanted.urn.to_owned(),
            id: wanted.old.and_then(|old| old.id.clone()),
            changes: self.told_changes(&wanted, &decision),
        };
        self.plan(&step);
        if decision.operation == Operation::Same {
            return self.keep(&wanted, decision, resource);
        }
        if self.is_preview() {
            self.tell_calls(&step, &wanted, &decision).await;
            return self.foresee(&wanted, &decision, resource);
        }
        if decision.operation == Operation::Replace
            && decision.deletes_first
            && let Err(why) = self.delete_for_replacement(wanted.urn).await
        {
            self.failed(&step, why);
            return failed_as(&wanted);
        }
        let Ok(_permit) = self.permits.acquire().await else { return failed_as(&wanted) };
        if !self.may_go_on() {
            return failed_as(&wanted);
        }
        let began = self.began(&step);
        match self.perform(&wanted, &decision, resource).await {
            Ok(done) => {
                let step = Step { id: done.id.clone(), ..step };
                let mut status = Status::Done;
                if let Some(why) = done.init_errors.first() {
                    let error = StepError::new(why.as_str());
                    self.failed(&step, self.explain(&wanted, decision.operation, &error));
                    status = Status::Failed;
                } else {
                    self.ended(&step, began);
                }
                Registered { urn: done.urn, outputs: done.outputs, status }
            }
            Err(error) => {
                self.failed(&step, self.explain(&wanted, decision.operation, &error));
                failed_as(&wanted)
            }
        }
    }

    /// Nothing is to be done: the record may still get other options and dependencies.
    fn keep(&self, wanted: &Wanted<'_>, decision: Decision, mut resource: Resource) -> Registered {
        let old = self.live().take_old(wanted.urn);
        let mut is_changed = true;
        if let Some(old) = old {
            resource.id.clone_from(&old.id);
            resource.outputs.clone_from(&old.outputs);
            // Texts that say the same stay as they were, so that nothing changes on disk.
            resource.inputs.clone_from(&old.inputs);
            for (name, value) in decision.inputs {
                let property = wanted.kind.properties.get(&name);
                if property.is_some_and(|property| property.local)
                    || !resource.inputs.contains_key(&name)
                {
                    resource.inputs.insert(name, value);
                }
            }
            is_changed = old != resource;
        }
        let outputs = resource.outputs.clone();
        self.live().push_fresh(resource, is_changed);
        Registered { urn: wanted.urn.to_owned(), outputs, status: Status::Done }
    }

    /// What a preview can say of the outputs.
    fn foresee(
        &self,
        wanted: &Wanted<'_>,
        decision: &Decision,
        mut resource: Resource,
    ) -> Registered {
        let is_update = decision.operation == Operation::Update;
        let old = wanted.old.filter(|_| is_update).map(|old| &old.outputs);
        let (outputs, id) = wanted.provider.predict(wanted.kind, &decision.inputs, old);
        resource.id = id;
        resource.outputs.clone_from(&outputs);
        if decision.operation == Operation::Replace && decision.deletes_first {
            self.mark_dependents_replaced(wanted.urn);
        }
        let mut live = self.live();
        if decision.operation == Operation::Replace && !decision.deletes_first {
            live.mark_replaced(wanted.urn);
        } else {
            live.take_old(wanted.urn);
        }
        live.push_fresh(resource, true);
        Registered { urn: wanted.urn.to_owned(), outputs, status: Status::Done }
    }

    /// Makes the calls, with a record before and after them.
    async fn perform(
        &self,
        wanted: &Wanted<'_>,
        decision: &Decision,
        mut resource: Resource,
    ) -> Result<Resource, StepError> {
        let kind = wanted.kind;
        let timeouts = &resource.timeouts;
        let provider = match decision.operation {
            Operation::Update => wanted.provider.clone().patient(timeouts.update),
            _ => wanted.provider.clone().patient(timeouts.create),
        };
        let verb = match decision.operation {
            Operation::Update => "updating",
            Operation::Import => "importing",
            Operation::Read => "reading",
            _ => "creating",
        };
        self.live().begin(verb, &resource);
        if !self.save().await {
            self.live().end(wanted.urn);
            return Err(StepError::new("the state cannot be saved"));
        }
        let made = match decision.operation {
            Operation::Update => update(&provider, wanted, decision).await,
            Operation::Import | Operation::Read => self.adopt(wanted, decision).await,
            _ => {
                let request = Request::new(kind, &decision.inputs);
                provider.create(&request).await
            }
        };
        let made = match made {
            Ok(made) => made,
            Err(error) => {
                // What may have been done stays pending: the next run looks for it instead of doing it again.
                if !error.is_unanswered {
                    self.live().end(wanted.urn);
                }
                self.save().await;
                return Err(error);
            }
        };
        resource.id = Some(made.id);
        resource.outputs = made.outputs;
        resource.init_errors = made.incomplete.into_iter().collect();
        resource.modified = Some(now());
        resource.created.get_or_insert_with(now);
        seal_outputs(kind, &mut resource);
        {
            let mut live = self.live();
            live.end(wanted.urn);
            match decision.operation {
                Operation::Update | Operation::Read => drop(live.take_old(wanted.urn)),
                Operation::Replace => live.mark_replaced(wanted.urn),
                _ => {}
            }
            live.push_fresh(resource.clone(), true);
        }
        self.save().await;
        Ok(resource)
    }

    /// The differences of a step; of a new resource everything, when the user wants details.
    fn told_changes(&self, wanted: &Wanted<'_>, decision: &Decision) -> Vec<Change> {
        if decision.operation == Operation::Create && self.is_detailed {
            return crate::provider::diff::diff(wanted.kind, &Object::new(), &decision.inputs);
        }
        decision.changes.clone()
    }

    /// Reads an existing resource: to take it into the stack, or only to know it.
    async fn adopt(&self, wanted: &Wanted<'_>, decision: &Decision) -> Result<Made, StepError> {
        let options = &wanted.registration.options;
        let id = options.import.as_ref().or(options.read.as_ref()).cloned().unwrap_or_default();
        let kind = wanted.kind;
        let values = by_id(kind, &id, &decision.inputs);
        let reading = wanted
            .provider
            .read_all(kind, &id, &values)
            .await?
            .ok_or_else(|| StepError::new(format!("{} `{id}` does not exist", kind.short())))?;
        let mut outputs = wanted.provider.predict(kind, &values, None).0;
        let read = beside(kind, &decision.inputs, reading.values);
        if options.import.is_some() {
            let differing = crate::provider::diff::diff(kind, &read, &decision.inputs)
                .into_iter()
                .filter(|change| {
                    let top = change.property.split('.').next().unwrap_or_default();
                    read.contains_key(top) && wanted.registration.inputs.contains_key(top)
                })
                .map(|change| change.property)
                .collect::<Vec<_>>();
            if !differing.is_empty() {
                let mut error =
                    StepError::new("inputs to import do not match the existing resource");
                error.hint = Some(format!("these differ: {}", differing.join(", ")));
                return Err(error);
            }
        }
        outputs.extend(read.into_iter().filter(|(_, value)| !matches!(value, Value::Null)));
        outputs.retain(|_, value| !matches!(value, Value::Unknown));
        // What is asked for may be longer than its id is: `RULE/TARGET`.
        let own = interpolate_id(&wanted.provider, kind, &outputs);
        let id = own.filter(|own| !own.is_empty()).unwrap_or(id);
        outputs.insert("id".to_owned(), Value::string(id.as_str()));
        Ok(Made { id, outputs, incomplete: None })
    }

    /// A failure as people read it.
    fn explain(&self, wanted: &Wanted<'_>, operation: Operation, error: &StepError) -> Diagnostic {
        let verb = match operation {
            Operation::Update => "updating",
            Operation::Import => "importing",
            Operation::Read => "reading",
            Operation::Replace => "replacing",
            _ => "creating",
        };
        let message =
            format!("{verb} {} `{}`: {error}", wanted.kind.short(), wanted.registration.name);
        Diagnostic::error(message)
            .at(wanted.registration.places.place("", false))
            .maybe_hint(error.hint.clone().or_else(|| self.access_hint(error)))
    }

    pub(super) fn access_hint(&self, error: &StepError) -> Option<String> {
        let code = error.code.as_deref()?;
        let denied = matches!(
            code,
            "AccessDenied"
                | "AccessDeniedException"
                | "UnauthorizedOperation"
                | "AuthorizationError"
        );
        denied.then(|| format!("the calls are made as {}", self.provider.caller_arn))
    }
}

pub(super) async fn update(
    provider: &Provider,
    wanted: &Wanted<'_>,
    decision: &Decision,
) -> Result<Made, StepError> {
    let Some(old) = wanted.old else {
        return Err(StepError::new("there is nothing to update"));
    };
    let names = decision
        .changes
        .iter()
        .map(|change| change.property.split('.').next().unwrap_or_default().to_owned());
    let before = crate::provider::diff::with_filled(wanted.kind, &old.inputs, &old.outputs);
    let request = Request {
        kind: wanted.kind,
        inputs: &decision.inputs,
        old: Some((&before, &old.outputs, old.id.as_deref().unwrap_or_default())),
        changed: names.collect(),
        everything: decision.is_repair,
    };
    provider.update(&request).await
}

/// The properties that an id tells, and those that are given.
pub(super) fn by_id(kind: &ResourceType, id: &str, inputs: &Object) -> Object {
    let template = kind.read.as_ref().and_then(|read| read.import.as_deref()).unwrap_or(&kind.id);
    let mut values = inputs.clone();
    values.shift_remove(crate::provider::check::DEFAULTS);
    let mut rest = id;
    let mut parts = template.split('{').skip(1).peekable();
    while let Some(part) = parts.next() {
        let Some((name, separator)) = part.split_once('}') else { break };
        let value = if parts.peek().is_none() && separator.is_empty() {
            std::mem::take(&mut rest)
        } else {
            let Some((value, after)) = rest.split_once(separator) else { break };
            rest = after;
            value
        };
        if kind.properties.contains_key(name) {
            values.insert(name.to_owned(), Value::string(value));
        }
    }
    values
}

/// Marks the outputs that the program wants secret.
fn seal_outputs(kind: &ResourceType, resource: &mut Resource) {
    let of_type = kind.properties.iter().filter(|(_, property)| property.secret);
    let of_type = of_type.map(|(name, _)| name);
    for name in resource.additional_secret_outputs.iter().chain(of_type) {
        if let Some(output) = resource.outputs.get_mut(name) {
            *output = Value::secret(std::mem::replace(output, Value::Null));
        }
    }
}

fn failed_as(wanted: &Wanted<'_>) -> Registered {
    let outputs = wanted.old.map(|old| old.outputs.clone()).unwrap_or_default();
    Registered { urn: wanted.urn.to_owned(), outputs, status: Status::Failed }
}
