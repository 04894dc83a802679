//! The driver in virtual time.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;
mod crash;
mod executions;
mod redrive;
mod work;
