//! What EventBridge Scheduler answers when it refuses.

use service::AwsError;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The schedule is not there.
    #[error("Schedule {0} does not exist.")]
    NoSchedule(String),
    /// The group is not there.
    #[error("Schedule group {0} does not exist.")]
    NoGroup(String),
    /// A schedule of that name is there already.
    #[error("Schedule {0} already exists.")]
    ScheduleExists(String),
    /// A group of that name is there already.
    #[error("Schedule group {0} already exists.")]
    GroupExists(String),
    /// A value that the model allows and the operation does not.
    #[error("{0}")]
    Validation(String),
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
            Error::NoSchedule(_) | Error::NoGroup(_) => "ResourceNotFoundException",
            Error::ScheduleExists(_) | Error::GroupExists(_) => "ConflictException",
            Error::Validation(_) => "ValidationException",
            Error::Other(error) => return error,
        };
        Self::new(code, message)
    }
}
