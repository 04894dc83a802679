//! What EventBridge answers when it refuses.

use crate::connection::AUTHORIZING;
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
    /// The connection is not there.
    #[error("Failed to describe the connection(s). Connection '{0}' does not exist.")]
    NoConnection(String),
    /// A connection of that name is there already.
    #[error("Connection {0} already exists.")]
    ConnectionExists(String),
    /// The connection has no authorisation.
    #[error("The connection is in state {state}{}", .reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}")))]
    NotAuthorized { state: String, reason: Option<String> },
    /// The API destination is not there.
    #[error("Failed to describe the api-destination(s). An api-destination '{0}' does not exist.")]
    NoDestination(String),
    /// An API destination of that name is there already.
    #[error("An api-destination '{0}' already exists.")]
    DestinationExists(String),
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
            Error::NoConnection(_) | Error::NoDestination(_) => "ResourceNotFoundException",
            Error::BusExists(_) | Error::ConnectionExists(_) | Error::DestinationExists(_) => {
                "ResourceAlreadyExistsException"
            }
            Error::NotAuthorized { state, .. } if state == AUTHORIZING => "AuthInProgress",
            Error::NotAuthorized { .. } => "InvalidConnectionState",
            Error::Validation(_) => "ValidationException",
            Error::InvalidPattern(_) => "InvalidEventPatternException",
            Error::Limit(_) => "LimitExceededException",
            Error::Other(error) => return error,
        };
        Self::new(code, message)
    }
}
