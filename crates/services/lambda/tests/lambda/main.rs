//! Lambda through the dispatcher: functions really run, everything around them is in memory.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod access;
mod code;
mod hostile;
mod later;
mod lifecycle;
mod running;
mod world;
