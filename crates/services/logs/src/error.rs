//! What CloudWatch Logs refuses, in AWS's words.

use service::AwsError;

/// Every refusal of this crate; each variant is one AWS error code.
// AWS: AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html, and each operation's page
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// `ResourceNotFoundException`
    #[error("The specified log group does not exist.")]
    NoSuchGroup,
    /// `ResourceNotFoundException`
    #[error("The specified log stream does not exist.")]
    NoSuchStream,
    /// `ResourceAlreadyExistsException`
    #[error("The specified log group already exists")]
    GroupExists,
    /// `ResourceAlreadyExistsException`
    #[error("The specified log stream already exists")]
    StreamExists,
    /// `InvalidParameterException`
    #[error("{0}")]
    InvalidParameter(String),
    /// `TooManyTagsException`
    #[error("Too many tags: a resource can have at most {0}")]
    TooManyTags(usize),
    /// `ValidationException`
    #[error("{0}")]
    Validation(&'static str),
    /// An answer of another part of the server.
    #[error("{0}")]
    Other(AwsError),
}

impl From<Error> for AwsError {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::NoSuchGroup | Error::NoSuchStream => "ResourceNotFoundException",
            Error::GroupExists | Error::StreamExists => "ResourceAlreadyExistsException",
            Error::InvalidParameter(_) => "InvalidParameterException",
            Error::TooManyTags(_) => "TooManyTagsException",
            Error::Validation(_) => "ValidationException",
            Error::Other(error) => return error.clone(),
        };
        Self::new(code, error.to_string())
    }
}

impl From<AwsError> for Error {
    fn from(error: AwsError) -> Self {
        Self::Other(error)
    }
}

/// An `InvalidParameterException`.
pub(crate) fn invalid(text: impl Into<String>) -> Error {
    Error::InvalidParameter(text.into())
}
