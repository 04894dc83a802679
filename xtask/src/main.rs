//! Every chore of the repository: `cargo xtask test|check|tidy|conformance|models|bench`.

mod clients;
mod conformance;
mod run;
mod tally;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <chore>

  test         everything: formatting, lints, tidy, unit tests, conformance when its data is there, real clients
  check        formatting, lints and tidy only
  tidy         the rules of the house that no compiler checks
  conformance  recorded AWS behaviour against this code (needs ../shared/conformance)
  clients      boto3 and the AWS CLI against the built binary
  models       make the service models again from an installed botocore
  bench        how fast this is on this machine; what follows goes to the benchmark (--only SECTION)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.first().map(String::as_str) {
        Some("test") => test(),
        Some("check") => check(),
        Some("tidy") => tidy::tidy(),
        Some("conformance") => conformance::conformance(),
        Some("clients") => clients::test().map(|tally| println!("{tally}")),
        Some("bench") => bench(&arguments[1..]),
        Some("models") => run::run("python3", &["xtask/models.py"]),
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn check() -> Result<(), String> {
    run::run("cargo", &["fmt", "--all", "--check"])?;
    run::run(
        "cargo",
        &["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"],
    )?;
    tidy::tidy()
}

fn test() -> Result<(), String> {
    check()?;
    let (mut tally, cargo) =
        run::tallied("cargo", &["test", "--workspace", "--quiet", "--no-fail-fast"])?;
    let clients = clients::test();
    if let Ok(more) = &clients {
        tally.add(more);
    }
    println!("{tally}");
    cargo?;
    clients.map(drop)
}

/// A release build of the server and of what measures it, then the measuring.
fn bench(arguments: &[String]) -> Result<(), String> {
    run::run("cargo", &["build", "--release", "--package", "refit", "--package", "bench"])?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    run::run("target/release/bench", &arguments)
}
