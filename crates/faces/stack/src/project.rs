//! A Pulumi project: what the command line does with it.

use crate::aws::Aws;
use crate::cancel::Cancel;
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::progress::{Operation, Progress};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A project directory.
#[derive(Debug, Clone)]
pub struct Project {
    directory: PathBuf,
    name: String,
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
    /// Where AWS APIs are called.
    pub aws: Arc<dyn Aws>,
    /// What secrets are sealed with (`PULUMI_CONFIG_PASSPHRASE`).
    pub passphrase: Option<String>,
    /// Stops the run in good order.
    pub cancel: Cancel,
    /// How many steps may be under way at once.
    pub parallel: usize,
}

impl Options {
    /// Options with no configuration, no passphrase, 16 steps at once.
    pub fn new(stack: &str, state_root: PathBuf, aws: Arc<dyn Aws>) -> Self {
        Self {
            stack: stack.to_owned(),
            config: Vec::new(),
            state_root,
            aws,
            passphrase: None,
            cancel: Cancel::new(),
            parallel: 16,
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

/// A resource as deployed.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployed {
    /// Its type as a program writes it, such as `aws:sfn:StateMachine`.
    pub resource_type: String,
    /// Its name in the program.
    pub name: String,
    /// Its URN.
    pub urn: String,
    /// Its id on AWS.
    pub id: String,
    /// Its properties as AWS has them; secrets are `"[secret]"`.
    pub outputs: Map<String, Value>,
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
    /// Reads the project of a directory (or of a path to its `Pulumi.yaml`).
    ///
    /// # Errors
    /// [`Error::NoProject`], [`Error::File`]; [`Error::Invalid`] when the file is not a project.
    pub fn load(directory: &Path) -> Result<Self, Error> {
        let _ = directory;
        unimplemented!()
    }

    /// The project's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The project's directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What `up` would do. Changes nothing; asks AWS only who is calling.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong; the others as they come.
    pub async fn preview(
        &self,
        options: &Options,
        progress: &mut dyn Progress,
    ) -> Result<Summary, Error> {
        let _ = (options, progress);
        unimplemented!()
    }

    /// Makes the stack as the program says. A preview comes first: when it finds an error, nothing is changed.
    ///
    /// # Errors
    /// [`Error::Invalid`] before, [`Error::Failed`] and [`Error::Cancelled`] after something was changed; the others as they
    /// come.
    pub async fn up(&self, options: &Options, progress: &mut dyn Progress) -> Result<Summary, Error> {
        let _ = (options, progress);
        unimplemented!()
    }

    /// Deletes everything the stack has. Works without a readable program.
    ///
    /// # Errors
    /// As [`Project::up`]; [`Error::NoStack`] when it was never deployed.
    pub async fn destroy(
        &self,
        options: &Options,
        progress: &mut dyn Progress,
    ) -> Result<Summary, Error> {
        let _ = (options, progress);
        unimplemented!()
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
        let _ = (options, progress);
        unimplemented!()
    }

    /// The outputs of a deployed stack. Secrets are `"[secret]"` unless `show_secrets`, which needs the passphrase.
    ///
    /// # Errors
    /// [`Error::NoStack`] when it was never deployed, [`Error::Secret`] when a secret cannot be opened.
    pub fn outputs(&self, options: &Options, show_secrets: bool) -> Result<Map<String, Value>, Error> {
        let _ = (options, show_secrets);
        unimplemented!()
    }

    /// The resources of a deployed stack, in the order they were made.
    ///
    /// # Errors
    /// [`Error::NoStack`] when it was never deployed.
    pub fn resources(&self, options: &Options) -> Result<Vec<Deployed>, Error> {
        let _ = options;
        unimplemented!()
    }

    /// ARNs of the stack's state machines that a schedule of the stack starts; when none is scheduled, of all of them.
    ///
    /// # Errors
    /// [`Error::NoStack`] when it was never deployed.
    pub fn scheduled_state_machines(&self, options: &Options) -> Result<Vec<String>, Error> {
        let _ = options;
        unimplemented!()
    }
}

/// The state machine definitions inside a `Pulumi.yaml`, checked, without asking AWS: what a reference gives is predicted, and
/// an opaque text where it cannot be.
///
/// # Errors
/// As [`Project::load`]; [`Error::Invalid`] when the project itself is wrong.
pub fn find_definitions(path: &Path) -> Result<Vec<Definition>, Error> {
    let _ = path;
    unimplemented!()
}
