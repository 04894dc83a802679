//! Reading every resource again.

use super::{Engine, urn};
use crate::diagnostic::Diagnostic;
use crate::graph;
use crate::progress::{Change, Operation, Step};
use crate::provider::document::same;
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
        match provider.read(&kind, id, &resource.outputs).await {
            Ok(None) => {
                step.operation = Operation::Forget;
                self.live().take_old(&resource.urn);
            }
            Ok(Some(read)) => {
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

fn differences(kind: &ResourceType, resource: &Resource, read: &Object) -> Vec<Change> {
    let before: Object = resource
        .outputs
        .iter()
        .filter(|(name, _)| read.contains_key(*name))
        .map(|(name, value)| (name.clone(), value.open().clone()))
        .collect();
    let mut changes = crate::provider::diff::diff(kind, &before, read);
    // What AWS says of things that nobody set is no difference.
    changes.retain(|change| {
        let value = read.get(&change.property);
        let is_own = kind
            .properties
            .get(&change.property)
            .is_some_and(|property| property.sticky || property.filled || property.computed);
        change.before.is_some() || !(is_own || value.is_some_and(is_nothing))
    });
    changes
}

/// What AWS answers for something that was not set.
fn is_nothing(value: &Value) -> bool {
    value.is_empty()
        || match value.open() {
            Value::Bool(flag) => !flag,
            Value::Number(number) => number.as_f64() == Some(0.0),
            _ => false,
        }
}

/// Whether the program would be expected to set a property that has this value.
fn is_set(kind: &ResourceType, name: &str, value: &Value) -> bool {
    let Some(property) = kind.input(name) else { return false };
    let is_default = property.default.as_ref().map(|one| Value::from_json(one.clone()));
    !property.filled
        && !property.sticky
        && !is_nothing(value)
        && is_default.as_ref() != Some(value)
        && !kind.outputs.contains_key(name)
        && name != "region"
}

/// Puts what was read into outputs, and into inputs that the program gave.
fn take_over(kind: &ResourceType, old: &mut Resource, read: Object) {
    for (name, value) in read {
        let shape = kind.properties.get(&name).map(|property| &property.shape);
        if let Some(input) = old.inputs.get_mut(&name)
            && !same(shape, input, &value)
        {
            *input = if input.has_secret() { Value::secret(value.clone()) } else { value.clone() };
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
