//! What Lambda answers when it refuses.

use service::AwsError;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The function is not there.
    #[error("Function not found: {0}")]
    NoFunction(String),
    /// Something else is not there.
    #[error("{0}")]
    NotFound(String),
    /// A function or permission of that name is there already.
    #[error("{0}")]
    Exists(String),
    /// A value that the model allows and the operation does not.
    #[error("{0}")]
    Invalid(String),
    /// The revision id given is not the present one.
    #[error(
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
    )]
    Revision,
    /// The code archive is too large.
    #[error("{0}")]
    TooLarge(String),
    /// The process of a function could not be made.
    #[error("{0}")]
    Service(String),
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
        let (code, status) = match error {
            Error::NoFunction(_) | Error::NotFound(_) => ("ResourceNotFoundException", 404),
            Error::Exists(_) => ("ResourceConflictException", 409),
            Error::Invalid(_) => ("InvalidParameterValueException", 400),
            Error::Revision => ("PreconditionFailedException", 412),
            Error::TooLarge(_) => ("RequestEntityTooLargeException", 413),
            Error::Service(_) => ("ServiceException", 500),
            Error::Other(error) => return error,
        };
        Self::fault(code, message, status).with_field("Type", "User")
    }
}
