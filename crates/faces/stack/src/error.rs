//! Why a project cannot be read, planned or applied.

use crate::diagnostic::Diagnostic;
use crate::project::Summary;
use std::path::PathBuf;

/// Why it did not work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The project or the plan is wrong; nothing was changed.
    #[error("{}", count(diagnostics))]
    Invalid {
        /// Everything found, errors and warnings.
        diagnostics: Vec<Diagnostic>,
    },
    /// Some steps failed; what was done is in the state, and the next run goes on from there.
    #[error("{} of {} resources failed", diagnostics.len(), summary.resources)]
    Failed {
        /// Why, one for each step that failed.
        diagnostics: Vec<Diagnostic>,
        /// What was done.
        summary: Box<Summary>,
    },
    /// The run was stopped; what was done is in the state.
    #[error("stopped before everything was done")]
    Cancelled {
        /// What was done.
        summary: Box<Summary>,
    },
    /// There is no project here.
    #[error("{} holds no Pulumi.yaml", directory.display())]
    NoProject {
        /// Where it was looked for.
        directory: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("cannot {action} {}", path.display())]
    File {
        /// `read`, `write`, `lock` ...
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The saved state cannot be used.
    #[error("the state in {} cannot be used: {reason}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Another run holds the stack.
    #[error("the stack is locked by {holder}")]
    Locked {
        /// Who.
        holder: String,
        /// The lock.
        path: PathBuf,
    },
    /// The stack has never been deployed.
    #[error("the stack {stack} of {project} has not been deployed")]
    NoStack {
        /// The project.
        project: String,
        /// The stack.
        stack: String,
    },
    /// There is such a stack already.
    #[error("the stack {stack} of {project} exists already")]
    StackExists {
        /// The project.
        project: String,
        /// The stack.
        stack: String,
    },
    /// The stack still has resources.
    #[error("the stack {stack} still has {resources} resources")]
    StackInUse {
        /// The stack.
        stack: String,
        /// How many.
        resources: usize,
    },
    /// What was to be imported is no deployment of the stack.
    #[error("the deployment cannot be imported: {reason}")]
    Deployment {
        /// Why.
        reason: String,
    },
    /// There is no such configuration value.
    #[error("the stack {stack} has no configuration value {key}")]
    NoSetting {
        /// The key, as it was asked for.
        key: String,
        /// The stack.
        stack: String,
    },
    /// A path leads nowhere.
    #[error("{path} is no path to a configuration value")]
    Path {
        /// The path.
        path: String,
    },
    /// A secret value cannot be stored or read.
    #[error("{0}")]
    Secret(String),
    /// AWS cannot be asked.
    #[error("cannot ask AWS who is calling")]
    Aws(#[source] Box<client::Error>),
}

impl Error {
    /// What is wrong with a project, in the order of the files.
    pub(crate) fn invalid(mut diagnostics: Vec<Diagnostic>) -> Self {
        diagnostics
            .sort_by(|a, b| (a.place.is_none(), &a.place).cmp(&(b.place.is_none(), &b.place)));
        diagnostics.dedup();
        Self::Invalid { diagnostics }
    }

    /// What was found, for those errors that carry it.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Invalid { diagnostics } | Self::Failed { diagnostics, .. } => diagnostics,
            _ => &[],
        }
    }
}

fn count(diagnostics: &[Diagnostic]) -> String {
    use crate::diagnostic::Severity;
    match diagnostics.iter().filter(|found| found.severity == Severity::Error).count() {
        1 => "one error in the project; nothing was changed".to_owned(),
        n => format!("{n} errors in the project; nothing was changed"),
    }
}
