//! What EventBridge answers when it refuses.

use service::AwsError;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The rule is not there.
    #[error("Rule {rule} does not exist on EventBus {bus}.")]
    NoRule { rule: String, bus: String },
    /// The bus is not there.
    #[error("Event bus {0} does not exist.")]
    NoBus(String),
    /// A bus of that name is there already.
    #[error("Event bus {0} already exists.")]
    BusExists(String),
    /// A value that the model allows and the operation does not.
    #[error("{0}")]
    Validation(String),
    /// The event pattern cannot be used.
    #[error("{0}")]
    InvalidPattern(String),
    /// More than AWS allows.
    #[error("{0}")]
    Limit(String),
    /// Storage failed, or another service refused.
    #[error("{}", .0.message)]
    Other(AwsError),
}

impl From<AwsError> for Error {
    fn from(error: AwsError) -> Self {
        Self::Other(error)
    }
}

impl From<Error> for AwsError {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let code = match error {
            Error::NoRule { .. } | Error::NoBus(_) => "ResourceNotFoundException",
            Error::BusExists(_) => "ResourceAlreadyExistsException",
            Error::Validation(_) => "ValidationException",
            Error::InvalidPattern(_) => "InvalidEventPatternException",
            Error::Limit(_) => "LimitExceededException",
            Error::Other(error) => return error,
        };
        Self::new(code, message)
    }
}
