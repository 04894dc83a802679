//! What SQS answers when it refuses.

use service::AwsError;

/// Why a request, or one entry of a batch, was refused. The texts are AWS's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    // AWS: recorded, JSON protocol.
    #[error("The specified queue does not exist.")]
    NoQueue,
    #[error(
        "A queue already exists with the same name and a different value for attribute {attribute}"
    )]
    QueueExists { attribute: String },
    #[error("{0}")]
    InvalidParameter(String),
    #[error("The request must contain the parameter {0}.")]
    Missing(String),
    #[error("{0}")]
    AttributeName(String),
    #[error("{0}")]
    AttributeValue(String),
    #[error("The input receipt handle \"{0}\" is not valid.")]
    ReceiptHandle(String),
    // UNVERIFIED: the words; the documentation names the characters.
    #[error(
        "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
    )]
    Characters,
    #[error("There should be at least one {0} in the request.")]
    EmptyBatch(&'static str),
    #[error("Maximum number of entries per request are 10. You have sent {0}.")]
    TooManyEntries(usize),
    #[error(
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."
    )]
    EntryId,
    #[error("Id {0} repeated.")]
    RepeatedEntryId(String),
    #[error("Batch requests cannot be longer than {limit} bytes. You have sent {sent} bytes.")]
    BatchTooLong { limit: usize, sent: usize },
    #[error("Only one PurgeQueue operation on {0} is allowed every 60 seconds.")]
    PurgeInProgress(String),
    #[error("{0}")]
    OverLimit(String),
    /// Storage failed.
    #[error("{}", .0.message)]
    Other(AwsError),
}

impl Error {
    /// `Value … for parameter … is invalid. Reason: …`, the most common refusal.
    pub(crate) fn value(value: impl std::fmt::Display, parameter: &str, reason: &str) -> Self {
        Self::InvalidParameter(format!(
            "Value {value} for parameter {parameter} is invalid. Reason: {reason}"
        ))
    }

    /// An attribute that queues have not, or whose value is the server's to set.
    pub(crate) fn unknown_attribute(name: &str) -> Self {
        Self::AttributeName(format!("Unknown Attribute {name}."))
    }

    /// The code on the wire.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::NoQueue => "AWS.SimpleQueueService.NonExistentQueue",
            Self::QueueExists { .. } => "QueueAlreadyExists",
            Self::InvalidParameter(_) => "InvalidParameterValue",
            Self::Missing(_) => "MissingParameter",
            Self::AttributeName(_) => "InvalidAttributeName",
            Self::AttributeValue(_) => "InvalidAttributeValue",
            Self::ReceiptHandle(_) => "ReceiptHandleIsInvalid",
            Self::Characters => "InvalidMessageContents",
            Self::EmptyBatch(_) => "AWS.SimpleQueueService.EmptyBatchRequest",
            Self::TooManyEntries(_) => "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            Self::EntryId => "AWS.SimpleQueueService.InvalidBatchEntryId",
            Self::RepeatedEntryId(_) => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            Self::BatchTooLong { .. } => "AWS.SimpleQueueService.BatchRequestTooLong",
            Self::PurgeInProgress(_) => "AWS.SimpleQueueService.PurgeQueueInProgress",
            Self::OverLimit(_) => "OverLimit",
            Self::Other(error) => &error.code,
        }
    }

    // AWS: recorded: all are 400 but these.
    fn status(&self) -> u16 {
        match self {
            Self::PurgeInProgress(_) | Self::OverLimit(_) => 403,
            _ => 400,
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
        match error {
            Error::Other(error) => error,
            error => Self::fault(error.code(), error.to_string(), error.status()),
        }
    }
}
