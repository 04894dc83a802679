//! Real clients (boto3, the AWS CLI) against the built binary, in a virtual environment below `target/`.

use crate::run::{run, tallied};
use crate::tally::Tally;
use std::path::Path;

const REQUIREMENTS: &str = "tests/clients/requirements.txt";
const ENVIRONMENT: &str = "target/clients-venv";

/// Builds the binary, makes the environment, runs `tests/clients`.
pub(crate) fn test() -> Result<Tally, String> {
    run("cargo", &["build", "--quiet", "--package", "refit"])?;
    environment()?;
    let python = format!("{ENVIRONMENT}/bin/python");
    let arguments =
        ["-m", "pytest", "--quiet", "--strict-markers", "-p", "no:cacheprovider", "tests/clients"];
    let (tally, outcome) = tallied(&python, &arguments)?;
    outcome.map(|()| tally)
}

/// Makes the environment unless it holds these requirements already.
fn environment() -> Result<(), String> {
    let wanted = std::fs::read_to_string(REQUIREMENTS)
        .map_err(|error| format!("{REQUIREMENTS}: {error}"))?;
    let stamp = Path::new(ENVIRONMENT).join("requirements.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    run("python3", &["-m", "venv", "--clear", ENVIRONMENT])?;
    let pip = format!("{ENVIRONMENT}/bin/pip");
    run(&pip, &["install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS])?;
    std::fs::write(&stamp, wanted).map_err(|error| error.to_string())
}
