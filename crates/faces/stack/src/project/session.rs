//! What the engines of one run share, and one pass of a program through an engine.

use super::{Language, Options, Project, check_stack};
use crate::diagnostic::Diagnostic;
use crate::engine::{Engine, Keeper, Library, Live, Mode, Parts, urn};
use crate::error::Error;
use crate::hosts::{self, HostProgram};
use crate::program::Program;
use crate::program::yaml::{is_plain_name, settings};
use crate::progress::Progress;
use crate::provider::Provider;
use crate::selection::Selection;
use crate::state::{Checkpoint, StateFile, Vault, random};
use crate::value::Object;
use std::sync::Arc;

impl Project {
    /// What the engines of one run share: the state, and who calls.
    pub(super) async fn session(&self, options: &Options) -> Result<Session, Error> {
        check_stack(&options.stack)?;
        let (checkpoint, vault) = match self.checkpoint(options) {
            Ok((checkpoint, vault)) => (checkpoint, Some(vault)),
            Err(Error::NoStack { .. }) => (Checkpoint::default(), None),
            Err(error) => return Err(error),
        };
        let directory = match &self.program {
            Ok(Language::Yaml(program)) => program
                .main()
                .map_or_else(|| self.directory.clone(), |main| self.directory.join(main)),
            Ok(Language::Hosted(program)) => program.entry().0,
            Err(_) => self.directory.clone(),
        };
        let provider = Provider::connect(options.aws.clone(), directory, options.cancel.clone())
            .await
            .map_err(|error| Error::Aws(Box::new(error)))?;
        Ok(Session {
            project: self.name.clone(),
            stack: options.stack.clone(),
            provider,
            live: Live::new(checkpoint),
            vault,
            salt: None,
            seed: random(),
            parallel: options.parallel,
            selection: options.selection.clone(),
            default_tags: settings::default_tags(&self.directory, &options.stack, &options.config),
            can_seal: options.passphrase.is_some(),
            is_detailed: options.is_detailed,
            shows_calls: options.shows_calls,
            library: library(options),
        })
    }
}

/// What the engines of one run share.
pub(super) struct Session {
    project: String,
    stack: String,
    pub(super) provider: Provider,
    pub(super) live: Live,
    /// What the saved secrets were opened with.
    vault: Option<Vault>,
    /// The salt of the stack's file, for a state that has none.
    salt: Option<String>,
    seed: [u8; 32],
    parallel: usize,
    selection: Selection,
    default_tags: Object,
    can_seal: bool,
    is_detailed: bool,
    shows_calls: bool,
    library: Arc<Library>,
}

impl Session {
    /// The program, with the stack's configuration.
    pub(super) fn program<'p>(
        &self,
        project: &'p Project,
        options: &Options,
    ) -> Result<Box<dyn Program + 'p>, Error> {
        let program = match &project.program {
            Ok(program) => program,
            Err(diagnostics) => return Err(Error::invalid(diagnostics.clone())),
        };
        let passphrase = options.passphrase.as_ref();
        let settings = settings::read(
            &project.directory,
            &project.name,
            &options.stack,
            &options.config,
            passphrase,
        )?;
        if let Some(region) = settings.region().filter(|region| *region != self.provider.region) {
            let message = format!(
                "`aws:region` is {region}, but this run deploys to {}",
                self.provider.region
            );
            return Err(Error::Invalid { diagnostics: vec![Diagnostic::error(message)] });
        }
        let invalid = |diagnostics: Vec<Diagnostic>| {
            Error::invalid(project.faults().iter().cloned().chain(diagnostics).collect())
        };
        match program {
            Language::Yaml(program) => {
                let directory = self.provider.directory.clone();
                let program = program.program(directory, &options.stack, &settings, false);
                program.map(|program| Box::new(program) as _).map_err(invalid)
            }
            Language::Hosted(program) => {
                let config = program.config(&settings).map_err(invalid)?;
                let setting = hosted_setting(&project.name, options);
                Ok(Box::new(HostProgram::new(program.clone(), config, setting)))
            }
        }
    }

    pub(super) fn engine<'a>(
        &self,
        mode: Mode,
        keeper: Option<&'a Keeper>,
        progress: &'a mut dyn Progress,
    ) -> Engine<'a> {
        let parts = Parts {
            mode,
            project: self.project.clone(),
            stack: self.stack.clone(),
            provider: self.provider.clone(),
            seed: self.seed,
            live: self.live.clone(),
            keeper,
            parallel: self.parallel,
            selection: self.selection.clone(),
            default_tags: self.default_tags.clone(),
            can_seal: self.can_seal,
            is_detailed: self.is_detailed,
            shows_calls: self.shows_calls && mode == Mode::Preview,
            library: self.library.clone(),
        };
        Engine::new(parts, progress)
    }

    pub(super) fn keeper(&mut self, project: &Project, options: &Options) -> Result<Keeper, Error> {
        let file = project.state_file(options)?;
        file.prepare()?;
        let vault = match self.vault.take() {
            Some(vault) if vault.salt().is_some() => vault,
            _ => {
                let passphrase = options.passphrase.as_ref();
                let settings = settings::read(
                    &project.directory,
                    &project.name,
                    &options.stack,
                    &[],
                    passphrase,
                );
                self.salt = settings.ok().and_then(|settings| settings.salt);
                Vault::new(options.passphrase.clone(), self.salt.clone())
            }
        };
        Ok(Keeper::new(file, vault, &self.project, &self.stack))
    }
}

