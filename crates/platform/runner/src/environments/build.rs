//! Making an environment: with uv where it is there, with `venv` and `pip` otherwise.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

use crate::log::Tail;
use crate::{Error, Result};

use super::Recipe;
use super::interpreter::Tools;

/// How long one step may take.
const LIMIT: Duration = Duration::from_hours(1);
/// How much of the installer's last words is kept.
const LAST_WORDS_BYTES: usize = 2000;

/// Variables that installers need; nothing else of the server's environment is given to them.
const KEPT: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "CC",
    "CXX",
    "CFLAGS",
    "LD_LIBRARY_PATH",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "NETRC",
];

/// Makes the environment of a recipe in `folder`.
pub(super) async fn build(tools: &Tools, recipe: &Recipe, folder: &Path) -> Result<()> {
    let mut make = Command::new(tools.uv.as_ref().unwrap_or(&tools.python));
    if tools.uv.is_some() {
        make.args(["venv", "--quiet", "--seed", "--python"]).arg(&tools.python);
    } else {
        make.args(["-I", "-m", "venv"]);
    }
    make.arg(folder);
    step(make, Path::new("/"), || "no environment could be made".to_owned()).await?;
    let wanted = wanted(recipe);
    if wanted.is_empty() {
        return Ok(());
    }
    let python = folder.join("bin/python");
    let mut install = Command::new(tools.uv.as_ref().unwrap_or(&python));
    if tools.uv.is_some() {
        install.args(["pip", "install", "--quiet", "--python"]).arg(&python);
    } else {
        let pip = ["-m", "pip", "install", "--quiet", "--no-input"];
        install.args(pip).arg("--disable-pip-version-check");
    }
    install.args(&wanted);
    let what = || {
        let names: Vec<_> = wanted.iter().map(|it| it.to_string_lossy()).collect();
        format!("{} could not be installed for Python {}", names.join(" "), tools.version)
    };
    let directory = recipe.source.as_deref().unwrap_or(Path::new("/"));
    step(install, directory, what).await
}

/// The installer's arguments.
fn wanted(recipe: &Recipe) -> Vec<OsString> {
    let mut wanted: Vec<OsString> = recipe.packages.iter().map(Into::into).collect();
    if let Some(requirements) = &recipe.requirements {
        wanted.push("-r".into());
        wanted.push(requirements.into());
    }
    if recipe.install_source {
        wanted.push(".".into());
    }
    wanted
}

/// Ends a step that is not waited for any more, with everything it has started.
struct Group(Option<i32>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            killpg(Pid::from_raw(pid), Signal::SIGKILL).ok();
        }
    }
}

async fn step(mut command: Command, directory: &Path, what: impl Fn() -> String) -> Result<()> {
    let failed = |why: String| Error::Environment { why: format!("{}: {why}", what()) };
    command.current_dir(directory).process_group(0).env_clear();
    let kept = std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        KEPT.contains(&&*name) || name.starts_with("PIP_") || name.starts_with("UV_")
    });
    command.envs(kept).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let mut group = Group(child.id().map(u32::cast_signed));
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let ended = tokio::time::timeout(LIMIT, async {
        tokio::join!(child.wait(), last_words(stdout), last_words(stderr))
    });
    let Ok((status, out, err)) = ended.await else {
        return Err(failed(format!("not done after {} minutes", LIMIT.as_secs() / 60)));
    };
    group.0 = None;
    let status = status.map_err(|error| failed(error.to_string()))?;
    if status.success() {
        return Ok(());
    }
    let said = if err.trim().is_empty() { out } else { err };
    Err(failed(format!("{status}: {}", said.trim())))
}

async fn last_words(from: Option<impl AsyncRead + Unpin>) -> String {
    let mut tail = Tail::new(LAST_WORDS_BYTES);
    let Some(mut from) = from else { return String::new() };
    let mut bytes = vec![0; 8192];
    while let Ok(count) = from.read(&mut bytes).await
        && count > 0
    {
        tail.feed(bytes.get(..count).unwrap_or_default());
    }
    tail.text()
}
