//! What is to be done with a registered resource.

use super::Engine;
use crate::program::Registration;
use crate::progress::{Change, Operation};
use crate::provider::Provider;
use crate::provider::check::{self, DEFAULTS, Problem};
use crate::provider::{diff, interpolate_id};
use crate::state::Resource;
use crate::types::ResourceType;
use crate::value::{Object, Value};

/// A registration and what is known about it.
pub(super) struct Wanted<'a> {
    /// That of its region.
    pub(super) provider: Provider,
    pub(super) default_tags: &'a Object,
    pub(super) kind: &'a ResourceType,
    pub(super) urn: &'a str,
    pub(super) registration: &'a Registration,
    pub(super) old: Option<&'a Resource>,
    /// It was there, and was deleted because something it depends on is replaced.
    pub(super) was_replaced: bool,
    /// Inputs of a creation that an earlier run did not finish.
    pub(super) unfinished: Option<&'a Object>,
}

/// What is to be done.
pub(super) struct Decision {
    pub(super) operation: Operation,
    pub(super) inputs: Object,
    pub(super) changes: Vec<Change>,
    /// A replacement deletes the old one before the new one is made.
    pub(super) deletes_first: bool,
    /// Everything is to be sent again: it is not known how far the last change came.
    pub(super) is_repair: bool,
    pub(super) problems: Vec<Problem>,
}

impl Engine<'_> {
    pub(super) fn decide(&self, wanted: &Wanted<'_>) -> Decision {
        let Wanted { registration, old, .. } = wanted;
        let mut given = registration.inputs.clone();
        if let Some(old) = old {
            diff::ignore(&registration.options.ignore_changes, &old.inputs, &mut given);
            given.retain(|name, _| name != DEFAULTS && name != "tagsAll");
        }
        let kept = old.map(|old| &old.inputs).or(wanted.unfinished);
        let checked = self.check(wanted, &given, kept);
        let mut decision = Decision {
            operation: Operation::Create,
            inputs: checked.inputs,
            changes: Vec::new(),
            deletes_first: false,
            is_repair: false,
            problems: checked.problems,
        };
        if registration.options.read.is_some() {
            decision.operation = Operation::Read;
            decision.problems.retain(|problem| !problem.is_about_name || !problem.path.is_empty());
            return decision;
        }
        let Some(old) = old else {
            if wanted.was_replaced {
                decision.operation = Operation::Replace;
            } else if registration.options.import.is_some() {
                decision.operation = Operation::Import;
            }
            self.must_be_known(wanted, &mut decision);
            return decision;
        };
        self.compare(wanted, old, &given, &mut decision);
        self.must_be_known(wanted, &mut decision);
        decision
    }

    fn check(&self, wanted: &Wanted<'_>, given: &Object, kept: Option<&Object>) -> check::Checked {
        let request = check::Request {
            kind: wanted.kind,
            name: &wanted.registration.name,
            urn: wanted.urn,
            inputs: given,
            old: kept,
            default_tags: wanted.default_tags,
            seed: &self.seed,
        };
        check::check(&wanted.provider, &request)
    }

    fn compare(
        &self,
        wanted: &Wanted<'_>,
        old: &Resource,
        given: &Object,
        decision: &mut Decision,
    ) {
        let options = &wanted.registration.options;
        let before = diff::with_filled(wanted.kind, &old.inputs, &old.outputs);
        let mut changes = diff::diff(wanted.kind, &before, &decision.inputs);
        for change in &mut changes {
            let by_option =
                options.replace_on_changes.iter().any(|path| diff::covers(path, &change.property));
            change.replaces |= by_option;
        }
        let top =
            |change: &Change| change.property.split('.').next().unwrap_or_default().to_owned();
        for change in changes.iter().filter(|change| !change.replaces) {
            let name = top(change);
            if wanted.kind.properties.get(&name).is_some_and(|property| property.fixed) {
                let message =
                    format!("refit cannot change `{name}` of {} in place", wanted.kind.short());
                let hint =
                    format!("options: {{ replaceOnChanges: [{name}] }} makes a new one instead");
                decision.problems.push(problem(&name, message, hint));
            }
        }
        let replaces =
            changes.iter().any(|change| change.replaces) || self.selection.replaces(wanted.urn);
        decision.is_repair = !old.init_errors.is_empty();
        decision.operation = if replaces || old.token != wanted.kind.token && old.delete {
            Operation::Replace
        } else if !changes.is_empty() || decision.is_repair {
            Operation::Update
        } else {
            Operation::Same
        };
        decision.changes = changes;
        if replaces {
            self.prepare_replacement(wanted, old, given, decision);
        }
    }

    /// A replacement gets a new automatic name, so that both can be there at once; where it cannot, the old one goes first.
    fn prepare_replacement(
        &self,
        wanted: &Wanted<'_>,
        old: &Resource,
        given: &Object,
        decision: &mut Decision,
    ) {
        decision.inputs = self.check(wanted, given, None).inputs;
        let predicted = wanted.provider.predict(wanted.kind, &decision.inputs, None).0;
        let id = interpolate_id(&wanted.provider, wanted.kind, &predicted);
        let has_own_name = wanted.kind.auto_name.as_ref().is_some_and(|auto| {
            let Some(Value::Array(defaults)) = decision.inputs.get(DEFAULTS) else { return false };
            !defaults.iter().any(|name| name.as_str() == Some(&auto.property))
        });
        let is_elsewhere = old.inputs.get("region") != decision.inputs.get("region");
        let by_itself =
            wanted.kind.delete_before_replace || (has_own_name && !is_elsewhere) || id == old.id;
        decision.deletes_first =
            wanted.registration.options.delete_before_replace.unwrap_or(by_itself);
        if old.protect {
            let message = format!("`{}` is protected and would have to be replaced", old.name());
            let hint = "remove the option `protect` first, and deploy, if that is meant";
            decision.problems.push(problem("", message, hint.to_owned()));
        }
    }

    /// An update never goes by unknown inputs.
    fn must_be_known(&self, wanted: &Wanted<'_>, decision: &mut Decision) {
        if self.is_preview() {
            return;
        }
        for (name, value) in &decision.inputs {
            if value.has_unknown() {
                let message = format!("`{name}` of `{}` is not known", wanted.registration.name);
                let hint = "what it refers to has no such output".to_owned();
                decision.problems.push(problem(name, message, hint));
            }
        }
    }
}

fn problem(path: &str, message: String, hint: String) -> Problem {
    Problem {
        path: path.to_owned(),
        is_about_name: path.is_empty(),
        is_warning: false,
        message,
        hint: Some(hint),
        inside: None,
    }
}
