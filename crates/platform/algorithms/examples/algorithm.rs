//! A built-in algorithm from the command line: `algorithm xgboost [train|predict|evaluate …]`.

use std::process::ExitCode;

fn main() -> ExitCode {
    algorithms::command(std::env::args_os().skip(1))
}
