//! What SNS answers when it refuses.

use service::AwsError;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The topic is not there.
    #[error("Topic does not exist")]
    NoTopic,
    /// The subscription is not there.
    #[error("Subscription does not exist")]
    NoSubscription,
    /// A value that the model allows and the operation does not.
    #[error("Invalid parameter: {0}")]
    Invalid(String),
    /// A message attribute that the model allows and SNS does not.
    #[error("{0}")]
    InvalidValue(String),
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
        match error {
            Error::NoTopic | Error::NoSubscription => {
                Self::fault("NotFoundException", message, 404)
            }
            Error::InvalidValue(_) => Self::new("InvalidParameterValueException", message),
            Error::Invalid(_) => Self::new("InvalidParameterException", message),
            Error::Other(error) => error,
        }
    }
}
