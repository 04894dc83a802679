//! What is wrong with a definition: in AWS's words, with the place in the text.

use std::fmt;

use crate::json::Position;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// AWS refuses the definition.
    Error,
    /// AWS takes the definition, but it will probably not do what is meant.
    Warning,
}

/// One thing wrong with a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// AWS's code, such as `SCHEMA_VALIDATION_FAILED`.
    pub code: &'static str,
    /// What is wrong, in AWS's words where they are known.
    pub message: String,
    /// Where in the definition, as AWS writes it: `/States/C/Choices[0]/Next`; none for faults of
    /// the whole.
    pub location: Option<String>,
    /// Where in the text it starts.
    pub start: Position,
    /// Where in the text it ends.
    pub end: Position,
    /// What to do about it, such as the nearest existing name.
    pub hint: Option<String>,
}

impl fmt::Display for Diagnostic {
    /// As AWS writes it in `Invalid State Machine Definition: '…'`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // AWS: a fault without a location ends in `at null`.
        let location = self.location.as_deref().unwrap_or("null");
        write!(formatter, "{}: {} at {location}", self.code, self.message)
    }
}
