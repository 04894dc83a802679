//! What can go wrong in an evaluation, and AWS's sentence for it.

use crate::states_error::StatesError;

/// A failed evaluation, before the place in the state is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// There is no result.
    Undefined,
    /// The result is, or holds, a function or a pattern.
    UnsupportedType,
    /// JSONata refused, with a code.
    Coded(String),
    /// A limit was hit, or something without a code.
    Bare(String),
}

/// AWS: measured texts of the three limits.
pub(super) const MEMORY: &str =
    "Expression evaluation memory limit exceeded: Check for excessive memory usage";
pub(super) const DEPTH: &str = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive";
pub(super) const TIME: &str = "Expression evaluation timeout: Check for infinite loop";

impl Failure {
    /// The error for the expression `source` at `field`.
    pub(crate) fn into_error(self, source: &str, field: &str) -> StatesError {
        let told = match self {
            // AWS: recorded.
            Failure::Undefined => "returned nothing (undefined).".to_owned(),
            Failure::UnsupportedType => "returned an unsupported result type.".to_owned(),
            // AWS: measured; a message with a code follows a full stop, one without follows a colon.
            Failure::Coded(message) => format!("threw an error during evaluation. {message}"),
            Failure::Bare(message) => format!("threw an error during evaluation: {message}"),
        };
        StatesError::query_evaluation(format!(
            "The JSONata expression '{source}' specified for the field '{field}' {told}"
        ))
        .at(field)
    }
}
