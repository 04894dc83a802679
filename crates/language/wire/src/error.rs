//! The crate's errors.

use thiserror::Error;

/// What can go wrong on our own side; what a caller did wrong is an [`AwsError`](crate::AwsError).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// The text of a service model is not one.
    #[error("service model is not usable: {0}")]
    Model(String),
    /// A value given by our own side does not fit its shape.
    #[error("value does not fit its shape: {0}")]
    Value(String),
    /// The bytes are not what the service's answer should be.
    #[error("answer cannot be read: {0}")]
    Response(String),
    /// The text is no Amazon resource name.
    #[error("not a resource name: {0}")]
    Arn(String),
}
