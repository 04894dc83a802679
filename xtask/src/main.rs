//! Every chore of the repository: `cargo xtask test|check|tidy|conformance|models`.

mod clients;
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
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.first().map(String::as_str) {
        Some("test") => test(),
        Some("check") => check(),
        Some("tidy") => tidy::tidy(),
        Some("conformance") => conformance(),
        Some("clients") => clients::test().map(|tally| println!("{tally}")),
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

/// The suites that read `../shared/conformance` print their own tallies.
fn conformance() -> Result<(), String> {
    let crates = ["asl", "engine", "calendar", "pattern", "wire", "states"];
    for name in crates {
        run::run(
            "cargo",
            &["test", "--quiet", "--package", name, "conformance", "--", "--nocapture"],
        )?;
    }
    Ok(())
}
