//! Taking a resource that exists into a stack.

use super::step::by_id;
use super::{Engine, urn};
use crate::program::Registration;
use crate::provider::StepError;
use crate::provider::reconcile::{beside, has_rival, is_unset};
use crate::types::ResourceType;
use crate::value::{Object, Value};

impl Engine<'_> {
    /// Whether the stack has a resource of this name already.
    pub(crate) fn has(&self, registration: &Registration) -> bool {
        let Registration { token, name, options, .. } = registration;
        let parent = options.parent.clone();
        let parent = parent.unwrap_or_else(|| urn::stack(&self.stack, &self.project));
        let urn = urn::of(&self.stack, &self.project, Some(&parent), token, name);
        self.live().find_old(&urn).is_some()
    }

    /// Whether the stack has this URN.
    pub(crate) fn has_urn(&self, urn: &str) -> bool {
        self.live().all().iter().any(|resource| resource.urn == urn)
    }

    /// Reads a resource that exists: its inputs, as a program would have written them.
    ///
    /// # Errors
    /// When it is not there, or AWS refuses.
    pub(crate) async fn look_up(&self, kind: &ResourceType, id: &str) -> Result<Object, StepError> {
        let defaults = kind.properties.iter().filter_map(|(name, property)| {
            Some((name.clone(), Value::from_json(property.default.clone()?)))
        });
        let values = by_id(kind, id, &defaults.collect());
        let reading = self
            .provider
            .read_all(kind, id, &values)
            .await?
            .ok_or_else(|| StepError::new(format!("{} `{id}` does not exist", kind.short())))?;
        let read = beside(kind, &Object::new(), reading.values);
        Ok(self.written(kind, &values, &read))
    }

    /// What a program would write: everything that says more than leaving it out would.
    fn written(&self, kind: &ResourceType, values: &Object, read: &Object) -> Object {
        let mut inputs = Object::new();
        for (name, property) in &kind.properties {
            let is_given = !property.computed && !property.filled && !property.local;
            let value = read.get(name).or_else(|| values.get(name)).filter(|_| is_given);
            let Some(value) = value.filter(|value| !matches!(value, Value::Null)) else { continue };
            if name != "region" && (property.required || !is_unset(Some(property), value)) {
                inputs.insert(name.clone(), value.clone());
            }
        }
        if let Some(Value::Object(tags)) = inputs.get_mut("tags") {
            tags.retain(|name, value| self.default_tags.get(name) != Some(value));
        }
        inputs.retain(|name, value| name != "tags" || !value.is_empty());
        // Of two words for the same thing one is enough.
        let names: Vec<String> = inputs.keys().cloned().collect();
        for name in names {
            if has_rival(kind, &name, &inputs) {
                inputs.shift_remove(&name);
            }
        }
        inputs
    }
}
