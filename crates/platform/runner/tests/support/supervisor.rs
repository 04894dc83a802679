//! A supervisor for the tests of this crate.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args_os().next_back() {
        Some(folder) => runner::supervise(Path::new(&folder)),
        None => ExitCode::FAILURE,
    }
}
