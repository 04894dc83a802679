//! SageMaker through the dispatcher: what requests are taken and what they are told, without a job that runs.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
#![expect(clippy::too_many_lines, reason = "cases are data")]

mod requests;
mod world;
