//! The crate's errors.

use thiserror::Error;

/// What can go wrong between bytes and values.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// The text of a service model is not one.
    #[error("service model is not usable: {0}")]
    Model(String),
    /// The service has no such operation.
    #[error("there is no operation {0}")]
    UnknownOperation(String),
    /// A message does not have the form its protocol asks for. The text is AWS's where AWS's is known.
    #[error("{0}")]
    Serialization(String),
    /// A value given by our own side does not fit its shape.
    #[error("value does not fit its shape: {0}")]
    Value(String),
    /// The bytes are not what the service's answer should be.
    #[error("answer cannot be read: {0}")]
    Response(String),
}
