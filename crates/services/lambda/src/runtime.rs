//! What runs a function: an interpreter with refit's own bootstrap, or the function's own executable.

use crate::error::Error;
use crate::records::Function;
use std::path::{Path, PathBuf};

const PYTHON_BOOTSTRAP: &str = include_str!("bootstrap/python.py");
const NODE_BOOTSTRAP: &str = include_str!("bootstrap/node.mjs");

/// Program and arguments that run a function.
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<PathBuf>,
}

/// How to run the function whose code lies in `code`. Bootstraps are written below `folder`.
pub(crate) fn launch(function: &Function, folder: &Path, code: &Path) -> Result<Launch, Error> {
    let runtime = function.text("Runtime").unwrap_or_default();
    if let Some(version) = runtime.strip_prefix("python") {
        let program = interpreter(runtime, &[&format!("python{version}"), "python3"])?;
        let script = bootstrap(folder, "python.py", PYTHON_BOOTSTRAP)?;
        return Ok(Launch { program, arguments: vec!["-u".into(), script] });
    }
    if runtime.starts_with("nodejs") {
        let program = interpreter(runtime, &["node", "nodejs"])?;
        let script = bootstrap(folder, "node.mjs", NODE_BOOTSTRAP)?;
        return Ok(Launch { program, arguments: vec![script] });
    }
    if runtime.starts_with("provided") {
        let program = code.join("bootstrap");
        if !program.is_file() {
            return Err(Error::Invalid(
                "Couldn't find valid bootstrap(s): the archive has no executable bootstrap at its top"
                    .to_owned(),
            ));
        }
        return Ok(Launch { program, arguments: Vec::new() });
    }
    Err(Error::Invalid(format!(
        "refit cannot run the runtime {runtime}: it runs python3.*, nodejs* and provided.*"
    )))
}

/// The first of the programs that is on the PATH.
fn interpreter(runtime: &str, names: &[&str]) -> Result<PathBuf, Error> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| {
            Error::Invalid(format!(
                "the runtime {runtime} needs {} on this machine's PATH, and it is not there: install it and invoke again",
                names.join(" or ")
            ))
        })
}

/// Writes a bootstrap unless it is there with this content.
fn bootstrap(folder: &Path, name: &str, content: &str) -> Result<PathBuf, Error> {
    let path = folder.join(name);
    let service = |error: std::io::Error| Error::Service(format!("{}: {error}", path.display()));
    if std::fs::read_to_string(&path).is_ok_and(|present| present == content) {
        return Ok(path);
    }
    let draft = folder.join(format!("{name}.{}", std::process::id()));
    std::fs::write(&draft, content).map_err(service)?;
    std::fs::rename(&draft, &path).map_err(service)?;
    Ok(path)
}
