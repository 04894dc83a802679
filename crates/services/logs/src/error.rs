//! What CloudWatch Logs answers when it refuses.

use service::AwsError;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The log group is not there.
    #[error("The specified log group does not exist.")]
    NoGroup,
    /// The log stream is not there.
    #[error("The specified log stream does not exist.")]
    NoStream,
    /// A log group of that name is there already.
    #[error("The specified log group already exists")]
    GroupExists,
    /// A log stream of that name is there already.
    #[error("The specified log stream already exists")]
    StreamExists,
    /// A value that the model allows and the operation does not, or that refit cannot honour.
    #[error("{0}")]
    Invalid(String),
    /// A token that no page of this service ended with.
    #[error("The specified nextToken is invalid.")]
    Token,
    /// More tags than a resource may have.
    #[error("The resource {0} has more than 50 tags.")]
    TooManyTags(String),
    /// Storage failed.
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
            Error::NoGroup | Error::NoStream => "ResourceNotFoundException",
            Error::GroupExists | Error::StreamExists => "ResourceAlreadyExistsException",
            Error::Invalid(_) | Error::Token => "InvalidParameterException",
            Error::TooManyTags(resource) => {
                return Self::new("TooManyTagsException", message)
                    .with_field("resourceName", resource);
            }
            Error::Other(error) => return error,
        };
        Self::new(code, message)
    }
}
