//! The kit, through a small service of its own.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod access;
mod commits;
mod world;
