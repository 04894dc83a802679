//! CloudWatch Logs as its callers see it, through the dispatcher, in virtual time.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]
#![allow(clippy::too_many_lines, reason = "cases are data")]

mod access;
mod cost;
mod filtering;
mod groups;
mod hostile;
mod order;
mod reading;
mod retention;
mod streams;
mod tags;
mod world;
mod writing;
