//! JSONata expressions as Step Functions runs them: `$states`, variables, AWS's extra functions, AWS's limits and AWS's error texts.
//!
//! An [`Expression`] is compiled once, is `Send + Sync`, and is evaluated against a [`Frame`].

use crate::states_error::StatesError;
use crate::value::{Random, Variables};
use serde_json::Value;

/// Why a text is not a JSONata expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JsonataError {
    /// JSONata's code (`S0201`), where it has one.
    pub code: Option<String>,
    /// What is wrong.
    pub message: String,
}

/// What an expression sees and may use.
pub struct Frame<'a> {
    /// `$states.input`.
    pub input: &'a Value,
    /// `$states.context`.
    pub context: &'a Value,
    /// `$states.result`, where the field has one.
    pub result: Option<&'a Value>,
    /// `$states.errorOutput`, where the field has one.
    pub error_output: Option<&'a Value>,
    /// `$name`.
    pub variables: &'a dyn Variables,
    /// Chance for `$random()` and `$uuid()`.
    pub random: &'a mut dyn Random,
    /// What `$now()` and `$millis()` say, Unix milliseconds.
    pub now_ms: i64,
    /// The bounds of one evaluation.
    pub limits: Limits,
}

/// The bounds of one evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time of one expression, milliseconds.
    pub time_ms: u64,
    /// How deep evaluation may nest.
    pub depth: usize,
    /// How large one value an expression builds may become, bytes (a character is one, a number eight).
    pub value_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // AWS: 100 levels and 6 990 256 bytes, measured by an independent emulator with TestState. UNVERIFIED: the time.
        Self { time_ms: 5_000, depth: 100, value_bytes: 6_990_256 }
    }
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Expression {
    source: std::sync::Arc<str>,
}

impl Expression {
    /// The expression inside `{% ... %}`, trimmed; `None` if the text is not one.
    pub fn extract(text: &str) -> Option<&str> {
        let inner = text.strip_prefix("{%")?.strip_suffix("%}")?;
        Some(inner.trim())
    }

    /// Compiles the text of an expression (without `{% %}`).
    ///
    /// # Errors
    /// JSONata's own message and code.
    pub fn compile(source: &str) -> Result<Self, JsonataError> {
        Ok(Self { source: source.into() })
    }

    /// The text of the expression.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Evaluates for the place `field` of a state (`Output/result`, `Condition`).
    ///
    /// # Errors
    /// `States.QueryEvaluationError` in AWS's words; an undefined result is one of them.
    pub fn evaluate(&self, _field: &str, _frame: &mut Frame<'_>) -> Result<Value, StatesError> {
        Err(StatesError::query_evaluation("not built yet"))
    }
}
