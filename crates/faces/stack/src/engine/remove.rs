//! Deleting: what the program no longer has, what was replaced, and what must go before a replacement.

use super::register::DELETED_WITH;
use super::{Engine, urn};
use crate::diagnostic::Diagnostic;
use crate::graph;
use crate::progress::{Operation, Step};
use crate::state::Resource;
use crate::types::short;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

impl Engine<'_> {
    /// Deletes everything that was not registered, each after what depends on it. In a preview only says so.
    pub(crate) async fn remove_unregistered(&self) {
        self.know_callers().await;
        let (candidates, replacing) = {
            let (seen, replacing) = {
                let run = self.run();
                (run.seen.clone(), run.replacing.clone())
            };
            let live = self.live();
            let is_candidate =
                |resource: &&Resource| resource.delete || !seen.contains(&resource.urn);
            (live.old().iter().filter(is_candidate).cloned().collect::<Vec<_>>(), replacing)
        };
        if candidates.is_empty() {
            return;
        }
        let candidates = self.only_targets(candidates.clone(), &dependents(&candidates));
        if self.has_errors() {
            return;
        }
        let order = dependents(&candidates);
        let kept: Mutex<HashSet<usize>> = Mutex::default();
        let kept = || kept.lock().unwrap_or_else(PoisonError::into_inner);
        graph::run(&order, |index| {
            let (candidate, order) = (&candidates[index], &order[index]);
            let (kept, replacing, candidates) = (&kept, &replacing, &candidates);
            async move {
                let is_needed = order.iter().any(|dependent| kept().contains(dependent));
                let is_replaced = candidate.delete && replacing.contains(&candidate.urn);
                let with = candidate.extra.get(DELETED_WITH).and_then(|urn| urn.as_str());
                let goes_along =
                    with.is_some_and(|urn| candidates.iter().any(|other| other.urn == urn));
                if is_needed || !self.remove(candidate, is_replaced, goes_along).await {
                    kept().insert(index);
                }
            }
        })
        .await;
    }

    /// Deletes one; false when it is still there.
    async fn remove(&self, resource: &Resource, is_replaced: bool, goes_along: bool) -> bool {
        if !resource.custom || resource.external || urn::is_builtin(&resource.token) {
            self.live().drop_old(resource);
            return self.is_preview() || self.save().await;
        }
        let kind = Self::kind_of(resource);
        let stays = resource.retain_on_delete
            || goes_along
            || kind.as_ref().and_then(|kind| kind.keep.as_ref()).is_some_and(|keep| {
                resource.inputs.get(keep).is_some_and(crate::value::Value::is_true)
            });
        let step = Step {
            operation: if stays { Operation::Forget } else { Operation::Delete },
            resource_type: short(&resource.token),
            name: resource.name().to_owned(),
            urn: resource.urn.clone(),
            id: resource.id.clone(),
            changes: Vec::new(),
        };
        // The deletion of what was replaced is part of the replacement.
        if !is_replaced {
            self.plan(&step);
        }
        if resource.protect && !is_replaced {
            let message = format!(
                "{} `{}` is protected and cannot be deleted",
                step.resource_type, step.name
            );
            let hint = "remove the option `protect` first, and deploy, if that is meant";
            self.failed(&step, Diagnostic::error(message).hint(hint));
            return false;
        }
        if self.is_preview() {
            self.tell_deletion(&step, resource, is_replaced, stays).await;
            return true;
        }
        if stays {
            self.live().drop_old(resource);
            return self.save().await;
        }
        if !self.may_go_on() {
            return false;
        }
        let Ok(_permit) = self.permits.acquire().await else { return false };
        let began = self.began(&step);
        match self.delete_one(resource).await {
            Ok(()) => {
                self.ended(&step, began);
                true
            }
            Err(why) => {
                self.failed(&step, why);
                false
            }
        }
    }

    /// The calls and the records of a deletion.
    async fn delete_one(&self, resource: &Resource) -> Result<(), Diagnostic> {
        let name = || format!("{} `{}`", short(&resource.token), resource.name());
        let Some(kind) = Self::kind_of(resource) else {
            let message = format!("deleting {}: refit does not know this type", name());
            return Err(Diagnostic::error(message));
        };
        self.live().begin("deleting", resource);
        if !self.save().await {
            return Err(Diagnostic::error(format!(
                "deleting {}: the state cannot be saved",
                name()
            )));
        }
        let provider = self.provider_for(resource, |timeouts| timeouts.delete);
        let id = resource.id.as_deref().unwrap_or_default();
        let result = provider.delete(&kind, id, [&resource.inputs, &resource.outputs]).await;
        let result = result.map_err(|error| {
            let hint = match (kind.token.as_str(), error.code.as_deref()) {
                (_, Some("BucketNotEmpty")) => Some(
                    "set `forceDestroy: true`, deploy, and try again, if its objects may go"
                        .to_owned(),
                ),
                ("aws:sagemaker/modelPackageGroup:ModelPackageGroup", Some(_)) => Some(
                    "the tag `refit:force-destroy: \"true\"` lets its model packages go with it"
                        .to_owned(),
                ),
                _ => self.access_hint(&error),
            };
            Diagnostic::error(format!("deleting {}: {error}", name())).maybe_hint(hint)
        });
        {
            let mut live = self.live();
            live.end(&resource.urn);
            if result.is_ok() {
                live.drop_old(resource);
            }
        }
        self.save().await;
        result
    }

    /// Old resources that cannot stay when `urn` is deleted before its replacement is made, the outermost first: those with a
    /// property that refers to it and cannot change in place.
    pub(super) fn cascade(&self, urn: &str) -> Vec<Resource> {
        let seen = self.run().seen.clone();
        let live = self.live();
        let mut doomed: Vec<&str> = vec![urn];
        let mut found: Vec<Resource> = Vec::new();
        // The old resources are in dependency order: one pass finds what depends on what was found.
        for resource in live.old().iter().filter(|resource| !resource.delete) {
            if seen.contains(&resource.urn) {
                continue;
            }
            let kind = Self::kind_of(resource);
            let is_doomed = resource.property_dependencies.iter().any(|(property, urns)| {
                let replaces = kind
                    .as_ref()
                    .and_then(|kind| kind.properties.get(property))
                    .is_some_and(|property| property.replaces);
                replaces && urns.iter().any(|urn| doomed.contains(&urn.as_str()))
            });
            if is_doomed {
                doomed.push(&resource.urn);
                found.push(resource.clone());
            }
        }
        found.reverse();
        found
    }

    /// In a preview: what a replacement that deletes first takes with it.
    pub(super) fn mark_dependents_replaced(&self, urn: &str) {
        for resource in self.cascade(urn) {
            self.run().replaced.insert(resource.urn.clone());
            self.live().take_old(&resource.urn);
        }
    }

    /// Deletes the old resource of a replacement, and before it what cannot be without it.
    pub(super) async fn delete_for_replacement(&self, urn: &str) -> Result<(), Diagnostic> {
        let mut doomed = self.cascade(urn);
        doomed.extend(self.live().find_old(urn).cloned());
        for resource in doomed {
            if resource.protect && resource.urn != urn {
                let message =
                    format!("`{}` is protected and would have to be replaced too", resource.name());
                return Err(Diagnostic::error(message));
            }
            if resource.retain_on_delete {
                self.live().drop_old(&resource);
            } else {
                let _permit = self.permits.acquire().await;
                self.delete_one(&resource).await?;
            }
            if resource.urn != urn {
                self.run().replaced.insert(resource.urn.clone());
            }
        }
        Ok(())
    }
}

/// For each candidate, the candidates that depend on it.
fn dependents(candidates: &[Resource]) -> Vec<Vec<usize>> {
    let mut indices: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, candidate) in candidates.iter().enumerate() {
        indices.entry(&candidate.urn).or_default().push(index);
    }
    let mut dependents = vec![Vec::new(); candidates.len()];
    for (index, candidate) in candidates.iter().enumerate() {
        let provider = candidate.provider.as_deref().and_then(|text| text.rsplit_once("::"));
        let named = candidate.dependencies.iter().chain(&candidate.parent);
        let named = named.chain(candidate.property_dependencies.values().flatten());
        let named = named.map(String::as_str).chain(provider.map(|(urn, _)| urn));
        let below: HashSet<usize> =
            named.filter_map(|urn| indices.get(urn)).flatten().copied().collect();
        for target in below {
            if candidates[target].urn != candidate.urn {
                dependents[target].push(index);
            }
        }
    }
    dependents
}
