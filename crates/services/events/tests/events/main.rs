//! EventBridge as its callers and targets see it, through the dispatcher, in virtual time.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]
#![allow(clippy::too_many_lines, reason = "cases are data")]

mod access;
mod connections;
mod crashes;
mod deliveries;
mod hostile;
mod operations;
mod schedules;
mod server;
mod world;
