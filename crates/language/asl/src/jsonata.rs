//! JSONata expressions as Step Functions runs them: `$states`, variables, AWS's extra functions, AWS's limits and AWS's error texts.
//!
//! An [`Expression`] is compiled once, is `Send + Sync`, and is evaluated against a [`Frame`]. Compiling finds out what an expression
//! reads, so that only that is handed to the evaluator; a plain path such as `$states.input.order.id` never reaches it.
//!
//! The evaluator (`jsonata-core`) computes with doubles: integers beyond 2^53 survive plain paths only. Everything that can make memory
//! grow out of proportion is rewritten at compile time to pass a budget (see `guard`).

mod compile;
mod convert;
mod failure;
mod functions;
mod guard;
mod message;
mod native;
mod reads;
mod run;
mod suite;
#[cfg(test)]
mod tests;

pub(crate) use failure::Failure;

use crate::states_error::StatesError;
use crate::value::{Random, Variables};
use serde_json::Value;
use std::sync::Arc;

/// Why a text is not a JSONata expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JsonataError {
    /// JSONata's code (`S0202`), where it has one.
    pub code: Option<String>,
    /// What is wrong, as AWS reports it after `INVALID_JSONATA_EXPRESSION: ` (without the code).
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
    /// Chance for `$random()` and `$uuid()`; drawn from only if the expression uses them.
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
    /// How large one value an expression builds may become, bytes (a character counts one, a number eight).
    pub value_bytes: usize,
}

impl Default for Limits {
    /// AWS: 100 levels and 6 990 256 bytes, measured by an independent emulator's authors with TestState. UNVERIFIED: the time.
    fn default() -> Self {
        Self { time_ms: 5_000, depth: 100, value_bytes: 6_990_256 }
    }
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Expression {
    compiled: Arc<compile::Compiled>,
}

impl Expression {
    /// The expression inside `{% ... %}`, trimmed; `None` if the text is not one.
    ///
    /// AWS: only a string that starts and ends with the marks is an expression; `" {% x %} "` is a string (recorded).
    pub fn extract(text: &str) -> Option<&str> {
        let inner = text.strip_prefix("{%")?.strip_suffix("%}")?;
        Some(inner.trim())
    }

    /// Compiles the text of an expression (without `{% %}`).
    ///
    /// # Errors
    /// JSONata's own message and code.
    pub fn compile(source: &str) -> Result<Self, JsonataError> {
        Ok(Self { compiled: Arc::new(compile::expression(source)?) })
    }

    /// The text of the expression.
    pub fn source(&self) -> &str {
        &self.compiled.source
    }

    /// What AWS refuses in a definition although it is JSONata, in its words (after `UNSUPPORTED_JSONATA_EXPRESSION: `).
    ///
    /// AWS: `Reference to 'name' at the top level is not supported.`, `Reference to '$$' is not supported.` (public reports).
    pub fn unsupported(&self) -> &[String] {
        &self.compiled.reads.unsupported
    }

    /// The variables the expression refers to (without `$`) and does not bind itself, `states` excluded.
    pub fn variables(&self) -> &[String] {
        &self.compiled.reads.variables
    }

    /// Whether `$states.<part>` (`input`, `context`, `result`, `errorOutput`) may be read.
    pub fn reads_states(&self, part: &str) -> bool {
        self.compiled.reads.states_part(part)
    }

    /// Evaluates for the place `field` of a state (`Output/result`, `Choices[0]/Condition`).
    ///
    /// # Errors
    /// `States.QueryEvaluationError` in AWS's words; an undefined result is one of them.
    pub fn evaluate(&self, field: &str, frame: &mut Frame<'_>) -> Result<Value, StatesError> {
        self.run(frame).map_err(|failure| failure.into_error(self.source(), field))
    }

    /// Evaluates without naming a place.
    pub(crate) fn run(&self, frame: &mut Frame<'_>) -> Result<Value, Failure> {
        run::expression(&self.compiled, frame)
    }
}

/// The error of a field whose expression yields a value of the wrong type; `expected` in AWS's words (`array`, `number`).
///
/// AWS: recorded for `Items`.
pub fn unexpected_type(source: &str, field: &str, expected: &str, value: &Value) -> StatesError {
    StatesError::query_evaluation(format!(
        "The JSONata expression '{source}' specified for the field '{field}' returned an unexpected result type. \
         Expected '{expected}', but was '{}' for value: {value}",
        crate::value::type_name(value)
    ))
    .at(field)
}
