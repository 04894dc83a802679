//! A Pulumi project: what the command line does with it.

mod config;
mod convert;
mod definitions;
mod deployed;
mod import;
mod plain;
mod session;
mod stacks;

pub use config::Setting;
pub use convert::{Conversion, Converted};
pub use deployed::Deployed;
pub use import::{Import, Imported};
pub use stacks::{Stack, list_stacks};

use crate::aws::Aws;
use crate::cancel::Cancel;
use crate::diagnostic::Diagnostic;
use crate::engine::Mode;
use crate::error::Error;
use crate::hosts::{self, HostProject};
use crate::identity::Caller;
use crate::program::yaml::{YamlProject, is_plain_name, settings};
use crate::progress::{Operation, Progress};
use crate::selection::Selection;
use crate::source::Source;
use crate::state::{Checkpoint, StateFile, Vault};
use crate::yaml;
use serde_json::{Map, Value};
use session::drive;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A project directory.
#[derive(Debug, Clone)]
pub struct Project {
    directory: PathBuf,
    name: String,
    /// The program, or what is wrong with it. A stack can be deleted without.
    program: Result<Language, Vec<Diagnostic>>,
}

/// What the program is written in.
#[derive(Debug, Clone)]
enum Language {
    /// It is evaluated here.
    Yaml(Arc<YamlProject>),
    /// It is run by its SDK.
    Hosted(Arc<HostProject>),
}

/// How a run is done.
#[derive(Clone)]
pub struct Options {
    /// The stack's name; its settings are in `Pulumi.STACK.yaml`.
    pub stack: String,
    /// Configuration values that win over the stack's file: (key, text).
    pub config: Vec<(String, String)>,
    /// Where `.pulumi/` with the state is.
    pub state_root: PathBuf,
    /// Where environments for programs are made; below the state when absent.
    pub environments: Option<PathBuf>,
    /// Where AWS APIs are called.
    pub aws: Arc<dyn Aws>,
    /// What secrets are sealed with (`PULUMI_CONFIG_PASSPHRASE`).
    pub passphrase: Option<String>,
    /// Stops the run in good order.
    pub cancel: Cancel,
    /// How many steps may be under way at once.
    pub parallel: usize,
    /// What the run is about: everything, or some resources.
    pub selection: Selection,
    /// Read every resource again first.
    pub refresh: bool,
    /// Tell new resources' inputs as differences.
    pub is_detailed: bool,
    /// Previews tell the API calls that would be made.
    pub shows_calls: bool,
    /// What the user says of this run, for the history.
    pub message: String,
}

impl Options {
    /// Options with no configuration, no passphrase, 16 steps at once.
    pub fn new(stack: &str, state_root: PathBuf, aws: Arc<dyn Aws>) -> Self {
        Self {
            stack: stack.to_owned(),
            config: Vec::new(),
            state_root,
            environments: None,
            aws,
            passphrase: None,
            cancel: Cancel::new(),
            parallel: 16,
            selection: Selection::default(),
            refresh: false,
            is_detailed: false,
            shows_calls: false,
            message: String::new(),
        }
    }
}

/// What a run did, or would do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// How many resources the stack has (without the stack itself).
    pub resources: usize,
    /// How many of each operation.
    pub changes: BTreeMap<Operation, usize>,
    /// The stack's outputs; secrets are `"[secret]"`.
    pub outputs: Map<String, Value>,
    /// How long it took.
    pub took: Duration,
    /// Warnings and notes.
    pub notes: Vec<Diagnostic>,
}

impl Summary {
    /// Whether nothing was, or would be, changed.
    pub fn is_unchanged(&self) -> bool {
        self.changes.iter().all(|(operation, n)| *operation == Operation::Same || *n == 0)
    }
}

/// A state machine definition inside a project.
#[derive(Debug, Clone)]
pub struct Definition {
    /// The resource that has it.
    pub resource: String,
    /// The definition as it would be sent, JSON.
    pub text: String,
    /// What a check of it finds, with places in the project's file.
    pub diagnostics: Vec<Diagnostic>,
}

