//! The stacks of a project as things of their own: listed, made, exported, imported, renamed, removed, selected.

use super::{Options, Project, Summary, check_stack};
use crate::engine::urn;
use crate::error::Error;
use crate::program::yaml::is_plain_name;
use crate::state::{Checkpoint, Resource, StateFile, Vault, now};
use serde_json::{Value as Json, json};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The version that exported deployments carry.
const VERSION: u64 = 3;
/// How long a deployment may be that is imported, in bytes.
const MAX_BYTES: usize = 256 << 20;

/// A stack that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// Its project.
    pub project: String,
    /// Its name.
    pub name: String,
    /// When it was last changed, RFC 3339; none when it cannot be read.
    pub updated: Option<String>,
    /// How many records it has: resources, components, providers, the stack itself.
    pub resources: usize,
}

/// The stacks below a state root: of one project, or of all. In the order of their names.
///
/// # Errors
/// [`Error::File`] when the folder is there and cannot be read.
pub fn list_stacks(root: &Path, project: Option<&str>) -> Result<Vec<Stack>, Error> {
    let folder = root.join(".pulumi/stacks");
    let projects = match project {
        Some(project) => vec![project.to_owned()],
        None => names(&folder)?,
    };
    let mut stacks = Vec::new();
    for project in projects.iter().filter(|name| is_plain_name(name)) {
        for file in names(&folder.join(project))? {
            let Some(name) = file.strip_suffix(".json").filter(|name| is_plain_name(name)) else {
                continue;
            };
            let text = std::fs::read_to_string(folder.join(project).join(&file));
            let state: Json =
                text.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
            let latest = &state["checkpoint"]["latest"];
            stacks.push(Stack {
                project: project.clone(),
                name: name.to_owned(),
                updated: latest["manifest"]["time"].as_str().map(str::to_owned),
                resources: latest["resources"].as_array().map_or(0, Vec::len),
            });
        }
    }
    Ok(stacks)
}

/// Names of what is in a folder, sorted; none when there is no folder.
fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => {
            return Err(Error::File { action: "read", path: folder.to_owned(), source });
        }
    };
    let mut names: Vec<String> =
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

impl Project {
    /// Makes an empty stack.
    ///
    /// # Errors
    /// [`Error::StackExists`]; the others as they come.
    pub fn create_stack(&self, options: &Options) -> Result<(), Error> {
        let file = self.state_file(options)?;
        let _lock = file.lock()?;
        if file.read()?.is_some() {
            return Err(Error::StackExists {
                project: self.name.clone(),
                stack: options.stack.clone(),
            });
        }
        file.prepare()?;
        let vault = Vault::new(options.passphrase.clone(), None);
        file.write(&Checkpoint::default().render(&self.name, &options.stack, &vault)?)
    }

    /// The stack as `pulumi stack export` prints it. Secrets stay sealed unless `show_secrets`, which needs the passphrase.
    ///
    /// # Errors
    /// [`Error::NoStack`], [`Error::Secret`]; the others as they come.
    pub fn export_stack(&self, options: &Options, show_secrets: bool) -> Result<Json, Error> {
        let file = self.state_file(options)?;
        let none = || Error::NoStack { project: self.name.clone(), stack: options.stack.clone() };
        let text = file.read()?.ok_or_else(none)?;
        let unusable = |reason: String| Error::State { path: file.path().to_owned(), reason };
        let mut state: Json =
            serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
        let mut deployment = state["checkpoint"]["latest"].take();
        if show_secrets {
            let (_, vault) = self.checkpoint(options)?;
            crate::value::reveal(&mut deployment, &vault)?;
        }
        Ok(json!({ "version": VERSION, "deployment": deployment }))
    }

