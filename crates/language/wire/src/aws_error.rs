//! An error as an AWS service answers it: data, not yet bytes of any protocol.

use serde_json::{Map, Value};

/// Code, message and status of an AWS error answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct AwsError {
    /// AWS's error code, for instance `ResourceNotFoundException`.
    pub code: String,
    /// The text for the caller.
    pub message: String,
    /// The HTTP status: 400 unless AWS uses another.
    pub status: u16,
    /// Further members of the error's shape.
    pub fields: Map<String, Value>,
}

impl AwsError {
    /// A client error, status 400.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::fault(code, message, 400)
    }

    /// An error with its own status.
    pub fn fault(code: impl Into<String>, message: impl Into<String>, status: u16) -> Self {
        Self { code: code.into(), message: message.into(), status, fields: Map::new() }
    }

    /// Something that is refit's own fault, status 500.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::fault("InternalFailure", message, 500)
    }

    /// An operation that AWS has and refit has not.
    pub fn not_implemented(operation: &str) -> Self {
        Self::fault(
            "NotImplemented",
            format!("refit does not implement {operation}; docs/reference/services.md lists what it does"),
            501,
        )
    }

    /// The same error with one more member.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(member.to_owned(), value.into());
        self
    }
}
