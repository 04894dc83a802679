//! A failure of a state as the States Language knows it: an error name and a cause.
//!
//! Failing at run time is data, not a bug: a `Retry` or `Catch` may match the name, and the pair ends up in the history of the execution.
//! The causes made in this crate do not carry the sentence that names the state; whoever runs the state adds it with
//! [`StatesError::in_state`].

use std::fmt;

/// An error name (`States.Runtime`, `States.QueryEvaluationError`, ...) and a cause in AWS's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatesError {
    /// The error name, matched by `ErrorEquals`.
    pub error: String,
    /// The explanation shown in the history.
    pub cause: String,
    /// The field of the state whose expression failed (`Output/result`), where that is known.
    pub location: Option<String>,
}

/// The name of failures no `Retry` or `Catch` of `States.ALL` handles.
pub const RUNTIME: &str = "States.Runtime";
/// The name of failed JSONata expressions.
pub const QUERY_EVALUATION: &str = "States.QueryEvaluationError";
/// The name of payloads beyond the service limit.
pub const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";
/// The name of a `ResultPath` that does not fit the input.
pub const RESULT_PATH_MATCH: &str = "States.ResultPathMatchFailure";
/// The name of a reference path (`ItemsPath`) whose steps do not fit the input.
pub const REFERENCE_PATH_CONFLICT: &str = "States.ReferencePathConflict";

impl StatesError {
    /// An error of any name.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { error: error.into(), cause: cause.into(), location: None }
    }

    /// Says which field's expression failed.
    #[must_use]
    pub fn at(mut self, location: &str) -> Self {
        self.location = Some(location.to_owned());
        self
    }

    /// A `States.Runtime` error.
    pub fn runtime(cause: impl Into<String>) -> Self {
        Self::new(RUNTIME, cause)
    }

    /// A `States.QueryEvaluationError`.
    pub fn query_evaluation(cause: impl Into<String>) -> Self {
        Self::new(QUERY_EVALUATION, cause)
    }

    /// Puts the sentence in front of the cause that names the state and the history event of its entry.
    ///
    /// AWS: every recorded failure raised by the interpreter itself starts with it; a `Fail` state's and a task's own causes do not.
    #[must_use]
    pub fn in_state(self, state_name: &str, entered_event_id: u64) -> Self {
        let cause = format!(
            "An error occurred while executing the state '{state_name}' (entered at the event id #{entered_event_id}). {}",
            self.cause
        );
        Self { cause, ..self }
    }
}

impl fmt::Display for StatesError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.error, self.cause)
    }
}

impl std::error::Error for StatesError {}
