//! Jobs in containers, through the API that Docker and Podman share.
//!
//! The supervisor of such a job runs, in the place of the job's program, this same executable as a
//! *shim*: it makes the container, passes its output and the signals on, and ends as the container
//! ends. So limits, logs and recovery are those of every job. A container that its shim could not
//! remove is found by its label, which is the job's folder.

mod api;
mod create;
mod shim;

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use crate::folder::read_record;
use crate::{JobFolder, JobSpec};

use api::Engine;

/// The label that names a container's job folder.
const LABEL: &str = "refit.job";
/// The zeroth argument of a shim.
const NAME: &str = "refit-container";
/// How long removing a container may take.
const REMOVAL: Duration = Duration::from_secs(30);

/// The address of the container engine: `$DOCKER_HOST`, else the first socket that is there of
/// Docker, Podman and rootless Podman. `None` where there is no engine.
pub fn find_engine() -> Option<String> {
    if let Some(host) = std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty()) {
        return Some(host);
    }
    let mut sockets =
        vec![PathBuf::from("/var/run/docker.sock"), PathBuf::from("/run/podman/podman.sock")];
    if let Some(folder) = std::env::var_os("XDG_RUNTIME_DIR") {
        sockets.push(Path::new(&folder).join("docker.sock"));
        sockets.push(Path::new(&folder).join("podman/podman.sock"));
    }
    let found = sockets.into_iter().find(|socket| socket.exists())?;
    Some(format!("unix://{}", found.display()))
}

/// Whether an engine answers at the address; else why not.
pub async fn check(engine: &str) -> Result<(), String> {
    let asked = Engine::new(engine)?;
    let answer = tokio::time::timeout(Duration::from_secs(10), asked.ping()).await;
    answer.unwrap_or_else(|_| Err("it does not answer".to_owned()))
}

/// Why a job's container could not be run, when that is so.
pub(crate) fn error(folder: &JobFolder) -> Option<String> {
    std::fs::read_to_string(error_file(folder)).ok()
}

fn error_file(folder: &JobFolder) -> PathBuf {
    folder.path().join("container-error")
}

/// Whether this process is a shim.
pub(crate) fn is_shim() -> bool {
    std::env::args_os().next().is_some_and(|name| name == NAME)
}

/// The command that becomes the shim, to be executed by the launcher.
pub(crate) fn shim_command() -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg0(NAME).args(std::env::args_os().skip(1)).current_dir("/");
    command.stdin(Stdio::null()).env_clear();
    command
}

/// The shim: runs the job's container to its end.
pub(crate) fn run(folder: &JobFolder) -> ExitCode {
    let Ok(Some(spec)) = read_record::<JobSpec>(&folder.spec()) else { return ExitCode::FAILURE };
    match runtime() {
        Ok(runtime) => runtime.block_on(shim::run(folder, &spec)),
        Err(error) => {
            eprintln!("refit: the container cannot be watched: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Removes what is left of a job's container; blocks.
pub(crate) fn remove_remains(folder: &JobFolder) {
    let Ok(Some(spec)) = read_record::<JobSpec>(&folder.spec()) else { return };
    let Some(container) = &spec.container else { return };
    let Ok(engine) = Engine::new(&container.engine) else { return };
    let Ok(runtime) = runtime() else { return };
    runtime.block_on(async {
        let label = folder.path().to_string_lossy();
        tokio::time::timeout(REMOVAL, shim::remove_labelled(&engine, &label)).await.ok();
    });
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
