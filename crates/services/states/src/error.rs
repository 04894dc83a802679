//! What Step Functions answers when it refuses.

use service::AwsError;

/// Why an operation was refused; each variant is one AWS error code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// `InvalidArn`
    #[error("Invalid Arn: '{0}'")]
    InvalidArn(String),
    /// `InvalidName`
    #[error("Invalid Name: '{0}'")]
    InvalidName(String),
    /// `InvalidDefinition`
    #[error("Invalid State Machine Definition: '{0}'")]
    InvalidDefinition(String),
    /// `InvalidDefinition`: of a state that cannot be tested.
    #[error("{0}")]
    NotTestable(String),
    /// `InvalidLoggingConfiguration`
    #[error("Invalid Logging Configuration: {0}")]
    InvalidLoggingConfiguration(String),
    /// `InvalidEncryptionConfiguration`
    #[error("Invalid Encryption Configuration: {0}")]
    InvalidEncryptionConfiguration(String),
    /// `InvalidExecutionInput`
    #[error("Invalid State Machine Execution Input: '{0}'")]
    InvalidExecutionInput(String),
    /// `InvalidOutput`
    #[error("Invalid Output: '{0}'")]
    InvalidOutput(String),
    /// `InvalidToken`: of a task, or of a page.
    #[error("Invalid Token: '{0}'")]
    InvalidToken(String),
    /// `TaskTimedOut`
    #[error("Task Timed Out: 'Provided task does not exist anymore'")]
    TaskTimedOut,
    /// `TaskDoesNotExist`
    // UNVERIFIED: AWS's words.
    #[error("Task Does Not Exist: 'Provided task does not exist'")]
    TaskDoesNotExist,
    /// `StateMachineAlreadyExists`
    #[error("State Machine Already Exists: '{0}'")]
    MachineExists(String),
    /// `StateMachineDoesNotExist`
    #[error("State Machine Does Not Exist: '{0}'")]
    MachineDoesNotExist(String),
    /// `StateMachineDeleting`
    #[error("State Machine is being deleted: '{0}'")]
    MachineDeleting(String),
    /// `StateMachineTypeNotSupported`
    #[error("This operation is not supported by this type of state machine")]
    TypeNotSupported,
    /// `ExecutionAlreadyExists`
    #[error("Execution Already Exists: '{0}'")]
    ExecutionExists(String),
    /// `ExecutionDoesNotExist`
    #[error("Execution Does Not Exist: '{0}'")]
    ExecutionDoesNotExist(String),
    /// `ExecutionNotRedrivable`
    // UNVERIFIED: that the message is the reason alone.
    #[error("{0}")]
    NotRedrivable(String),
    /// `ActivityDoesNotExist`
    #[error("Activity Does Not Exist: '{0}'")]
    ActivityDoesNotExist(String),
    /// `ActivityLimitExceeded`
    // AWS: API reference of CreateActivity.
    #[error(
        "The maximum number of activities has been reached. Existing activities must be deleted before a new activity can be created."
    )]
    TooManyActivities,
    /// `StateMachineLimitExceeded`
    // AWS: API reference of CreateStateMachine.
    #[error(
        "The maximum number of state machines has been reached. Existing state machines must be deleted before a new state machine can be created."
    )]
    TooManyMachines,
    /// `ExecutionLimitExceeded`
    // AWS: API reference of StartExecution.
    #[error(
        "The maximum number of running executions has been reached. Running executions must end or be stopped before a new execution can be started."
    )]
    TooManyExecutions,
    /// `ResourceNotFound`
    #[error("Resource not found: '{0}'")]
    ResourceNotFound(String),
    /// `ResourceNotFound`: of an alias.
    // AWS: recorded from UpdateStateMachineAlias.
    #[error("Request references a resource that does not exist.")]
    AliasNotFound,
    /// `ActivityWorkerLimitExceeded`
    // AWS: API reference of GetActivityTask.
    #[error(
        "The maximum number of workers concurrently polling for activity tasks has been reached."
    )]
    TooManyWorkers,
    /// `MissingRequiredParameter`
    #[error("{0}")]
    MissingRequiredParameter(String),
    /// `TooManyTags`
    // UNVERIFIED: AWS's words.
    #[error("The resource has too many tags: at most {0} are allowed")]
    TooManyTags(usize),
    /// `ConflictException`
    #[error("{0}")]
    Conflict(String),
    /// `ServiceQuotaExceededException`
    #[error("{0}")]
    QuotaExceeded(String),
    /// `ValidationException`
    #[error("{0}")]
    Validation(String),
    /// `AccessDeniedException`: the role does not trust Step Functions.
    // AWS: the message of CreateStateMachine, quoted in public issues of infrastructure tools.
    #[error(
        "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role."
    )]
    RoleNotTrusting,
    /// `AccessDeniedException`: the role must not write logs.
    // AWS: the message of CreateStateMachine, quoted in public issues of infrastructure tools.
    #[error("The state machine IAM Role is not authorized to access the Log Destination")]
    RoleNotLogging,
    /// Storage failed, or another service refused.
    #[error("{}", .0.message)]
    Other(AwsError),
}

