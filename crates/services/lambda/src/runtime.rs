//! What runs a function: an interpreter with refit's own bootstrap, or the function's own executable.

use crate::error::Error;
use crate::records::Function;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::Mutex;
use tokio::time::timeout;

const PYTHON_BOOTSTRAP: &str = include_str!("bootstrap/python.py");
const NODE_BOOTSTRAP: &str = include_str!("bootstrap/node.mjs");

/// Program and arguments that run a function.
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<PathBuf>,
}

/// How long an interpreter may take to say its version.
const PROBE: Duration = Duration::from_secs(10);

/// How to run the function whose code lies in `code`. Bootstraps are written below `folder`.
pub(crate) async fn launch(
    interpreters: &Interpreters,
    function: &Function,
    folder: &Path,
    code: &Path,
) -> Result<Launch, Error> {
    let runtime = function.text("Runtime").unwrap_or_default();
    if let Some(version) = runtime.strip_prefix("python") {
        let names = [&format!("python{version}"), "python3"];
        let program = interpreters.find(runtime, &names).await?;
        let script = bootstrap(folder, "python.py", PYTHON_BOOTSTRAP)?;
        return Ok(Launch { program, arguments: vec!["-u".into(), script] });
    }
    if runtime.starts_with("nodejs") {
        let program = interpreters.find(runtime, &["node", "nodejs"]).await?;
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

/// What of this process's environment a function's process gets.
pub(crate) fn machine_environment() -> impl Iterator<Item = (&'static str, OsString)> {
    ["PATH", "LANG", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE"]
        .into_iter()
        .filter_map(|name| std::env::var_os(name).map(|value| (name, value)))
}

/// The interpreters found on this machine, by runtime.
#[derive(Default)]
pub(crate) struct Interpreters(Mutex<HashMap<String, PathBuf>>);

impl Interpreters {
    /// The first of the programs that is on the PATH and runs. A version manager leaves programs there that only say that
    /// the version is not installed, so being there is not enough.
    async fn find(&self, runtime: &str, names: &[&str]) -> Result<PathBuf, Error> {
        let mut known = self.0.lock().await;
        if let Some(found) = known.get(runtime).filter(|found| found.is_file()) {
            return Ok(found.clone());
        }
        for candidate in candidates(names) {
            if candidate.is_file() && runs(&candidate).await {
                known.insert(runtime.to_owned(), candidate.clone());
                return Ok(candidate);
            }
        }
        Err(Error::Invalid(format!(
            "the runtime {runtime} needs {} on this machine's PATH, and it is not there: install it and invoke again",
            names.join(" or ")
        )))
    }
}

/// Where the programs could be, the likeliest first.
fn candidates(names: &[&str]) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let below = |name: &&str| folders.iter().map(|f| f.join(name)).collect::<Vec<_>>();
    names.iter().flat_map(below).collect()
}

async fn runs(program: &Path) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").env_clear().envs(machine_environment()).env("HOME", "/tmp");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let ended = timeout(PROBE, async { command.spawn()?.wait().await }).await;
    matches!(ended, Ok(Ok(status)) if status.success())
}

/// How many bootstraps have been written.
static DRAFTS: AtomicU64 = AtomicU64::new(0);

/// Writes a bootstrap unless it is there with this content.
fn bootstrap(folder: &Path, name: &str, content: &str) -> Result<PathBuf, Error> {
    let path = folder.join(name);
    let service = |error: std::io::Error| Error::Service(format!("{}: {error}", path.display()));
    if std::fs::read_to_string(&path).is_ok_and(|present| present == content) {
        return Ok(path);
    }
    // Of its own: two functions may start at once.
    let number = DRAFTS.fetch_add(1, Ordering::Relaxed);
    let draft = folder.join(format!("{name}.{}.{number}", std::process::id()));
    std::fs::write(&draft, content).map_err(service)?;
    std::fs::rename(&draft, &path).map_err(service)?;
    Ok(path)
}
