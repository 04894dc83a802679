//! What a run tells while it goes on.

use crate::diagnostic::Diagnostic;
use crate::provider::PlannedCall;
use std::time::Duration;

/// What is done with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// Nothing: it is as it should be.
    Same,
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// A new one takes its place; the old one is deleted before or after.
    Replace,
    /// It is deleted.
    Delete,
    /// An existing one is taken into the stack.
    Import,
    /// It is read.
    Read,
    /// It leaves the stack, and stays on AWS (`retainOnDelete`).
    Forget,
    /// It cannot be done because something it needs failed.
    Skip,
}

impl Operation {
    /// The word for it, as Pulumi's command line has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Import => "import",
            Self::Read => "read",
            Self::Forget => "forget",
            Self::Skip => "skip",
        }
    }
}

/// One property that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The property's path, such as `environment.variables.MODE`.
    pub property: String,
    /// The old value as text, shortened; none when it was absent. Secrets show as `[secret]`.
    pub before: Option<String>,
    /// The new value as text, shortened; none when it is gone.
    pub after: Option<String>,
    /// Whether it forces a replacement.
    pub replaces: bool,
}

/// One thing done, or to be done, with one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What.
    pub operation: Operation,
    /// The resource's type as a program writes it, such as `aws:sfn:StateMachine`.
    pub resource_type: String,
    /// The resource's name in the program.
    pub name: String,
    /// Its URN.
    pub urn: String,
    /// Its id on AWS, where it is known.
    pub id: Option<String>,
    /// What differs (updates and replacements).
    pub changes: Vec<Change>,
}

/// Hears what happens. All methods do nothing unless given.
///
/// A preview calls `planned` only. An update calls `planned` for every step of its preview, then `started` and one of `done`
/// and `failed` for each step as it is carried out; steps run side by side.
pub trait Progress: Send {
    /// A step that will be carried out (or would be: preview). `Same` is told too.
    fn planned(&mut self, _step: &Step) {}
    /// The API calls that a planned step would make, in order (previews with [`crate::Options::shows_calls`] only).
    fn calls(&mut self, _step: &Step, _calls: &[PlannedCall]) {}
    /// A step has begun.
    fn started(&mut self, _step: &Step) {}
    /// A step is done.
    fn done(&mut self, _step: &Step, _took: Duration) {}
    /// A step has failed.
    fn failed(&mut self, _step: &Step, _why: &Diagnostic) {}
    /// A line that the program printed, or that says what is done before it can run.
    fn said(&mut self, _line: &str) {}
    /// Something worth knowing that is no failure.
    fn note(&mut self, _diagnostic: &Diagnostic) {}
}