impl From<AwsError> for Error {
    fn from(error: AwsError) -> Self {
        Self::Other(error)
    }
}

impl From<driver::Error> for Error {
    fn from(error: driver::Error) -> Self {
        match error {
            driver::Error::ExecutionDoesNotExist(arn) => Self::ExecutionDoesNotExist(arn),
            driver::Error::NotRedrivable(_) => {
                Self::NotRedrivable("Execution is RUNNING and cannot be redriven".to_owned())
            }
            driver::Error::InvalidToken => Self::InvalidToken("Invalid token".to_owned()),
            driver::Error::TaskTimedOut => Self::TaskTimedOut,
            driver::Error::TaskDoesNotExist => Self::TaskDoesNotExist,
            driver::Error::Definition(found) => Self::InvalidDefinition(found),
            other => {
                tracing::error!(error = %other, "an execution could not be handled");
                Self::Other(AwsError::fault("InternalFailure", other.to_string(), 500))
            }
        }
    }
}

impl From<Error> for AwsError {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let code = match error {
            Error::InvalidArn(_) => "InvalidArn",
            Error::InvalidName(_) => "InvalidName",
            Error::InvalidDefinition(_) | Error::NotTestable(_) => "InvalidDefinition",
            Error::InvalidLoggingConfiguration(_) => "InvalidLoggingConfiguration",
            Error::InvalidEncryptionConfiguration(_) => "InvalidEncryptionConfiguration",
            Error::InvalidExecutionInput(_) => "InvalidExecutionInput",
            Error::InvalidOutput(_) => "InvalidOutput",
            Error::InvalidToken(_) => "InvalidToken",
            Error::TaskTimedOut => "TaskTimedOut",
            Error::TaskDoesNotExist => "TaskDoesNotExist",
            Error::MachineExists(_) => "StateMachineAlreadyExists",
            Error::MachineDoesNotExist(_) => "StateMachineDoesNotExist",
            Error::MachineDeleting(_) => "StateMachineDeleting",
            Error::TypeNotSupported => "StateMachineTypeNotSupported",
            Error::ExecutionExists(_) => "ExecutionAlreadyExists",
            Error::ExecutionDoesNotExist(_) => "ExecutionDoesNotExist",
            Error::NotRedrivable(_) => "ExecutionNotRedrivable",
            Error::ActivityDoesNotExist(_) => "ActivityDoesNotExist",
            Error::ResourceNotFound(_) | Error::AliasNotFound => "ResourceNotFound",
            Error::TooManyActivities => "ActivityLimitExceeded",
            Error::TooManyMachines => "StateMachineLimitExceeded",
            Error::TooManyExecutions => "ExecutionLimitExceeded",
            Error::TooManyWorkers => "ActivityWorkerLimitExceeded",
            Error::MissingRequiredParameter(_) => "MissingRequiredParameter",
            Error::TooManyTags(_) => "TooManyTags",
            Error::Conflict(_) => "ConflictException",
            Error::QuotaExceeded(_) => "ServiceQuotaExceededException",
            Error::Validation(_) => "ValidationException",
            Error::RoleNotTrusting | Error::RoleNotLogging => "AccessDeniedException",
            Error::Other(error) => return error,
        };
        Self::new(code, message)
    }
}
