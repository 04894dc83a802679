//! SQS through the dispatcher, in virtual time: each scenario is a list of calls with what they answer.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]
#![allow(clippy::too_many_lines, reason = "cases are data")]
#![allow(clippy::case_sensitive_file_extension_comparisons, reason = "queues are no files")]

mod access;
mod batches;
mod crashes;
mod dead_letters;
mod fifo;
mod hostile;
mod long_polling;
mod messages;
mod queues;
mod retention;
mod world;
