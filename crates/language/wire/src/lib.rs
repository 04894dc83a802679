//! Bytes to values and back for the AWS protocols; error bodies; SigV4.
//!
//! Everything is driven by a [`Model`] of the service. Pure: time and random are arguments.

mod arn;
mod aws_error;
mod error;
mod model;
mod pattern;

pub use arn::Arn;
pub use aws_error::AwsError;
pub use error::Error;
pub use model::{
    Exception, HttpBinding, Kind, Location, Member, Metadata, Model, Operation, Protocol, Shape,
    ShapeId, Structure, TimestampFormat, XmlNamespace,
};