impl Project {
    /// Reads the project of a directory (or of a path to its `Pulumi.yaml`). Faults of its program are told by [`Project::up`]
    /// and [`Project::preview`], so that a stack can be deleted whatever state its program is in.
    ///
    /// # Errors
    /// [`Error::NoProject`], [`Error::File`]; [`Error::Invalid`] when the file has no name to go by.
    pub fn load(directory: &Path) -> Result<Self, Error> {
        let path = find_file(directory)?;
        let text = std::fs::read_to_string(&path).map_err(|source| Error::File {
            action: "read",
            path: path.clone(),
            source,
        })?;
        let directory = path.parent().map(Path::to_owned).unwrap_or_default();
        let parsed = match hosts::parse(&path, &text) {
            Some(hosted) => hosted
                .map(|project| (project.name().to_owned(), Language::Hosted(Arc::new(project)))),
            None => YamlProject::parse(&path, &text)
                .map(|project| (project.name().to_owned(), Language::Yaml(Arc::new(project)))),
        };
        match parsed {
            Ok((name, program)) => Ok(Self { directory, name, program: Ok(program) }),
            Err(diagnostics) => {
                let source = Source::new(path, &text);
                let root = yaml::parse(&source, &text).ok();
                let name = root.and_then(|root| Some(root.get("name")?.as_str()?.to_owned()));
                match name.filter(|name| is_plain_name(name)) {
                    Some(name) => Ok(Self { directory, name, program: Err(diagnostics) }),
                    None => Err(Error::invalid(diagnostics)),
                }
            }
        }
    }

    /// The project's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The project's directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What is wrong with the program, as far as it shows without configuration and without AWS.
    pub fn faults(&self) -> &[Diagnostic] {
        match &self.program {
            Ok(Language::Yaml(program)) => program.faults(),
            Ok(Language::Hosted(_)) => &[],
            Err(faults) => faults,
        }
    }

    /// The region that the stack's configuration names (`aws:region`), if it does: what to make a client for.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Invalid`], [`Error::Secret`] when the stack's file cannot be used.
    pub fn region(
        &self,
        stack: &str,
        config: &[(String, String)],
        passphrase: Option<&String>,
    ) -> Result<Option<String>, Error> {
        check_stack(stack)?;
        let settings = settings::read(&self.directory, &self.name, stack, config, passphrase)?;
        let own = || settings::project_region(&self.directory);
        Ok(settings.region().map(str::to_owned).or_else(own))
    }

    /// Who calls, as the stack's configuration says (`aws:profile`, `aws:assumeRoles` …).
    ///
    /// # Errors
    /// As [`Project::region`].
    pub fn caller(
        &self,
        stack: &str,
        config: &[(String, String)],
        passphrase: Option<&String>,
    ) -> Result<Caller, Error> {
        check_stack(stack)?;
        let settings = settings::read(&self.directory, &self.name, stack, config, passphrase)?;
        let invalid = |message| Error::Invalid { diagnostics: vec![Diagnostic::error(message)] };
        settings.caller().map_err(invalid)
    }

    /// What `up` would do. Changes nothing; asks AWS only who is calling, and for roles that the program does not make.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong; the others as they come.
    pub async fn preview(
        &self,
        options: &Options,
        progress: &mut dyn Progress,
    ) -> Result<Summary, Error> {
        let mut session = self.session(options).await?;
        if options.refresh {
            let engine = session.engine(Mode::Preview, None, progress);
            engine.refresh().await;
            let state = engine.state();
            engine.finish()?;
            session.live = state;
        }
        let program = session.program(self, options)?;
        let engine = session.engine(Mode::Preview, None, progress);
        drive(&engine, &*program).await;
        self.with_faults(engine.finish())
    }

    /// A preview's result, with what was wrong before it began.
    fn with_faults(&self, result: Result<Summary, Error>) -> Result<Summary, Error> {
        let faults = self.faults();
        match result {
            result if faults.is_empty() => result,
            Ok(_) => Err(Error::invalid(faults.to_vec())),
            Err(Error::Invalid { mut diagnostics }) => {
                diagnostics.extend_from_slice(faults);
                Err(Error::invalid(diagnostics))
            }
            Err(other) => Err(other),
        }
    }

    /// Makes the stack as the program says. A preview comes first: when it finds an error, nothing is changed.
    ///
    /// # Errors
    /// [`Error::Invalid`] before, [`Error::Failed`] and [`Error::Cancelled`] after something was changed; the others as they
    /// come.
    pub async fn up(
        &self,
        options: &Options,
        progress: &mut dyn Progress,
    ) -> Result<Summary, Error> {
        let lock = self.state_file(options)?.lock()?;
        if options.refresh && self.checkpoint(options).is_ok() {
            self.refresh_locked(options, progress).await?;
        }
        let mut session = self.session(options).await?;
        let program = session.program(self, options)?;
        let engine = session.engine(Mode::Preview, None, progress);
        drive(&engine, &*program).await;
        let notes = self.with_faults(engine.finish())?.notes;
        let keeper = session.keeper(self, options)?;
        let engine = session.engine(Mode::Apply, Some(&keeper), progress);
        engine.recover().await;
        drive(&engine, &*program).await;
        let mut result = engine.finish();
        if let Ok(summary) = &mut result {
            summary.notes.splice(0..0, notes);
        }
        self.remember(options, "update", &result);
        drop(lock);
        result
    }

