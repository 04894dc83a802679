//! Intrinsic functions (`States.Format(...)` and friends) of the JSONPath language: parsed once, evaluated many times.

use crate::states_error::StatesError;
use crate::value::{Random, Scope};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

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
}

impl Intrinsic {
    /// Whether the text looks like an intrinsic call rather than a path.
    pub fn is_intrinsic(text: &str) -> bool {
        text.starts_with("States.")
    }

    /// Parses a call.
    ///
    /// # Errors
    /// When the text is not a call of a known function with well-formed arguments.
    pub fn parse(text: &str) -> Result<Self, IntrinsicError> {
        Ok(Self { text: text.into() })
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Evaluates the call.
    ///
    /// # Errors
    /// `States.Runtime` with AWS's sentence naming the call.
    pub fn eval<'v>(
        &self,
        _scope: &Scope<'v>,
        _random: &mut dyn Random,
    ) -> Result<Cow<'v, Value>, StatesError> {
        Err(StatesError::runtime("not built yet"))
    }
}
