//! Runs that are about some resources only (`--target`).

use super::Engine;
use crate::diagnostic::Diagnostic;
use crate::nearest::did_you_mean;
use crate::program::{Registered, Registration, Status};
use crate::progress::{Operation, Step};
use crate::state::Resource;
use crate::types::ResourceType;
use std::collections::HashSet;

impl Engine<'_> {
    /// Whether a registered resource is among those that the run is about; keeps it in mind.
    pub(super) fn is_target(&self, urn: &str, registration: &Registration, parent: &str) -> bool {
        if self.selection.is_everything() {
            return true;
        }
        let mut run = self.run();
        let mut is_target = self.selection.targets(urn);
        if self.selection.with_dependents && !is_target {
            let mut below = registration.dependencies.iter().map(String::as_str).chain([parent]);
            is_target = below.any(|below| run.targeted.contains(below));
        }
        if is_target {
            run.targeted.insert(urn.to_owned());
        }
        is_target
    }

    /// A resource that the run is not about: it stays as it is, and is not made when it is not there.
    pub(super) fn left_alone(
        &self,
        registration: &Registration,
        kind: &ResourceType,
        urn: String,
        old: Option<Resource>,
    ) -> Registered {
        let Some(old) = old else {
            return self.skipped(registration, kind, urn, None);
        };
        self.plan(&Step {
            operation: Operation::Same,
            resource_type: kind.short(),
            name: registration.name.clone(),
            urn: urn.clone(),
            id: old.id.clone(),
            changes: Vec::new(),
        });
        let mut live = self.live();
        live.take_old(&urn);
        live.push_fresh(old.clone(), false);
        Registered { urn, outputs: old.outputs, status: Status::Done }
    }

    /// Tells of targets that name nothing.
    pub(crate) fn check_targets(&self) {
        let urns: Vec<String> = {
            let live = self.live();
            let seen = self.run().seen.clone();
            let of_state = live.all().into_iter().map(|resource| resource.urn.clone());
            of_state.chain(seen).collect()
        };
        for pattern in self.selection.unmatched(&urns) {
            let names = urns.iter().filter_map(|urn| urn.rsplit("::").next());
            let hint = did_you_mean(pattern, names).unwrap_or_else(|| {
                "name a resource as in the program, or by its URN: refit stack --show-urns"
                    .to_owned()
            });
            self.note(Diagnostic::error(format!("no resource is named `{pattern}`")).hint(hint));
        }
    }

    /// Of resources that could be deleted, those that the run is about. What depends on one of them must be among them.
    pub(super) fn only_targets(
        &self,
        candidates: Vec<Resource>,
        order: &[Vec<usize>],
    ) -> Vec<Resource> {
        if self.selection.is_everything() {
            return candidates;
        }
        let mut doomed: HashSet<usize> = (0..candidates.len())
            .filter(|index| self.selection.targets(&candidates[*index].urn))
            .collect();
        let mut open: Vec<usize> = doomed.iter().copied().collect();
        while let Some(index) = open.pop() {
            for dependent in &order[index] {
                if doomed.contains(dependent) {
                    continue;
                }
                if self.selection.with_dependents {
                    doomed.insert(*dependent);
                    open.push(*dependent);
                    continue;
                }
                let [target, dependent] = [&candidates[index], &candidates[*dependent]];
                let message = format!(
                    "`{}` is to be deleted and `{}` depends on it",
                    target.name(),
                    dependent.name()
                );
                let hint = "--target-dependents deletes it too";
                self.note(Diagnostic::error(message).hint(hint));
            }
        }
        let is_doomed = |(index, _): &(usize, Resource)| doomed.contains(index);
        candidates.into_iter().enumerate().filter(is_doomed).map(|(_, one)| one).collect()
    }
}