    /// Deletes everything the stack has. Works without a sound program.
    ///
    /// # Errors
    /// As [`Project::up`]; [`Error::NoStack`] when it was never deployed.
    pub async fn destroy(
        &self,
        options: &Options,
        progress: &mut dyn Progress,
    ) -> Result<Summary, Error> {
        let lock = self.state_file(options)?.lock()?;
        self.checkpoint(options)?;
        if options.refresh {
            self.refresh_locked(options, progress).await?;
        }
        let mut session = self.session(options).await?;
        session.provider.is_destroying = true;
        let engine = session.engine(Mode::Preview, None, progress);
        engine.check_targets();
        engine.remove_unregistered().await;
        engine.finish()?;
        let keeper = session.keeper(self, options)?;
        let engine = session.engine(Mode::Apply, Some(&keeper), progress);
        engine.recover().await;
        engine.remove_unregistered().await;
        let result = engine.finish();
        self.remember(options, "destroy", &result);
        drop(lock);
        result
    }

    /// What [`Project::destroy`] would do. Changes nothing.
    ///
    /// # Errors
    /// As [`Project::destroy`].
    pub async fn preview_destroy(
        &self,
        options: &Options,
        progress: &mut dyn Progress,
    ) -> Result<Summary, Error> {
        self.checkpoint(options)?;
        let mut session = self.session(options).await?;
        session.provider.is_destroying = true;
        let engine = session.engine(Mode::Preview, None, progress);
        engine.check_targets();
        engine.remove_unregistered().await;
        engine.finish()
    }

    /// Reads every resource again: those that are gone leave the state, the others' outputs are brought up to date.
    ///
    /// # Errors
    /// As [`Project::up`]; [`Error::NoStack`] when it was never deployed.
    pub async fn refresh(
        &self,
        options: &Options,
        progress: &mut dyn Progress,
    ) -> Result<Summary, Error> {
        let lock = self.state_file(options)?.lock()?;
        self.checkpoint(options)?;
        let result = self.refresh_locked(options, progress).await;
        self.remember(options, "refresh", &result);
        drop(lock);
        result
    }

    async fn refresh_locked(
        &self,
        options: &Options,
        progress: &mut dyn Progress,
    ) -> Result<Summary, Error> {
        let mut session = self.session(options).await?;
        let keeper = session.keeper(self, options)?;
        let engine = session.engine(Mode::Apply, Some(&keeper), progress);
        engine.recover().await;
        engine.refresh().await;
        engine.check_targets();
        engine.finish()
    }

    /// What [`Project::refresh`] would find. Changes nothing.
    ///
    /// # Errors
    /// As [`Project::refresh`].
    pub async fn preview_refresh(
        &self,
        options: &Options,
        progress: &mut dyn Progress,
    ) -> Result<Summary, Error> {
        self.checkpoint(options)?;
        let session = self.session(options).await?;
        let engine = session.engine(Mode::Preview, None, progress);
        engine.refresh().await;
        engine.check_targets();
        engine.finish()
    }

    fn state_file(&self, options: &Options) -> Result<StateFile, Error> {
        check_stack(&options.stack)?;
        Ok(StateFile::new(&options.state_root, &self.name, &options.stack))
    }

    /// What was saved.
    fn checkpoint(&self, options: &Options) -> Result<(Checkpoint, Vault), Error> {
        let file = self.state_file(options)?;
        let text = file.read()?.ok_or_else(|| Error::NoStack {
            project: self.name.clone(),
            stack: options.stack.clone(),
        })?;
        Checkpoint::parse(file.path(), &text, |salt| Vault::new(options.passphrase.clone(), salt))
    }
}

fn find_file(directory: &Path) -> Result<PathBuf, Error> {
    if directory.is_file() {
        return Ok(directory.to_owned());
    }
    let names = ["Pulumi.yaml", "Pulumi.yml"];
    let found = names.iter().map(|name| directory.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| Error::NoProject { directory: directory.to_owned() })
}

fn check_stack(stack: &str) -> Result<(), Error> {
    if is_plain_name(stack) {
        return Ok(());
    }
    let message = format!("`{stack}` is no name for a stack");
    let hint = "at most 100 letters, digits, `-`, `_` and `.`";
    Err(Error::Invalid { diagnostics: vec![Diagnostic::error(message).hint(hint)] })
}

/// The state machine definitions inside a `Pulumi.yaml`, checked, without asking AWS: what a reference gives is predicted, and
/// an opaque text where it cannot be.
///
/// # Errors
/// As [`Project::load`]; [`Error::Invalid`] when the project itself is wrong.
pub fn find_definitions(path: &Path) -> Result<Vec<Definition>, Error> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    // A file that is no project may be a definition by itself. What cannot be read is the project's to report.
    if let Some(found) = plain::find(path, &text) {
        return found.map(|definition| vec![definition]);
    }
    definitions::find(path)
}
