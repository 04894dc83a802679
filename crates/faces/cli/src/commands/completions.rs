//! `refit completions SHELL`.

use crate::grammar::Cli;
use crate::report::Done;
use clap::CommandFactory;
use std::process::ExitCode;

/// Prints the script.
pub(crate) fn run(shell: clap_complete::Shell) -> Done {
    clap_complete::generate(shell, &mut Cli::command(), "refit", &mut std::io::stdout());
    Ok(ExitCode::SUCCESS)
}
