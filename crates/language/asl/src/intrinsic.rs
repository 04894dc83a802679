//! Intrinsic functions (`States.Format(...)` and friends) of the JSONPath language.
//!
//! A call is parsed once, paths inside included, and evaluated many times. What a call does wrong when it runs is `States.Runtime` with
//! a cause that quotes the whole expression, as AWS has it (not `States.IntrinsicFailure`, which only the specification names).

mod arrays;
mod call;
mod encode;
mod format;
mod math;
mod parse;
#[cfg(test)]
mod tests;

pub(crate) use encode::digest;

use crate::path::Path;
use crate::states_error::StatesError;
use crate::value::{Random, Scope};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// How many calls may nest in one expression. AWS: documented limit of intrinsic functions.
pub const MAX_NESTING: usize = 10;

/// Why a text is not an intrinsic call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at position {offset}")]
pub struct IntrinsicError {
    /// Byte offset in the text.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

/// A parsed intrinsic call.
#[derive(Clone, Debug)]
pub struct Intrinsic {
    text: Arc<str>,
    call: Arc<call::Call>,
}

impl Intrinsic {
    /// Whether the text looks like an intrinsic call rather than a path.
    pub fn is_intrinsic(text: &str) -> bool {
        text.starts_with("States.")
    }

    /// Parses a call.
    ///
    /// # Errors
    /// When the text is not a call of a known function with the number of arguments it takes.
    pub fn parse(text: &str) -> Result<Self, IntrinsicError> {
        Ok(Self { text: text.into(), call: Arc::new(parse::expression(text)?) })
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names of the functions called (`States.Format`), outermost first.
    pub fn functions(&self) -> Vec<&'static str> {
        let mut functions = Vec::new();
        self.call.collect(&mut functions, &mut Vec::new());
        functions
    }

    /// The paths among the arguments, in order.
    pub fn paths(&self) -> Vec<&Path> {
        let mut paths = Vec::new();
        self.call.collect(&mut Vec::new(), &mut paths);
        paths
    }

    /// Evaluates the call.
    ///
    /// # Errors
    /// `States.Runtime` with AWS's sentence naming the call.
    pub fn eval<'v>(
        &'v self,
        scope: &Scope<'v>,
        random: &mut dyn Random,
    ) -> Result<Cow<'v, Value>, StatesError> {
        let mut evaluation = call::Evaluation { scope: *scope, random };
        evaluation.call(&self.call).map_err(|detail| {
            // AWS: a missing argument, measured by an independent emulator; the other causes share the sentence.
            StatesError::runtime(format!(
                "The function '{}' had the following error: {detail}",
                self.text
            ))
        })
    }
}
