//! One registration: from what a program wants to what is done about it.

use super::decide::{Decision, Wanted};
use super::{Engine, urn};
use crate::diagnostic::{Diagnostic, Severity};
use crate::program::{Alias, Former, Options, Registered, Registration, Status};
use crate::progress::{Operation, Step};
use crate::provider::check::Problem;
use crate::state::{Resource, now};
use crate::types::{self, ResourceType, canonical};
use crate::value::{Object, Value};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// The URN of the resource with which one goes.
pub(super) const DELETED_WITH: &str = "deletedWith";

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
        let mut inputs: Object = inputs.into_iter().collect();
        if !self.default_tags.is_empty() {
            let tags = Value::Object(self.default_tags.clone());
            let tags = [("tags".to_owned(), tags)].into_iter().collect();
            inputs.insert("defaultTags".to_owned(), Value::Object(tags));
        }
        self.put_provider("default", inputs);
        stack
    }

    pub(super) async fn registered(&self, registration: Registration) -> Registered {
        let token = if registration.is_component {
            registration.token.clone()
        } else {
            canonical(&registration.token)
        };
        let parent = registration.options.parent.clone();
        let parent = parent.unwrap_or_else(|| urn::stack(&self.stack, &self.project));
        let urn = urn::of(&self.stack, &self.project, Some(&parent), &token, &registration.name);
        if !self.run().seen.insert(urn.clone()) {
            let message = format!("Duplicate resource URN '{urn}'; try giving it a unique name");
            return self.refused(&registration, urn, Diagnostic::error(message));
        }
        if registration.is_component {
            return self.component(&registration, urn, parent);
        }
        if urn::is_provider(&token) {
            return self.explicit_provider(&registration).await;
        }
        if token == urn::STACK_REFERENCE {
            return self.stack_reference(&registration, urn, parent);
        }
        let Some(kind) = types::find(&token) else {
            let message = format!("refit cannot deploy resources of type `{}`", registration.token);
            let diagnostic = Diagnostic::error(message).hint(types::hint(&registration.token));
            return self.refused(&registration, urn, diagnostic);
        };
        let old = self.old_of(&urn, &kind.token, &kind.aliases, &registration);
        let is_target = self.is_target(&urn, &registration, &parent);
        if !is_target && !registration.is_blocked {
            return self.left_alone(&registration, &kind, urn, old);
        }
        if registration.is_blocked || !self.may_go_on() {
            return self.skipped(&registration, &kind, urn, old);
        }
        if let Some(why) = self.cannot_seal(&kind, &registration) {
            return self.refused(&registration, urn, why);
        }
        self.register_known(&kind, &registration, urn, old, parent).await
    }

    /// Registers a resource of a known type: decides what is to be done and does it.
    async fn register_known(
        &self,
        kind: &ResourceType,
        registration: &Registration,
        urn: String,
        old: Option<Resource>,
        parent: String,
    ) -> Registered {
        let was_replaced = self.run().replaced.remove(&urn);
        let unfinished = self.run().unfinished.get(&urn).cloned();
        let (protects, parent_provider) = {
            let live = self.live();
            let found = live.find_fresh(&parent);
            (found.is_some_and(|p| p.protect), found.and_then(|p| p.provider.clone()))
        };
        let provider = registration.options.provider.clone().or(parent_provider);
        let provider = provider.or_else(|| self.default_provider());
        let given = self.given_by(provider.as_deref());
        let region = registration.inputs.get("region").and_then(Value::as_str);
        let region = region.or(given.region.as_deref()).unwrap_or(&self.provider.region);
        let wanted = Wanted {
            provider: self.called_in(provider.as_deref(), region),
            default_tags: &given.default_tags,
            kind,
            urn: &urn,
            registration,
            old: old.as_ref(),
            was_replaced,
            unfinished: unfinished.as_ref(),
        };
        let decision = self.decide(&wanted);
        let is_good = self.report_problems(registration, &decision.problems);
        if !is_good && !self.is_preview() {
            let outputs = old.map(|old| old.outputs).unwrap_or_default();
            return Registered { urn, outputs, status: Status::Failed };
        }
        if is_good {
            self.remember_roles(kind, registration, &decision.inputs);
        }
        let mut resource = resource_of(&wanted, &decision, parent);
        resource.provider = provider;
        resource.protect = registration.options.protect.unwrap_or(protects);
        self.carry_out(wanted, decision, resource).await
    }

    /// A component: nothing is made, but the state knows it.
    fn component(&self, registration: &Registration, urn: String, parent: String) -> Registered {
        self.old_of(&urn, &registration.token, &[], registration);
        let old = self.live().take_old(&urn);
        let mut resource = old.clone().unwrap_or_else(|| Resource {
            created: Some(now()),
            modified: Some(now()),
            ..Resource::default()
        });
        urn.clone_into(&mut resource.urn);
        registration.token.clone_into(&mut resource.token);
        resource.protect = registration.options.protect.unwrap_or_else(|| {
            self.live().find_fresh(&parent).is_some_and(|parent| parent.protect)
        });
        resource.parent = Some(parent);
        resource.dependencies.clone_from(&registration.dependencies);
        resource.provider.clone_from(&registration.options.provider);
        let is_changed = old.as_ref() != Some(&resource);
        self.live().push_fresh(resource, is_changed);
        Registered { urn, outputs: Object::new(), status: Status::Done }
    }

    /// The old resource: by its URN, or by what it was called before.
    fn old_of(
        &self,
        urn: &str,
        token: &str,
        older_tokens: &[String],
        registration: &Registration,
    ) -> Option<Resource> {
        let names = self.former_names(token, older_tokens, registration);
        if !names.is_empty() {
            self.run().former.insert(urn.to_owned(), names.clone());
        }
        let mut live = self.live();
        if let Some(old) = live.find_old(urn) {
            return Some(old.clone());
        }
        let before = names.into_iter().find(|urn| live.find_old(urn).is_some())?;
        if self.run().seen.contains(&before) {
            return None;
        }
        live.rename(&before, urn);
        live.find_old(urn).cloned()
    }

    /// What a resource may have been called: by its aliases, by older names of its type, and below its parent's older names.
    fn former_names(
        &self,
        token: &str,
        older_tokens: &[String],
        registration: &Registration,
    ) -> Vec<String> {
        let Registration { name, options, .. } = registration;
        let now = options.parent.as_deref();
        let parents_before = now.map(|now| self.run().former.get(now).cloned().unwrap_or_default());
        let parents_before = parents_before.unwrap_or_default();
        let parents: Vec<Option<&str>> = std::iter::once(now)
            .chain(parents_before.iter().map(|urn| Some(urn.as_str())))
            .collect();
        let mut names = Vec::new();
        for alias in &options.aliases {
            match alias {
                Alias::Urn(urn) => names.push(urn.clone()),
                Alias::Spec(former) => {
                    for parent in &parents {
                        names.push(self.former_urn(former, *parent, token, registration));
                    }
                }
            }
        }
        let named = |parent, token: &str, name: &str| {
            urn::of(&self.stack, &self.project, parent, token, name)
        };
        let all_tokens = || std::iter::once(token).chain(older_tokens.iter().map(String::as_str));
        for parent in &parents {
            for older in all_tokens().skip(usize::from(*parent == now)) {
                names.push(named(*parent, older, name));
            }
        }
        // A child that is named after its parent was named after its parent's older name.
        let last = |urn: &str| urn.rsplit("::").next().unwrap_or_default().to_owned();
        let rest = now.and_then(|now| name.strip_prefix(&last(now)).map(str::to_owned));
        for (before, rest) in
            parents_before.iter().filter_map(|before| Some((before, rest.as_ref()?)))
        {
            names.push(named(Some(before.as_str()), token, &format!("{}{rest}", last(before))));
        }
        names
    }

    fn former_urn(
        &self,
        former: &Former,
        parent: Option<&str>,
        token: &str,
        registration: &Registration,
    ) -> String {
        let full = |token: &str| {
            if registration.is_component { token.to_owned() } else { canonical(token) }
        };
        let parent = if former.had_no_parent { None } else { former.parent.as_deref().or(parent) };
        urn::of(
            former.stack.as_deref().unwrap_or(&self.stack),
            former.project.as_deref().unwrap_or(&self.project),
            parent,
            former.token.as_deref().map_or_else(|| token.to_owned(), full).as_str(),
            former.name.as_deref().unwrap_or(&registration.name),
        )
    }

    pub(super) fn report_one(&self, diagnostic: Diagnostic) {
        self.run().diagnostics.push(diagnostic);
    }

    pub(super) fn refused(
        &self,
        registration: &Registration,
        urn: String,
        why: Diagnostic,
    ) -> Registered {
        self.report_one(why.at(registration.places.place("", false)));
        Registered { urn, outputs: Object::new(), status: Status::Failed }
    }

    /// Outputs that are secret need something to seal them with.
    fn cannot_seal(&self, kind: &ResourceType, registration: &Registration) -> Option<Diagnostic> {
        let of_type = kind.properties.iter().find(|(_, property)| property.secret);
        let of_type = of_type.map(|(name, _)| name);
        let name = of_type.or(registration.options.additional_secret_outputs.first())?;
        if self.can_seal {
            return None;
        }
        let message = format!("`{name}` of {} is secret and there is no passphrase", kind.short());
        Some(Diagnostic::error(message).hint("set PULUMI_CONFIG_PASSPHRASE"))
    }

    /// Something it depends on failed: it stays as it was.
    pub(super) fn skipped(
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
        if self.selection.targets(&urn) && self.is_preview() {
            let message = format!(
                "`{}` depends on something that is neither deployed nor targeted",
                registration.name
            );
            let place = registration.places.place("", false);
            let hint = "target what it depends on too";
            self.report_one(Diagnostic::error(message).at(place).hint(hint));
        }
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

    pub(super) fn kind_of(resource: &Resource) -> Option<Arc<ResourceType>> {
        types::find(&resource.token)
    }
}

