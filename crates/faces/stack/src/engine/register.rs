//! One registration: from what a program wants to what is done about it.

use super::decide::{Decision, Wanted};
use super::{Engine, urn};
use crate::diagnostic::{Diagnostic, Severity};
use crate::program::{Alias, Registered, Registration, Status};
use crate::progress::{Operation, Step};
use crate::provider::check::Problem;
use crate::state::{Resource, now, uuid};
use crate::types::{self, ResourceType, canonical};
use crate::value::{Object, Value};
use std::sync::Arc;

impl Engine<'_> {
    /// Registers the stack and the provider that resources have unless they name one.
    pub(crate) fn register_roots(&self) -> String {
        let stack = urn::stack(&self.stack, &self.project);
        let old = self.live().take_old(&stack);
        let resource = old.clone().unwrap_or_else(|| Resource {
            urn: stack.clone(),
            token: urn::STACK.to_owned(),
            created: Some(now()),
            modified: Some(now()),
            ..Resource::default()
        });
        self.run().seen.insert(stack.clone());
        self.live().push_fresh(resource, old.is_none());
        let inputs =
            [("region", self.provider.region.as_str()), ("skipCredentialsValidation", "false")];
        let inputs = inputs.map(|(name, text)| (name.to_owned(), Value::string(text)));
        self.put_provider("default", inputs.into_iter().collect());
        stack
    }

    /// Registers a provider; gives `URN::ID`.
    fn put_provider(&self, name: &str, inputs: Object) -> (String, String) {
        let urn = urn::of(&self.stack, &self.project, None, urn::PROVIDER, name);
        let old = self.live().take_old(&urn);
        let id = old.as_ref().and_then(|old| old.id.clone()).unwrap_or_else(uuid);
        let is_changed = old.as_ref().is_none_or(|old| old.inputs != inputs);
        let resource = Resource {
            urn: urn.clone(),
            custom: true,
            id: Some(id.clone()),
            token: urn::PROVIDER.to_owned(),
            outputs: inputs.clone(),
            inputs,
            created: old.as_ref().and_then(|old| old.created.clone()).or_else(|| Some(now())),
            modified: if is_changed { Some(now()) } else { old.and_then(|old| old.modified) },
            ..Resource::default()
        };
        self.run().seen.insert(urn.clone());
        self.live().push_fresh(resource, is_changed);
        (urn, id)
    }

    fn default_provider(&self) -> Option<String> {
        let urn = urn::of(&self.stack, &self.project, None, urn::PROVIDER, "default");
        let id = self.live().find_fresh(&urn)?.id.clone()?;
        Some(format!("{urn}::{id}"))
    }

    pub(super) async fn registered(&self, registration: Registration) -> Registered {
        let token = canonical(&registration.token);
        let parent = registration.options.parent.clone();
        let parent = parent.unwrap_or_else(|| urn::stack(&self.stack, &self.project));
        let urn = urn::of(&self.stack, &self.project, Some(&parent), &token, &registration.name);
        if !self.run().seen.insert(urn.clone()) {
            let message = format!("Duplicate resource URN '{urn}'; try giving it a unique name");
            return self.refused(&registration, urn, Diagnostic::error(message));
        }
        if urn::is_provider(&token) {
            return self.explicit_provider(&registration);
        }
        let Some(kind) = types::find(&token) else {
            let message = format!("refit cannot deploy resources of type `{}`", registration.token);
            let diagnostic = Diagnostic::error(message).hint(types::hint(&registration.token));
            return self.refused(&registration, urn, diagnostic);
        };
        let old = self.old_of(&urn, &kind, &registration);
        if registration.is_blocked || !self.may_go_on() {
            return self.skipped(&registration, &kind, urn, old);
        }
        let was_replaced = self.run().replaced.remove(&urn);
        let unfinished = self.run().unfinished.get(&urn).cloned();
        let wanted = Wanted {
            kind: &kind,
            urn: &urn,
            registration: &registration,
            old: old.as_ref(),
            was_replaced,
            unfinished: unfinished.as_ref(),
        };
        let decision = self.decide(&wanted);
        let is_good = self.report_problems(&registration, &decision.problems);
        if !is_good && !self.is_preview() {
            let outputs = old.map(|old| old.outputs).unwrap_or_default();
            return Registered { urn, outputs, status: Status::Failed };
        }
        if is_good {
            self.remember_roles(&kind, &registration, &decision.inputs);
        }
        let resource = self.resource_of(&wanted, &decision, parent);
        self.carry_out(wanted, decision, resource).await
    }

    /// The old resource: by its URN, or by what it was called before.
    fn old_of(
        &self,
        urn: &str,
        kind: &ResourceType,
        registration: &Registration,
    ) -> Option<Resource> {
        let mut live = self.live();
        if let Some(old) = live.find_old(urn) {
            return Some(old.clone());
        }
        let parent = registration.options.parent.as_deref();
        let named =
            |token: &str, name: &str| urn::of(&self.stack, &self.project, parent, token, name);
        let of_types = kind.aliases.iter().map(|token| named(token, &registration.name));
        let of_options = registration.options.aliases.iter().map(|alias| match alias {
            Alias::Urn(urn) => urn.clone(),
            Alias::Spec { name, token } => {
                let token =
                    token.as_ref().map_or_else(|| kind.token.clone(), |token| canonical(token));
                named(&token, name.as_deref().unwrap_or(&registration.name))
            }
        });
        let before = of_options.chain(of_types).find(|urn| live.find_old(urn).is_some())?;
        if self.run().seen.contains(&before) {
            return None;
        }
        live.rename(&before, urn);
        live.find_old(urn).cloned()
    }

    fn explicit_provider(&self, registration: &Registration) -> Registered {
        let region = registration.inputs.get("region").and_then(Value::as_str);
        if let Some(region) = region.filter(|region| *region != self.provider.region) {
            let message = format!(
                "the provider's region is {region}, but this run deploys to {}",
                self.provider.region
            );
            let place = registration.places.place("region", false);
            self.report_one(
                Diagnostic::error(message).at(place).hint("deploy one region at a time"),
            );
        }
        if let Some(name) = ["defaultTags", "assumeRoles", "assumeRole"]
            .into_iter()
            .find(|name| registration.inputs.get(*name).is_some_and(|value| !value.is_empty()))
        {
            let message = format!("refit does not support `{name}` of a provider");
            self.report_one(Diagnostic::error(message).at(registration.places.place(name, true)));
        }
        let (urn, id) = self.put_provider(&registration.name, registration.inputs.clone());
        let mut outputs = registration.inputs.clone();
        outputs.insert("id".to_owned(), Value::String(id));
        Registered { urn, outputs, status: Status::Done }
    }

    fn report_one(&self, diagnostic: Diagnostic) {
        self.run().diagnostics.push(diagnostic);
    }

    fn refused(&self, registration: &Registration, urn: String, why: Diagnostic) -> Registered {
        self.report_one(why.at(registration.places.place("", false)));
        Registered { urn, outputs: Object::new(), status: Status::Failed }
    }

    /// Something it depends on failed: it stays as it was.
    fn skipped(
        &self,
        registration: &Registration,
        kind: &ResourceType,
        urn: String,
        old: Option<Resource>,
    ) -> Registered {
        let step = Step {
            operation: Operation::Skip,
            resource_type: kind.short(),
            name: registration.name.clone(),
            urn: urn.clone(),
            id: old.as_ref().and_then(|old| old.id.clone()),
            changes: Vec::new(),
        };
        *self.run().changes.entry(Operation::Skip).or_default() += 1;
        self.progress().planned(&step);
        let outputs = old.map(|old| old.outputs).unwrap_or_default();
        Registered { urn, outputs, status: Status::Skipped }
    }

    /// Turns problems into diagnostics with places; false when there is an error among them.
    fn report_problems(&self, registration: &Registration, problems: &[Problem]) -> bool {
        let mut is_good = true;
        for problem in problems {
            let severity = if problem.is_warning { Severity::Warning } else { Severity::Error };
            is_good &= problem.is_warning;
            if problem.is_warning && !self.is_preview() {
                continue;
            }
            let place = match &problem.inside {
                Some(inside) => registration.places.inside(&problem.path, inside),
                None => registration.places.place(&problem.path, problem.is_about_name),
            };
            let mut message = problem.message.clone();
            if place.is_none() {
                message = format!("{}: {message}", registration.name);
            }
            let diagnostic = Diagnostic { severity, message, place, hint: problem.hint.clone() };
            self.report_one(diagnostic);
        }
        is_good
    }

    /// The resource as it will be recorded, but for its id and outputs.
    fn resource_of(&self, wanted: &Wanted<'_>, decision: &Decision, parent: String) -> Resource {
        let Registration { options, dependencies, property_dependencies, .. } = wanted.registration;
        let (parent_protects, parent_provider) = {
            let live = self.live();
            let found = live.find_fresh(&parent);
            (found.is_some_and(|p| p.protect), found.and_then(|p| p.provider.clone()))
        };
        let old = wanted.old;
        let provider =
            options.provider.clone().or(parent_provider).or_else(|| self.default_provider());
        Resource {
            urn: wanted.urn.to_owned(),
            custom: true,
            token: wanted.kind.token.clone(),
            inputs: decision.inputs.clone(),
            parent: Some(parent),
            protect: options.protect.unwrap_or(parent_protects),
            retain_on_delete: options.retain_on_delete,
            external: options.read.is_some(),
            dependencies: dependencies.clone(),
            provider,
            property_dependencies: property_dependencies.clone(),
            additional_secret_outputs: options.additional_secret_outputs.clone(),
            timeouts: options.timeouts,
            created: old.and_then(|old| old.created.clone()),
            modified: old.and_then(|old| old.modified.clone()),
            extra: old.map(|old| old.extra.clone()).unwrap_or_default(),
            ..Resource::default()
        }
    }

    pub(super) fn kind_of(resource: &Resource) -> Option<Arc<ResourceType>> {
        types::find(&resource.token)
    }
}
