//! What SageMaker answers when it refuses.

use service::AwsError;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A job of that name is there already.
    // AWS: CreateTrainingJob, ResourceInUse.
    #[error(
        "{noun} names must be unique within an AWS account and region, and a {lower} with this name already exists ({arn})"
    )]
    JobExists { noun: &'static str, lower: &'static str, arn: String },
    /// Something else of that name is there already.
    #[error("{0}")]
    InUse(String),
    /// It cannot go while other things hang on it.
    // AWS: the errors that the public model gives DeleteModelPackageGroup.
    #[error("{0}")]
    Conflict(String),
    /// The named thing is not there.
    // AWS: SageMaker answers ValidationException for most of its unknown names; the boto3 waiters rely on it.
    #[error("{0}")]
    Validation(String),
    /// The named thing is not there, in the younger part of the API.
    #[error("{0}")]
    NotFound(String),
    /// More than this machine should be asked for.
    #[error("{0}")]
    Limit(String),
    /// AWS has it, refit has not.
    #[error("{0}")]
    Unsupported(String),
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
            Error::JobExists { .. } | Error::InUse(_) => "ResourceInUse",
            Error::Conflict(_) => "ConflictException",
            Error::NotFound(_) => "ResourceNotFound",
            Error::Limit(_) => "ResourceLimitExceeded",
            Error::Validation(_) | Error::Unsupported(_) => "ValidationException",
            Error::Other(error) => return error,
        };
        Self::new(code, message)
    }
}
