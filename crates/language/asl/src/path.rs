//! Step Functions' JSONPath: `$`, `$$` and `$variable` roots, a dialect close to Jayway's.
//!
//! A path is parsed once ([`Path::parse`]) and evaluated many times without parsing or copying: a definite path yields a reference into
//! the value it reads. A *definite* path can name one node at most; an *indefinite* one (wildcard, slice, union, filter, `..`) yields an
//! array, empty when nothing matches.
//!
//! - [`Path::resolve`] is for a field of a state: it fails with AWS's sentence naming the field.
//! - [`Path::eval`] says only what was found.
//! - [`RefPath`] is the restricted form (`ResultPath`, `ItemsPath`) that can also be written to.

mod eval;
mod filter;
mod function;
mod parse;
mod reference;
#[cfg(test)]
mod tests;

pub use eval::Miss;
pub use reference::RefPath;

use crate::states_error::StatesError;
use crate::value::{Scope, json_text};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// Why a text is not a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at position {offset}")]
pub struct PathError {
    /// Byte offset in the path's text.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

/// What a path starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Root {
    /// `$`: the input.
    Input,
    /// `$$`: the Context Object.
    Context,
    /// `$name`: a variable.
    Variable(String),
}

/// A parsed path.
#[derive(Clone, Debug)]
pub struct Path {
    text: Arc<str>,
    root: Root,
    steps: Arc<[parse::Step]>,
    function: Option<Arc<function::Function>>,
    definite: bool,
}

impl Path {
    /// Parses a path.
    ///
    /// # Errors
    /// When the text is not a path of the dialect.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        parse::path(text)
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the path starts from.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Whether the path can name one node at most.
    pub fn is_definite(&self) -> bool {
        self.definite
    }

    /// Whether the path is only its root (`$`, `$$`, `$name`).
    pub fn is_root(&self) -> bool {
        self.steps.is_empty() && self.function.is_none()
    }

    /// Evaluates against what the scope holds.
    ///
    /// # Errors
    /// [`Miss`] when a definite path names nothing, or the work grows beyond bounds.
    pub fn eval<'v>(&self, scope: &Scope<'v>) -> Result<Cow<'v, Value>, Miss> {
        let root = match &self.root {
            Root::Input => scope.input,
            Root::Context => scope.context,
            Root::Variable(name) => scope.variables.variable(name).ok_or(Miss::NoVariable)?,
        };
        self.eval_on(root)
    }

    /// Evaluates with `root` standing for whatever the path starts from.
    ///
    /// # Errors
    /// As [`Path::eval`].
    pub fn eval_on<'v>(&self, root: &'v Value) -> Result<Cow<'v, Value>, Miss> {
        eval::path(self, root)
    }

    /// Evaluates for the state field `field`; an index past the end of an array is `null`, as AWS has it.
    ///
    /// # Errors
    /// `States.Runtime` with AWS's sentence naming path, field and input.
    pub fn resolve<'v>(
        &self,
        field: &str,
        scope: &Scope<'v>,
    ) -> Result<Cow<'v, Value>, StatesError> {
        match self.eval(scope) {
            Ok(found) => Ok(found),
            // AWS: a plain reference past the end of an array gives null, in an intrinsic it is a miss (measured by an independent emulator).
            Err(Miss::PastEnd) => Ok(Cow::Owned(Value::Null)),
            Err(miss) => Err(self.not_found(field, scope, &miss)),
        }
    }

    /// Evaluates for a field that is a path and nothing else (`InputPath`, `OutputPath`, `TimeoutSecondsPath`, …).
    ///
    /// # Errors
    /// As [`Path::resolve`], but in AWS's other sentence about paths that lead nowhere.
    // AWS: as quoted by users for `OutputPath`; an independent emulator's authors recorded it for `InputPath` and the two of seconds.
    pub fn resolve_field<'v>(
        &self,
        field: &str,
        scope: &Scope<'v>,
    ) -> Result<Cow<'v, Value>, StatesError> {
        self.resolve(field, scope).map_err(|error| {
            let named = matches!(&self.root, Root::Variable(_));
            match self.bracketed().filter(|_| !named) {
                Some(bracketed) => StatesError::runtime(format!(
                    "Invalid path '{}' : No results for path: {bracketed}",
                    self.text_from_root()
                )),
                None => error,
            }
        })
    }

    /// The path with every step in brackets, as the JSONPath reader AWS uses writes it; none for paths with other steps than names and indexes.
    fn bracketed(&self) -> Option<String> {
        let mut text = String::from("$");
        for step in self.steps.iter() {
            match step {
                parse::Step::Name(name) => text.push_str(&format!("['{name}']")),
                parse::Step::Index(index) => text.push_str(&format!("[{index}]")),
                _ => return None,
            }
        }
        self.function.is_none().then_some(text)
    }

    fn not_found(&self, field: &str, scope: &Scope<'_>, miss: &Miss) -> StatesError {
        let searched = match &self.root {
            Root::Input => Some(scope.input),
            Root::Context => Some(scope.context),
            Root::Variable(name) => scope.variables.variable(name),
        };
        match (miss, searched) {
            (Miss::TooMuch, _) => StatesError::runtime(format!(
                "The JSONPath '{}' specified for the field '{field}' selects too many nodes",
                self.text
            )),
            // UNVERIFIED: AWS refuses unassigned variables when the machine is created; no recorded run-time text.
            (_, None) => StatesError::runtime(format!(
                "The JSONPath '{}' specified for the field '{field}' refers to a variable that is not assigned",
                self.text
            )),
            (_, Some(searched)) => StatesError::runtime(format!(
                "The JSONPath '{}' specified for the field '{field}' could not be found in the input '{}'",
                self.text_from_root(),
                json_text(searched)
            )),
        }
    }

    /// The text as AWS names it in causes: a `$$` path is rewritten against the Context Object.
    pub(crate) fn text_from_root(&self) -> &str {
        match self.root {
            Root::Context => &self.text[1..],
            _ => &self.text,
        }
    }
}