/// Reads outputs of the stacks of a state root.
fn library(options: &Options) -> Arc<Library> {
    let (root, passphrase) = (options.state_root.clone(), options.passphrase.clone());
    Arc::new(move |project, stack| {
        let is_plain = is_plain_name(project) && is_plain_name(stack);
        let none = || Error::NoStack { project: project.to_owned(), stack: stack.to_owned() };
        let file = StateFile::new(&root, project, stack);
        let text = if is_plain { file.read()? } else { None };
        let text = text.ok_or_else(none)?;
        let vault = |salt| Vault::new(passphrase.clone(), salt);
        let (checkpoint, _) = Checkpoint::parse(file.path(), &text, vault)?;
        let found = checkpoint.resources.into_iter().find(|one| one.token == urn::STACK);
        Ok(found.map(|one| one.outputs).unwrap_or_default())
    })
}

/// How a program in another language is run.
pub(super) fn hosted_setting(project: &str, options: &Options) -> hosts::Setting {
    let (project, options_of) = (project.to_owned(), options.clone());
    let other_stack = move |name: &str| {
        let (project, stack) = hosts::stack_named(name, &project).ok_or_else(|| {
            format!("`{name}` is no stack here: write organization/PROJECT/STACK")
        })?;
        if !is_plain_name(project) || !is_plain_name(stack) {
            return Err(format!("`{name}` is no name of a stack"));
        }
        let file = StateFile::new(&options_of.state_root, project, stack);
        let text = file.read().map_err(|error| error.to_string())?;
        let text = text.ok_or_else(|| format!("the stack `{name}` has not been deployed"))?;
        let vault = |salt| Vault::new(options_of.passphrase.clone(), salt);
        let (checkpoint, _) =
            Checkpoint::parse(file.path(), &text, vault).map_err(|error| error.to_string())?;
        let found = checkpoint.resources.into_iter().find(|found| found.token == urn::STACK);
        Ok(crate::value::Value::Object(found.map(|stack| stack.outputs).unwrap_or_default()))
    };
    hosts::Setting {
        stack: options.stack.clone(),
        environments: options
            .environments
            .clone()
            .unwrap_or_else(|| options.state_root.join("environments")),
        parallel: options.parallel,
        cancel: options.cancel.clone(),
        other_stack: Box::new(other_stack),
    }
}

/// One pass of a program through an engine, deletions last.
pub(super) async fn drive(engine: &Engine<'_>, program: &dyn Program) {
    engine.register_roots();
    engine.know_callers().await;
    if engine.mode == Mode::Preview {
        engine.recover().await;
    }
    program.run(engine).await;
    if engine.mode == Mode::Preview {
        engine.check_roles().await;
        engine.check_targets();
    }
    // What failed may be what something else is to be replaced by, and a program that was stopped has not said everything:
    // nothing is deleted then.
    if !engine.has_errors() && engine.may_go_on() {
        engine.remove_unregistered().await;
    }
    engine.save_all().await;
}
