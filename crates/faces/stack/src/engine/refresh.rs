//! Reading every resource again.

use super::{Engine, urn};
use crate::diagnostic::Diagnostic;
use crate::graph;
use crate::progress::{Change, Operation, Step};
use crate::provider::document::same;
use crate::provider::reconcile::{beside, is_unset};
use crate::state::Resource;
use crate::types::{ResourceType, short};
use crate::value::{Object, Value, mark_secrets};

impl Engine<'_> {
    /// Brings the state up to date with AWS: what is gone leaves it, what was changed elsewhere shows as a difference in the
    /// next update.
    pub(crate) async fn refresh(&self) {
        self.know_callers().await;
        let resources: Vec<Resource> = self
            .live()
            .old()
            .iter()
            .filter(|resource| {
                resource.custom
                    && !resource.delete
                    && !urn::is_builtin(&resource.token)
                    && (self.selection.is_everything() || self.selection.targets(&resource.urn))
            })
            .cloned()
            .collect();
        graph::run(&vec![Vec::new(); resources.len()], |index| self.refresh_one(&resources[index]))
            .await;
        self.save().await;
    }

    async fn refresh_one(&self, resource: &Resource) {
        let Some(kind) = Self::kind_of(resource) else { return };
        let Ok(_permit) = self.permits.acquire().await else { return };
        if !self.may_go_on() {
            return;
        }
        let mut step = Step {
            operation: Operation::Same,
            resource_type: short(&resource.token),
            name: resource.name().to_owned(),
            urn: resource.urn.clone(),
            id: resource.id.clone(),
            changes: Vec::new(),
        };
        let began = self.began(&step);
        let id = resource.id.as_deref().unwrap_or_default();
        let provider = self.provider_for(resource, |timeouts| timeouts.update);
        match provider.read_all(&kind, id, &resource.outputs).await {
            Ok(None) => {
                step.operation = Operation::Forget;
                self.live().take_old(&resource.urn);
            }
            Ok(Some(reading)) => {
                for why in &reading.unread {
                    let message = format!("{} `{}`: {why}", step.resource_type, step.name);
                    self.note(Diagnostic::warning(message));
                }
                let mut read = beside(&kind, &resource.inputs, reading.values);
                // Nothing could take back what is set once.
                read.retain(|name, _| !kind.properties.get(name).is_some_and(|one| one.fixed));
                step.changes = differences(&kind, resource, &read);
                if !step.changes.is_empty() {
                    step.operation = Operation::Update;
                }
                self.live().change_old(&resource.urn, |old| take_over(&kind, old, read));
            }
            Err(error) => {
                let message = format!("reading {} `{}`: {error}", step.resource_type, step.name);
                self.failed(&step, Diagnostic::error(message));
                return;
            }
        }
        self.plan(&step);
        self.ended(&step, began);
    }
}

/// What is no longer as the state has it.
fn differences(kind: &ResourceType, resource: &Resource, read: &Object) -> Vec<Change> {
    let known = resource.outputs.iter().filter(|(name, _)| read.contains_key(*name));
    let before: Object = known.map(|(name, value)| (name.clone(), value.clone())).collect();
    // What was secret is not told, whatever it is now.
    let after = read.iter().map(|(name, value)| {
        let is_secret = matches!(before.get(name), Some(Value::Secret(_)));
        let value = value.clone();
        (name.clone(), if is_secret { Value::secret(value) } else { value })
    });
    let mut changes = crate::provider::diff::differences(kind, &before, &after.collect());
    // What AWS says of things that nobody set is no difference.
    changes.retain(|change| {
        let name = change.property.split('.').next().unwrap_or_default();
        let property = kind.properties.get(name);
        let is_own = property
            .is_some_and(|property| property.sticky || property.filled || property.computed);
        let is_new = before.get(name).is_none_or(Value::is_empty);
        !is_new || !(is_own || read.get(name).is_some_and(|value| is_unset(property, value)))
    });
    changes
}

/// Whether the program would be expected to set a property that has this value.
fn is_set(kind: &ResourceType, name: &str, value: &Value) -> bool {
    let Some(property) = kind.input(name) else { return false };
    !property.filled
        && !property.sticky
        && !property.partial
        && !is_unset(Some(property), value)
        && !kind.outputs.contains_key(name)
        && name != "region"
}

/// Puts what was read into outputs, and into inputs that the program gave.
fn take_over(kind: &ResourceType, old: &mut Resource, read: Object) {
    for (name, value) in read {
        let shape = kind.properties.get(&name).map(|property| &property.shape);
        if matches!(value.open(), Value::Null) {
            old.inputs.shift_remove(&name);
            old.outputs.shift_remove(&name);
            continue;
        }
        if let Some(input) = old.inputs.get_mut(&name)
            && !same(shape, input, &value)
        {
            *input = value.clone();
        }
        // Set elsewhere, not by the program: the next update takes it back.
        if !old.inputs.contains_key(&name) && is_set(kind, &name, &value) {
            old.inputs.insert(name.clone(), value.clone());
        }
        old.outputs.insert(name, value);
    }
    let inputs = old.inputs.clone();
    mark_secrets(&mut old.outputs, &inputs);
}
