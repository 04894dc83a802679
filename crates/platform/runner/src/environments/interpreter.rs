//! Finding Python and the installer.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use crate::{Error, Result};

/// The oldest Python that is used.
const OLDEST: (u32, u32) = (3, 8);

/// How long an interpreter may take to tell its version.
const PROBE: Duration = Duration::from_secs(10);

/// An interpreter and what installs packages for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tools {
    /// The interpreter.
    pub(super) python: PathBuf,
    /// Its version, `3.11.2`.
    pub(super) version: String,
    /// uv, when it is there; `venv` and `pip` otherwise.
    pub(super) uv: Option<PathBuf>,
}

/// Looks for `$REFIT_PYTHON`, else `python3` and `python` on the `PATH`.
pub(super) async fn find() -> Result<Tools> {
    let uv = on_path("uv");
    if let Some(asked) = std::env::var_os("REFIT_PYTHON").filter(|it| !it.is_empty()) {
        let path = PathBuf::from(&asked);
        let path = if path.components().count() > 1 { Some(path) } else { on_path(&asked) };
        let version = match &path {
            Some(path) => version(path).await,
            None => Err("it is not on the PATH".to_owned()),
        };
        let version = version.map_err(|why| {
            let asked = asked.to_string_lossy();
            Error::NoPython { why: format!("REFIT_PYTHON names {asked}: {why}") }
        })?;
        return Ok(Tools { python: path.unwrap_or_default(), version, uv });
    }
    let mut said = Vec::new();
    for name in ["python3", "python"] {
        let Some(path) = on_path(name) else { continue };
        match version(&path).await {
            Ok(version) => return Ok(Tools { python: path, version, uv }),
            Err(why) => said.push(format!("{}: {why}", path.display())),
        }
    }
    let why = if said.is_empty() {
        "neither python3 nor python is on the server's PATH".to_owned()
    } else {
        said.join("; ")
    };
    Err(Error::NoPython { why })
}

fn on_path(name: impl AsRef<Path>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name.as_ref()))
        .find(|file| nix::unistd::access(file, nix::unistd::AccessFlags::X_OK).is_ok())
        .filter(|file| file.is_file())
}

/// The version of an interpreter that can be used; else why it cannot.
async fn version(python: &Path) -> std::result::Result<String, String> {
    let script = "import sys; print('.'.join(map(str, sys.version_info[:3])))";
    let mut command = Command::new(python);
    let asked = command.args(["-I", "-c", script]).kill_on_drop(true).output();
    let output = tokio::time::timeout(PROBE, asked).await;
    let output = output.map_err(|_| format!("it does not answer within {} s", PROBE.as_secs()))?;
    let output = output.map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let mut numbers = text.split('.').map_while(|part| part.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) if (major, minor) >= OLDEST => Ok(text),
        (Some(major), Some(minor)) => {
            Err(format!("version {major}.{minor} is older than {}.{}", OLDEST.0, OLDEST.1))
        }
        _ => Err(format!("it does not run ({})", output.status)),
    }
}
