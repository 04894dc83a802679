//! An error as AWS answers it.

use std::fmt;

use serde_json::{Map, Value};

use crate::model::Protocol;

/// An error answer: code, message, status, and whatever else its shape has.
#[derive(Debug, Clone, PartialEq)]
pub struct AwsError {
    /// The code, for example `StateMachineDoesNotExist`: the shape's name or its code on the wire, both are understood.
    pub code: String,
    /// The message; empty where AWS sends none.
    pub message: String,
    /// The HTTP status; 400 yields to the status that the model has for the code.
    pub status: u16,
    /// Further members, by their names in the model. In a box, because errors travel in many results.
    pub fields: Box<Map<String, Value>>,
}

impl AwsError {
    /// An error with the default status (400, or what the model says).
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status: 400, fields: Box::default() }
    }

    /// An error with its own status.
    pub fn fault(code: impl Into<String>, message: impl Into<String>, status: u16) -> Self {
        Self::new(code, message).with_status(status)
    }

    /// An operation that AWS has and refit has not, status 501.
    pub fn not_implemented(operation: &str) -> Self {
        let message = format!(
            "refit does not implement {operation}; docs/reference/services.md lists what it does"
        );
        Self::fault("NotImplemented", message, 501)
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same with a further member.
    #[must_use]
    pub fn with_field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }

    /// A constraint on the input does not hold. The message is AWS's, with all that was found.
    pub fn validation(protocol: Protocol, message: impl Into<String>) -> Self {
        let code = match protocol {
            Protocol::Query => "ValidationError",
            Protocol::Json | Protocol::RestJson | Protocol::RestXml | Protocol::Cbor => {
                "ValidationException"
            }
        };
        Self::new(code, message)
    }

    /// The caller may not do this.
    pub fn access_denied(protocol: Protocol, message: impl Into<String>) -> Self {
        match protocol {
            Protocol::Json | Protocol::Cbor => Self::new("AccessDeniedException", message),
            Protocol::RestJson => Self::new("AccessDeniedException", message).with_status(403),
            Protocol::Query | Protocol::RestXml => {
                Self::new("AccessDenied", message).with_status(403)
            }
        }
    }

    /// The service failed. The message must hold nothing internal.
    pub fn internal(protocol: Protocol, message: impl Into<String>) -> Self {
        let code = match protocol {
            Protocol::Json | Protocol::Cbor => "InternalServerError",
            Protocol::RestJson => "ServiceException",
            Protocol::Query => "InternalFailure",
            Protocol::RestXml => "InternalError",
        };
        Self::new(code, message).with_status(500)
    }

    /// The service has no such operation.
    // AWS: a JSON service answers 400 with the code alone; measured by others on Athena and DynamoDB.
    pub(crate) fn unknown_operation(protocol: Protocol, name: &str, version: &str) -> Self {
        match protocol {
            Protocol::Json => Self::new("UnknownOperationException", ""),
            Protocol::Cbor => Self::new("UnknownOperationException", "").with_status(404),
            Protocol::RestJson => Self::new("UnknownOperationException", "").with_status(404),
            Protocol::Query => Self::new(
                "InvalidAction",
                format!("Could not find operation {name} for version {version}"),
            ),
            Protocol::RestXml => Self::new(
                "MethodNotAllowed",
                "The specified method is not allowed against this resource.",
            )
            .with_status(405),
        }
    }

    /// The bytes of a request do not make the operation's input.
    pub(crate) fn serialization(protocol: Protocol, message: impl Into<String>) -> Self {
        let code = match protocol {
            Protocol::Json | Protocol::RestJson | Protocol::Cbor => "SerializationException",
            Protocol::Query => "MalformedInput",
            Protocol::RestXml => "MalformedXML",
        };
        Self::new(code, message)
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            formatter.write_str(&self.code)
        } else {
            write!(formatter, "{}: {}", self.code, self.message)
        }
    }
}

impl std::error::Error for AwsError {}