    /// Replaces the stack by an exported one, of this program or of Pulumi. Gives how many resources it has.
    ///
    /// # Errors
    /// [`Error::Deployment`] when it is none, or (unless `force`) when it is of another stack; the others as they come.
    pub fn import_stack(&self, options: &Options, text: &str, force: bool) -> Result<usize, Error> {
        let file = self.state_file(options)?;
        let _lock = file.lock()?;
        let wrong = |reason: String| Error::Deployment { reason };
        if text.len() > MAX_BYTES {
            return Err(wrong(format!("it is longer than {} MiB", MAX_BYTES >> 20)));
        }
        let exported: Json =
            serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if exported["version"].as_u64() != Some(VERSION) {
            return Err(wrong(format!("its version is {}, not {VERSION}", exported["version"])));
        }
        if !exported["deployment"].is_object() {
            return Err(wrong("it has no `deployment`".to_owned()));
        }
        let state = json!({
            "version": VERSION,
            "checkpoint": { "stack": "", "latest": exported["deployment"] },
        });
        let vault = |salt| Vault::new(options.passphrase.clone(), salt);
        let (checkpoint, vault) = Checkpoint::parse(file.path(), &state.to_string(), vault)
            .map_err(|error| match error {
                Error::State { reason, .. } => wrong(reason),
                other => other,
            })?;
        if !force {
            self.must_be_own(&checkpoint, &options.stack)?;
        }
        must_be_in_order(&checkpoint.resources).map_err(wrong)?;
        file.prepare()?;
        file.write(&checkpoint.render(&self.name, &options.stack, &vault)?)?;
        Ok(checkpoint.resources.len())
    }

    /// Every resource of a deployment must be of this project and stack.
    fn must_be_own(&self, checkpoint: &Checkpoint, stack: &str) -> Result<(), Error> {
        let start = format!("urn:pulumi:{stack}::{}::", self.name);
        let pending = checkpoint.pending.iter().map(|pending| &pending.resource);
        let other = checkpoint.resources.iter().chain(pending);
        match other.into_iter().find(|resource| !resource.urn.starts_with(&start)) {
            None => Ok(()),
            Some(other) => Err(Error::Deployment {
                reason: format!("{} is not of the stack {}/{stack}", other.urn, self.name),
            }),
        }
    }

    /// Gives the stack another name, in its state and in its settings.
    ///
    /// # Errors
    /// [`Error::NoStack`], [`Error::StackExists`]; the others as they come.
    pub fn rename_stack(&self, options: &Options, new_name: &str) -> Result<(), Error> {
        check_stack(new_name)?;
        let (old, new) = (self.state_file(options)?, self.state_file_of(options, new_name));
        let _locks = (old.lock()?, new.lock()?);
        let (mut checkpoint, vault) = self.checkpoint(options)?;
        if new.read()?.is_some() {
            let (project, stack) = (self.name.clone(), new_name.to_owned());
            return Err(Error::StackExists { project, stack });
        }
        let renamed = |text: &mut String| rename(text, &self.name, &options.stack, new_name);
        let pending = checkpoint.pending.iter_mut().map(|pending| &mut pending.resource);
        for resource in checkpoint.resources.iter_mut().chain(pending) {
            renamed(&mut resource.urn);
            resource.parent.iter_mut().for_each(renamed);
            resource.provider.iter_mut().for_each(renamed);
            resource.dependencies.iter_mut().for_each(renamed);
            resource.property_dependencies.values_mut().flatten().for_each(renamed);
            if let Some(Json::String(with)) = resource.extra.get_mut("deletedWith") {
                renamed(with);
            }
        }
        new.prepare()?;
        new.write(&checkpoint.render(&self.name, new_name, &vault)?)?;
        old.remove()?;
        let settings = |stack: &str| self.directory.join(format!("Pulumi.{stack}.yaml"));
        let (from, to) = (settings(&options.stack), settings(new_name));
        if from.is_file() && !to.exists() {
            std::fs::rename(&from, &to).map_err(|source| Error::File {
                action: "rename",
                path: from,
                source,
            })?;
        }
        if self.selected_stack(&options.state_root).as_deref() == Some(&options.stack) {
            self.select_stack(&options.state_root, new_name)?;
        }
        Ok(())
    }

    /// Removes the stack's state, and its settings unless `keep_settings`.
    ///
    /// # Errors
    /// [`Error::StackInUse`] when it still has resources, unless `force`; [`Error::NoStack`]; the others as they come.
    pub fn remove_stack(
        &self,
        options: &Options,
        force: bool,
        keep_settings: bool,
    ) -> Result<(), Error> {
        let file = self.state_file(options)?;
        let _lock = file.lock()?;
        let resources = self.resources(options)?.len();
        if resources > 0 && !force {
            return Err(Error::StackInUse { stack: options.stack.clone(), resources });
        }
        file.remove()?;
        let settings = self.directory.join(format!("Pulumi.{}.yaml", options.stack));
        if settings.is_file() && !keep_settings {
            std::fs::remove_file(&settings).map_err(|source| Error::File {
                action: "remove",
                path: settings,
                source,
            })?;
        }
        if self.selected_stack(&options.state_root).as_deref() == Some(&options.stack) {
            let _gone_already = std::fs::remove_file(self.selection_file(&options.state_root));
        }
        Ok(())
    }

