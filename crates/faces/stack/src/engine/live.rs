//! The state while a run changes it: resources that were registered in this run first, in the order they were done, then those
//! of the old state that are still waiting. So each comes after what it depends on at every moment.

use super::urn;
use crate::error::Error;
use crate::state::{Checkpoint, Pending, Resource, StateFile, Vault};
use crate::value::Object;
use std::sync::{Arc, Mutex, PoisonError};

/// The state while it changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Live {
    fresh: Vec<Resource>,
    old: Vec<Resource>,
    pending: Vec<Pending>,
    /// Counts changes, so that saving can tell whether there is anything new.
    version: u64,
}

impl Live {
    /// The state as it was saved.
    pub(crate) fn new(checkpoint: Checkpoint) -> Self {
        Self { old: checkpoint.resources, pending: checkpoint.pending, ..Self::default() }
    }

    /// Everything, in order.
    pub(crate) fn all(&self) -> Vec<&Resource> {
        self.fresh.iter().chain(&self.old).collect()
    }

    /// Resources of the old state that were not registered yet.
    pub(super) fn old(&self) -> &[Resource] {
        &self.old
    }

    /// The old resource of a URN, unless it only waits for its deletion.
    pub(super) fn find_old(&self, urn: &str) -> Option<&Resource> {
        self.old.iter().find(|resource| resource.urn == urn && !resource.delete)
    }

    /// A resource that was registered in this run.
    pub(super) fn find_fresh(&self, urn: &str) -> Option<&Resource> {
        self.fresh.iter().find(|resource| resource.urn == urn)
    }

    /// Takes the old resource of a URN out.
    pub(super) fn take_old(&mut self, urn: &str) -> Option<Resource> {
        let at = self.old.iter().position(|resource| resource.urn == urn && !resource.delete)?;
        self.version += 1;
        Some(self.old.remove(at))
    }

    /// Takes one certain resource out: of two with the same URN the one with this id.
    pub(super) fn drop_old(&mut self, resource: &Resource) {
        let is_it = |other: &Resource| {
            other.urn == resource.urn && other.id == resource.id && other.delete == resource.delete
        };
        if let Some(at) = self.old.iter().position(is_it) {
            self.old.remove(at);
            self.version += 1;
        }
    }

    /// A resource is done. What was not changed at all is no reason to save.
    pub(super) fn push_fresh(&mut self, resource: Resource, is_changed: bool) {
        self.fresh.push(resource);
        self.version += u64::from(is_changed);
    }

    /// An old resource that an earlier run made and did not record.
    pub(super) fn push_old(&mut self, resource: Resource) {
        self.old.push(resource);
        self.version += 1;
    }

    /// The old resource was replaced; it waits for its deletion.
    pub(super) fn mark_replaced(&mut self, urn: &str) {
        if let Some(old) = self.old.iter_mut().find(|old| old.urn == urn && !old.delete) {
            old.delete = true;
            self.version += 1;
        }
    }

    /// Changes an old resource in place.
    pub(super) fn change_old(&mut self, urn: &str, change: impl FnOnce(&mut Resource)) {
        if let Some(old) = self.old.iter_mut().find(|old| old.urn == urn && !old.delete) {
            let before = old.clone();
            change(old);
            self.version += u64::from(*old != before);
        }
    }

    /// Gives an old resource a new URN, everywhere it is named.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        let renamed = |urn: &mut String| {
            if urn == from {
                to.clone_into(urn);
            }
        };
        for resource in self.fresh.iter_mut().chain(&mut self.old) {
            renamed(&mut resource.urn);
            resource.parent.iter_mut().for_each(renamed);
            resource.dependencies.iter_mut().for_each(renamed);
            resource.property_dependencies.values_mut().flatten().for_each(renamed);
        }
        self.version += 1;
    }

    /// A step begins.
    pub(super) fn begin(&mut self, operation: &str, resource: &Resource) {
        self.pending.push(Pending { resource: resource.clone(), operation: operation.to_owned() });
        self.version += 1;
    }

    /// A step is over, well or not.
    pub(super) fn end(&mut self, urn: &str) {
        self.pending.retain(|pending| pending.resource.urn != urn);
        self.version += 1;
    }

    /// Steps that an earlier run left.
    pub(super) fn take_pending(&mut self) -> Vec<Pending> {
        self.version += u64::from(!self.pending.is_empty());
        std::mem::take(&mut self.pending)
    }

    /// The stack's outputs.
    pub(super) fn set_stack_outputs(&mut self, outputs: Object) {
        let stack = self.fresh.iter_mut().find(|resource| resource.token == urn::STACK);
        if let Some(stack) = stack
            && stack.outputs != outputs
        {
            stack.outputs = outputs;
            self.version += 1;
        }
    }

    /// A component's outputs.
    pub(super) fn set_component_outputs(&mut self, urn: &str, outputs: Object) {
        let found = self.fresh.iter_mut().find(|resource| resource.urn == urn && !resource.custom);
        if let Some(component) = found
            && component.outputs != outputs
        {
            component.outputs = outputs;
            self.version += 1;
        }
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            resources: self.all().into_iter().cloned().collect(),
            pending: self.pending.clone(),
            salt: None,
        }
    }
}

/// Saves the state. Many steps that end together share one write.
pub(crate) struct Keeper {
    file: Arc<StateFile>,
    vault: Arc<Vault>,
    project: String,
    stack: String,
    /// The version that is on disk.
    saved: tokio::sync::Mutex<u64>,
}

impl Keeper {
    pub(crate) fn new(file: StateFile, vault: Vault, project: &str, stack: &str) -> Self {
        Self {
            file: Arc::new(file),
            vault: Arc::new(vault),
            project: project.to_owned(),
            stack: stack.to_owned(),
            saved: tokio::sync::Mutex::new(0),
        }
    }

    /// Saves everything up to now, unless someone else has meanwhile.
    pub(crate) async fn save(&self, live: &Mutex<Live>) -> Result<(), Error> {
        let lock = || live.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = lock().version;
        let mut saved = self.saved.lock().await;
        if *saved >= wanted {
            return Ok(());
        }
        let (checkpoint, version) = {
            let live = lock();
            (live.checkpoint(), live.version)
        };
        let (file, vault) = (self.file.clone(), self.vault.clone());
        let (project, stack) = (self.project.clone(), self.stack.clone());
        let path = self.file.path().to_owned();
        let write = move || file.write(&checkpoint.render(&project, &stack, &vault)?);
        tokio::task::spawn_blocking(write).await.unwrap_or_else(|error| {
            Err(Error::State { path, reason: format!("writing it was interrupted: {error}") })
        })?;
        *saved = version;
        Ok(())
    }
}
