//! What IAM and STS answer when they refuse: one variant per AWS error code.

use service::AwsError;

/// Why an operation was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Error {
    /// Something that the request names is not there.
    #[error("{0}")]
    NoSuchEntity(String),
    /// Something of that name is there already.
    #[error("{0}")]
    EntityAlreadyExists(String),
    /// It cannot go while other things hang on it.
    #[error("{0}")]
    DeleteConflict(String),
    /// More than AWS allows.
    #[error("{0}")]
    LimitExceeded(String),
    /// The text is not a policy of the kind asked for.
    #[error("{0}")]
    MalformedPolicyDocument(String),
    /// A value that the model allows and the operation does not.
    #[error("{0}")]
    InvalidInput(String),
    /// A value that AWS refuses while it validates.
    #[error("{0}")]
    Validation(String),
    /// The caller may not.
    #[error("{0}")]
    AccessDenied(String),
    /// The session policies take more room than a session has.
    #[error("{0}")]
    PackedPolicyTooLarge(String),
    /// AWS has it, refit has not.
    #[error("{0}")]
    NotImplemented(String),
    /// Storage failed, or another part answered with an error of its own.
    #[error("{}", .0.message)]
    Other(AwsError),
}

impl Error {
    /// AWS's code and HTTP status.
    fn code_and_status(&self) -> (&str, u16) {
        match self {
            Self::NoSuchEntity(_) => ("NoSuchEntity", 404),
            Self::EntityAlreadyExists(_) => ("EntityAlreadyExists", 409),
            Self::DeleteConflict(_) => ("DeleteConflict", 409),
            Self::LimitExceeded(_) => ("LimitExceeded", 409),
            Self::MalformedPolicyDocument(_) => ("MalformedPolicyDocument", 400),
            Self::InvalidInput(_) => ("InvalidInput", 400),
            Self::Validation(_) => ("ValidationError", 400),
            Self::AccessDenied(_) => ("AccessDenied", 403),
            Self::PackedPolicyTooLarge(_) => ("PackedPolicyTooLarge", 400),
            Self::NotImplemented(_) => ("NotImplemented", 501),
            Self::Other(error) => (&error.code, error.status),
        }
    }
}

impl From<AwsError> for Error {
    fn from(error: AwsError) -> Self {
        Self::Other(error)
    }
}

impl From<Error> for AwsError {
    fn from(error: Error) -> Self {
        if let Error::Other(error) = error {
            return error;
        }
        let (code, status) = error.code_and_status();
        Self::fault(code, error.to_string(), status)
    }
}

/// Something that is refit's own fault.
pub(crate) fn internal(message: impl Into<String>) -> AwsError {
    AwsError::fault("InternalFailure", message, 500)
}
