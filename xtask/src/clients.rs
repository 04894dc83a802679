//! Real clients (boto3, the AWS CLI, SageMaker's SDKs) against the built binary, each suite in a virtual environment of its
//! own below `target/`.

use crate::run::{run, tallied};
use crate::tally::Tally;
use std::path::{Path, PathBuf};

/// A folder of tests, and the environment it is run in.
struct Suite {
    tests: &'static str,
    environment: &'static str,
}

/// The suites. SDKs have environments of their own: they pull in much, and not the same.
const SUITES: [Suite; 3] = [
    Suite { tests: "tests/clients", environment: "target/clients-venv" },
    Suite { tests: "tests/sdks/v2", environment: "target/sdk-v2-venv" },
    Suite { tests: "tests/sdks/v3", environment: "target/sdk-v3-venv" },
];

/// Builds the binary, makes the environments, runs the suites.
pub(crate) fn test() -> Result<Tally, String> {
    run("cargo", &["build", "--quiet", "--package", "refit"])?;
    let mut all = Tally::default();
    for suite in &SUITES {
        suite.prepare()?;
        let python = format!("{}/bin/python", suite.environment);
        let options = ["-m", "pytest", "--quiet", "--strict-markers", "-p", "no:cacheprovider"];
        let arguments: Vec<&str> = options.into_iter().chain([suite.tests]).collect();
        let (tally, outcome) = tallied(&python, &arguments)?;
        all.add(&tally);
        outcome?;
    }
    Ok(all)
}

impl Suite {
    fn requirements(&self) -> PathBuf {
        Path::new(self.tests).join("requirements.txt")
    }

    /// Makes the environment unless it holds these requirements already.
    fn prepare(&self) -> Result<(), String> {
        let file = self.requirements();
        let wanted = std::fs::read_to_string(&file)
            .map_err(|error| format!("{}: {error}", file.display()))?;
        let stamp = Path::new(self.environment).join("requirements.txt");
        if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        run("python3", &["-m", "venv", "--clear", self.environment])?;
        let pip = format!("{}/bin/pip", self.environment);
        let file = file.to_string_lossy();
        run(&pip, &["install", "--quiet", "--disable-pip-version-check", "-r", &file])?;
        std::fs::write(&stamp, wanted).map_err(|error| error.to_string())
    }
}
