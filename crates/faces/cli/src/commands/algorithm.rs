//! `refit algorithm NAME ACTION`: a built-in algorithm inside a job.

use std::process::ExitCode;

/// Runs it.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    algorithms::command(arguments.iter().map(Into::into))
}