    /// The stack that commands are about when they name none, if one was selected.
    pub fn selected_stack(&self, root: &Path) -> Option<String> {
        let text = std::fs::read_to_string(self.selection_file(root)).ok()?;
        let selection: Json = serde_json::from_str(&text).ok()?;
        selection["stack"].as_str().filter(|name| is_plain_name(name)).map(str::to_owned)
    }

    /// Selects a stack.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Invalid`].
    pub fn select_stack(&self, root: &Path, stack: &str) -> Result<(), Error> {
        check_stack(stack)?;
        let file = self.selection_file(root);
        let failed = |source| Error::File { action: "write", path: file.clone(), source };
        std::fs::create_dir_all(file.parent().unwrap_or(root)).map_err(failed)?;
        std::fs::write(&file, json!({ "stack": stack }).to_string()).map_err(failed)
    }

    fn selection_file(&self, root: &Path) -> PathBuf {
        root.join(".pulumi/workspaces").join(format!("{}-workspace.json", self.name))
    }

    fn state_file_of(&self, options: &Options, stack: &str) -> StateFile {
        StateFile::new(&options.state_root, &self.name, stack)
    }

    /// Writes a run down in the stack's history. What cannot be written is no reason for a run to fail.
    pub(super) fn remember(&self, options: &Options, kind: &str, result: &Result<Summary, Error>) {
        let summary = match result {
            Ok(summary) => Some(summary),
            Err(Error::Failed { summary, .. } | Error::Cancelled { summary }) => Some(&**summary),
            Err(_) => None,
        };
        let folder = self.history_folder(options);
        let changes = summary.map(|summary| {
            let counts = summary.changes.iter();
            counts.map(|(operation, n)| (operation.word().to_owned(), Json::from(*n))).collect()
        });
        let record = json!({
            "kind": kind,
            "message": options.message,
            "result": if result.is_ok() { "succeeded" } else { "failed" },
            "endTime": now(),
            "durationMilliseconds": summary.map(|summary| summary.took.as_millis() as u64),
            "resourceChanges": Json::Object(changes.unwrap_or_default()),
            "environment": {},
        });
        let count = names(&folder).map_or(0, |names| names.len());
        let file = folder.join(format!("{}-{count:08}.history.json", options.stack));
        let _not_vital = std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&file, format!("{record}\n")));
    }

    fn history_folder(&self, options: &Options) -> PathBuf {
        options.state_root.join(".pulumi/history").join(&self.name).join(&options.stack)
    }

    /// What was done with the stack, newest first.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Invalid`].
    pub fn history(&self, options: &Options) -> Result<Vec<Json>, Error> {
        check_stack(&options.stack)?;
        let folder = self.history_folder(options);
        let read = |name: &String| {
            serde_json::from_str(&std::fs::read_to_string(folder.join(name)).ok()?).ok()
        };
        Ok(names(&folder)?.iter().rev().filter_map(read).collect())
    }
}

/// Gives the stack of a URN another name, and the stack's own resource.
fn rename(text: &mut String, project: &str, old: &str, new: &str) {
    let Some(rest) = text.strip_prefix(&format!("urn:pulumi:{old}::{project}::")) else { return };
    let own = format!("{}::{project}-{old}", urn::STACK);
    let rest =
        if rest == own { format!("{}::{project}-{new}", urn::STACK) } else { rest.to_owned() };
    *text = format!("urn:pulumi:{new}::{project}::{rest}");
}

/// Each resource must come after its parent, its provider and what it depends on; no two may have one URN.
fn must_be_in_order(resources: &[Resource]) -> Result<(), String> {
    let mut seen: HashSet<&str> = HashSet::new();
    for resource in resources {
        let provider = resource.provider.as_deref().and_then(|text| text.rsplit_once("::"));
        let below = resource.dependencies.iter().chain(&resource.parent).map(String::as_str);
        for urn in below.chain(provider.map(|(urn, _)| urn)) {
            if !seen.contains(urn) {
                return Err(format!("{} comes before {urn}, which it depends on", resource.urn));
            }
        }
        if !seen.insert(&resource.urn) && !resource.delete {
            let before = resources.iter().filter(|other| other.urn == resource.urn);
            if before.filter(|other| !other.delete).count() > 1 {
                return Err(format!("{} is there twice", resource.urn));
            }
        }
    }
    Ok(())
}
