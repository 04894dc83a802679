//! Traces of executions and the server's metrics, handed to an OpenTelemetry collector over OTLP/HTTP with JSON.
//!
//! An execution becomes a trace when it has ended: a span for itself and one for each visit of a state. A few hundred
//! lines instead of OpenTelemetry's crates: a server sends two kinds of documents to one address.
//!
//! **Invariant:** nobody waits for the collector. The queue is bounded; what does not fit, or is not taken, is dropped
//! and counted.

mod send;
mod settings;
mod spans;

pub use send::Exporter;
pub use settings::{Error, Settings};
