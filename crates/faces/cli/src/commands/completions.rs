//! `refit completions SHELL`.

use crate::grammar::Cli;
use clap::CommandFactory;
use std::process::ExitCode;

/// Prints the script.
pub(crate) fn run(shell: clap_complete::Shell) -> ExitCode {
    clap_complete::generate(shell, &mut Cli::command(), "refit", &mut std::io::stdout());
    ExitCode::SUCCESS
}
