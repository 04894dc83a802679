//! Bytes to values and back for the AWS protocols; error bodies; SigV4.
//!
//! Everything is driven by a [`Model`] of the service. Pure: time and random are arguments.

mod arn;
mod aws_error;
mod cbor;
mod cbor_body;
mod codec;
mod error;
mod http;
mod json_body;
mod model;
mod pattern;
mod percent;
mod query_body;
mod rest;
mod scalar;
pub mod sigv4;
mod template;
mod timestamp;
mod unknown;
mod validate;
mod xml;
mod xml_body;

pub use arn::Arn;
pub use aws_error::AwsError;
pub use codec::{
    action, decode_error, decode_request, decode_response, encode_error, encode_request,
    encode_response, fill_idempotency_tokens, parameter, route, target,
};
pub use error::Error;
pub use http::{Headers, HttpRequestParts, HttpResponseParts};
pub use model::{
    Exception, HttpBinding, Kind, Location, Member, Metadata, Model, Operation, Protocol, Shape,
    ShapeId, Structure, TimestampFormat, XmlNamespace,
};
pub use unknown::unknown_members;
pub use validate::{validate, validation_message, violations};
