//! What can go wrong here.

/// Why an execution could not be started, found, changed or read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// There is no execution with this ARN.
    #[error("execution {0} does not exist")]
    ExecutionDoesNotExist(String),
    /// The text is no task token of ours.
    #[error("invalid token")]
    InvalidToken,
    /// The token looks like one of ours, and there is no execution that it could be of.
    #[error("the task does not exist")]
    TaskDoesNotExist,
    /// The token is one of ours, and nothing waits for it any more.
    #[error("the task does not exist any more")]
    TaskTimedOut,
    /// The definition has errors.
    #[error("the definition cannot be run: {0}")]
    Definition(String),
    /// A broken invariant, with its code: the execution has been set aside.
    #[error("execution {execution_arn} was set aside: {reason}")]
    SetAside {
        /// The execution.
        execution_arn: String,
        /// Why.
        reason: String,
    },
    /// It has nothing to go on with: it runs, it succeeded, or its history is full.
    #[error("execution {0} cannot be redriven")]
    NotRedrivable(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A stored record cannot be read.
    #[error("the stored record of {key} cannot be read: {detail}")]
    Unreadable {
        /// Its key.
        key: String,
        /// What is wrong with it.
        detail: String,
    },
}
