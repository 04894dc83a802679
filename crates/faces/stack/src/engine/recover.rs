//! What an interrupted run left: steps that were begun, and of which nobody knows how far they came.

use super::{Engine, urn};
use crate::diagnostic::Diagnostic;
use crate::provider::interpolate_id;
use crate::state::{Pending, Resource};
use crate::value::Value;

impl Engine<'_> {
    /// Finds out. What was created is taken into the state, to be completed; what was changed is changed again.
    pub(crate) async fn recover(&self) {
        self.know_callers().await;
        let pending = self.live().take_pending();
        if pending.is_empty() {
            return;
        }
        if self.is_preview() {
            for Pending { resource, operation } in &pending {
                self.note(Diagnostic::note(format!(
                    "an earlier run was interrupted while {operation} `{}`; the next update finds out how far it came",
                    resource.name()
                )));
            }
        }
        for Pending { resource, operation } in pending {
            match operation.as_str() {
                "creating" | "importing" => self.recover_created(resource).await,
                "updating" => self.live().change_old(&resource.urn, |old| {
                    old.init_errors = vec!["an update was interrupted".to_owned()];
                }),
                // What was being deleted is still in the state, and is deleted again; reads did nothing.
                _ => {}
            }
        }
        if !self.is_preview() {
            self.save().await;
        }
    }

    async fn recover_created(&self, mut resource: Resource) {
        if let Some(inputs) = Some(&resource.inputs).filter(|inputs| !inputs.is_empty()) {
            self.run().unfinished.insert(resource.urn.clone(), inputs.clone());
        }
        let Some(kind) = Self::kind_of(&resource) else { return };
        if urn::is_builtin(&resource.token) || self.is_preview() {
            return;
        }
        let provider = self.provider_for(&resource, |timeouts| timeouts.create);
        let (mut outputs, _) = provider.predict(&kind, &resource.inputs, None);
        let Some(id) = interpolate_id(&provider, &kind, &outputs) else {
            let message = format!(
                "an earlier run was interrupted while creating `{}`; whether {} was made is not known, look for it",
                resource.name(),
                kind.short()
            );
            self.note(Diagnostic::warning(message));
            return;
        };
        outputs.retain(|_, value| !matches!(value, Value::Unknown));
        match provider.read(&kind, &id, &outputs).await {
            Ok(Some(read)) => {
                outputs.extend(read);
                resource.outputs = outputs;
                resource.id = Some(id);
                resource.init_errors = vec!["its creation was interrupted".to_owned()];
                if self.live().find_old(&resource.urn).is_some() {
                    // It was made to replace another one, which is still there.
                    self.live().mark_replaced(&resource.urn);
                }
                self.live().push_old(resource);
            }
            Ok(None) => {}
            Err(error) => {
                let message =
                    format!("whether `{}` was created is not known: {error}", resource.name());
                self.note(Diagnostic::warning(message));
            }
        }
    }
}
