//! The gateway over real sockets: every failure answers in the protocol's own shape.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod connections;
mod failures;
mod pages;
mod world;