/// What a record keeps that the engine only looks at when it deletes.
fn extra_of(options: &Options, old: Option<&Resource>) -> Map<String, Json> {
    let mut extra = old.map(|old| old.extra.clone()).unwrap_or_default();
    extra.remove(DELETED_WITH);
    if let Some(urn) = &options.deleted_with {
        extra.insert(DELETED_WITH.to_owned(), Json::from(urn.as_str()));
    }
    extra
}

/// The resource as it will be recorded, but for its id and outputs.
fn resource_of(wanted: &Wanted<'_>, decision: &Decision, parent: String) -> Resource {
    let Registration { options, dependencies, property_dependencies, .. } = wanted.registration;
    let old = wanted.old;
    Resource {
        urn: wanted.urn.to_owned(),
        custom: true,
        token: wanted.kind.token.clone(),
        inputs: decision.inputs.clone(),
        parent: Some(parent),
        retain_on_delete: options.retain_on_delete,
        external: options.read.is_some(),
        dependencies: dependencies.clone(),
        property_dependencies: property_dependencies.clone(),
        additional_secret_outputs: options.additional_secret_outputs.clone(),
        timeouts: options.timeouts,
        created: old.and_then(|old| old.created.clone()),
        modified: old.and_then(|old| old.modified.clone()),
        extra: extra_of(options, old),
        ..Resource::default()
    }
}
