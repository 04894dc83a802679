//! What CloudWatch answers when it refuses.

use service::AwsError;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A value that the model allows and the operation does not.
    #[error("{0}")]
    Validation(String),
    /// The same where the operation names a parameter.
    #[error("{0}")]
    InvalidValue(String),
    /// Parameters that do not go together.
    #[error("{0}")]
    Combination(String),
    /// An alarm is not there.
    #[error("Unknown")]
    NoAlarm,
    /// What has tags is not there.
    #[error("{0} does not exist")]
    NoResource(String),
    /// A dashboard is not there.
    #[error("Dashboard {0} does not exist")]
    NoDashboard(String),
    /// A dashboard's body is none.
    #[error("The field DashboardBody must be a valid JSON object")]
    Dashboard(String),
    /// Reason data that is no JSON.
    #[error("{0}")]
    Format(String),
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
        match error {
            Error::Validation(_) => Self::new("ValidationError", message),
            Error::InvalidValue(_) => Self::new("InvalidParameterValueException", message),
            Error::Combination(_) => Self::new("InvalidParameterCombinationException", message),
            Error::NoAlarm => Self::new("ResourceNotFound", message),
            Error::NoResource(_) => Self::new("ResourceNotFoundException", message),
            Error::NoDashboard(_) => Self::new("DashboardNotFoundError", message),
            Error::Dashboard(why) => Self::new("DashboardInvalidInputError", message).with_field(
                "dashboardValidationMessages",
                serde_json::json!([{"DataPath": "/", "Message": why}]),
            ),
            Error::Format(_) => Self::new("InvalidFormatFault", message),
            Error::Other(error) => error,
        }
    }
}
