//! Starting the program of a job, in two steps.
//!
//! The supervisor starts this same executable once more (the *launcher*, told by its zeroth
//! argument), and the launcher becomes the program by `exec`. So only the launcher enters the
//! private namespaces, a kernel that refuses half-way spoils nothing but the launcher, and the
//! program is tied to the supervisor's life by the parent death signal. Between the two the launcher
//! waits for the word: it may be made ready long before the machine is free.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fs;
use std::io::{self, PipeReader, Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, parent_id};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::folder::read_record;
use crate::{JobFolder, JobSpec, OptMl};

use super::namespace;

/// Where a job that asked for it finds its tree.
const OPT_ML: &str = "/opt/ml";

/// How the launcher is to start the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// In the namespaces of the supervisor.
    Plain,
    /// In namespaces of its own.
    Private,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "refit-launch-plain",
            Self::Private => "refit-launch-private",
        }
    }
}

/// Whether this process is a launcher.
pub(super) fn mode() -> Option<Mode> {
    let name = std::env::args_os().next()?;
    [Mode::Plain, Mode::Private].into_iter().find(|mode| name == mode.name())
}

/// What a launcher tells its supervisor, one record on a socket that closes when it has become the
/// program.
#[derive(Debug, Serialize, Deserialize)]
enum Report {
    /// About to become the program.
    Ready(OptMl),
    /// The kernel does not allow private namespaces here.
    Refused(String),
    /// The program cannot be started.
    Failed(String),
}

/// The word that a launcher waits for.
const GO: &[u8] = b"g";

/// A program that has been started.
pub(super) struct Launched {
    pub(super) pid: i32,
    pub(super) opt_ml: OptMl,
    pub(super) stdout: PipeReader,
    pub(super) stderr: PipeReader,
}

/// A launcher that was started: it makes its namespaces and waits for the word. Dropped, it ends.
pub(super) struct Launcher {
    pub(super) pid: i32,
    socket: UnixStream,
    stdout: PipeReader,
    stderr: PipeReader,
}

/// Starts the launcher of a job. The error says why it could not be started.
pub(super) fn begin(spec: &JobSpec) -> Result<Launcher, String> {
    begin_as(if wants_namespace(spec) { Mode::Private } else { Mode::Plain })
}

fn wants_namespace(spec: &JobSpec) -> bool {
    spec.mount_opt_ml && spec.container.is_none()
}

fn begin_as(mode: Mode) -> Result<Launcher, String> {
    let failed = |error: io::Error| format!("the launcher could not be started: {error}");
    let (stdout, stdout_writer) = io::pipe().map_err(failed)?;
    let (stderr, stderr_writer) = io::pipe().map_err(failed)?;
    let (socket, theirs) = UnixStream::pair().map_err(failed)?;
    // The name of the executable may by now be that of a newer version.
    let mut command = Command::new("/proc/self/exe");
    command.arg0(mode.name()).args(std::env::args_os().skip(1)).process_group(0);
    command.stdin(OwnedFd::from(theirs)).stdout(stdout_writer).stderr(stderr_writer);
    let child = command.spawn().map_err(failed)?;
    // Our ends of the writers must close, or their readers would never see the end.
    drop(command);
    Ok(Launcher { pid: child.id().cast_signed(), socket, stdout, stderr })
}

/// Lets the launcher become the program, with what the specification says now. The error says why it could not be
/// started.
pub(super) fn go(
    folder: &JobFolder,
    spec: &JobSpec,
    launcher: Launcher,
) -> Result<Launched, String> {
    match launcher.go()? {
        Ok(launched) => Ok(launched),
        Err(why) if wants_namespace(spec) => {
            let real = folder.ml();
            eprintln!("no private {OPT_ML} ({why}); the job uses {}", real.display());
            let launched = begin_as(Mode::Plain)?.go()??;
            Ok(Launched { opt_ml: OptMl::Environment { why }, ..launched })
        }
        Err(why) => Err(why),
    }
}

impl Launcher {
    /// Gives the word and hears what becomes of it; the inner error is a refusal of the kernel.
    fn go(mut self) -> Result<Result<Launched, String>, String> {
        // One that has given up already has said why.
        self.socket.write_all(GO).ok();
        let mut text = Vec::new();
        let heard = self.socket.read_to_end(&mut text);
        let reports = serde_json::Deserializer::from_slice(&text).into_iter::<Report>();
        let Self { pid, stdout, stderr, .. } = self;
        match reports.map_while(Result::ok).last() {
            Some(Report::Ready(opt_ml)) => Ok(Ok(Launched { pid, opt_ml, stdout, stderr })),
            Some(Report::Refused(why)) => {
                // It has said its last word: this only takes its exit status away.
                waitpid(Pid::from_raw(pid), None).ok();
                Ok(Err(why))
            }
            Some(Report::Failed(why)) => Err(why),
            None => Err(heard.map_or_else(
                |error| format!("the launcher cannot be heard: {error}"),
                |_| "the launcher died".to_owned(),
            )),
        }
    }
}

/// The launcher: becomes the program, or reports why not.
pub(super) fn launch(folder: &JobFolder, mode: Mode) -> ExitCode {
    // A duplicate that closes by itself on exec; standard input becomes the null device then.
    let Ok(socket) = io::stdin().as_fd().try_clone_to_owned() else { return ExitCode::FAILURE };
    let mut supervisor = UnixStream::from(socket);
    if let Some(last_word) = prepare_and_exec(folder, mode, &mut supervisor) {
        send(&mut supervisor, &last_word);
    }
    ExitCode::FAILURE
}

fn send(supervisor: &mut UnixStream, word: &Report) {
    // Nobody to tell means that the supervisor has died, and so will this process.
    if let Ok(text) = serde_json::to_vec(word) {
        supervisor.write_all(&text).ok();
    }
}

/// Returns only when it has not become the program: its last word, where anybody waits for one.
fn prepare_and_exec(folder: &JobFolder, mode: Mode, supervisor: &mut UnixStream) -> Option<Report> {
    let opt_ml = match prepare(folder, mode) {
        Ok(opt_ml) => opt_ml,
        Err(report) => return Some(report),
    };
    let mut word = [0; GO.len()];
    if supervisor.read_exact(&mut word).is_err() || word != GO {
        // It is not to be started after all.
        return None;
    }
    match become_program(folder, mode, |opt_ml| send(supervisor, &Report::Ready(opt_ml)), opt_ml) {
        Ok(never) => match never {},
        Err(why) => Some(Report::Failed(why)),
    }
}

/// The job's specification as it stands now.
fn spec_of(folder: &JobFolder) -> Result<JobSpec, String> {
    match read_record::<JobSpec>(&folder.spec()) {
        Ok(Some(spec)) => Ok(spec),
        Ok(None) => Err("its specification is missing".to_owned()),
        Err(error) => Err(super::describe(&error)),
    }
}

/// Everything that takes time and does not depend on what the job is granted.
fn prepare(folder: &JobFolder, mode: Mode) -> Result<OptMl, Report> {
    let spec = spec_of(folder).map_err(Report::Failed)?;
    let opt_ml = if mode == Mode::Private {
        namespace::enter(folder, &spec).map_err(Report::Refused)?
    } else {
        namespace::without_mounts(folder, &spec).map_err(Report::Failed)?;
        OptMl::NotAsked
    };
    // After the namespaces: entering a user namespace clears it.
    set_pdeathsig(Signal::SIGKILL)
        .map_err(|errno| Report::Failed(format!("it cannot be tied to its supervisor: {errno}")))?;
    Ok(opt_ml)
}

fn become_program(
    folder: &JobFolder,
    mode: Mode,
    tell: impl FnOnce(OptMl),
    opt_ml: OptMl,
) -> Result<Infallible, String> {
    let spec = spec_of(folder)?;
    // The supervisor listens to signals by blocking them, and a mask is inherited.
    SigSet::all().thread_unblock().map_err(|errno| format!("cannot unblock signals: {errno}"))?;
    if !is_supervised(folder) {
        return Err("its supervisor died".to_owned());
    }
    let mut command = command(folder, &spec, mode)?;
    tell(opt_ml);
    let error = command.exec();
    Err(format!("cannot run {}: {error}", spec.argv.first().map_or("", |it| it)))
}

/// Whether the parent is still the supervisor: it may have died before the parent death signal was
/// asked for.
fn is_supervised(folder: &JobFolder) -> bool {
    matches!(read_record::<u32>(&folder.pid()), Ok(Some(pid)) if pid == parent_id())
}

fn command(folder: &JobFolder, spec: &JobSpec, mode: Mode) -> Result<Command, String> {
    if spec.container.is_some() {
        return Ok(crate::container::shim_command());
    }
    let real = folder.ml();
    let real_text = real.to_string_lossy();
    let falls_back = spec.mount_opt_ml && mode == Mode::Plain;
    let text = |text: &str| -> OsString {
        if falls_back { replace_opt_ml(text, &real_text).into() } else { text.into() }
    };
    let seen: &Path = if mode == Mode::Private { Path::new(OPT_ML) } else { &real };
    let directory = match &spec.working_directory {
        Some(directory) => PathBuf::from(text(&directory.to_string_lossy())),
        None => seen.to_owned(),
    };
    if let Err(error) = fs::read_dir(&directory) {
        return Err(format!("cannot enter {}: {error}", directory.display()));
    }
    let mut arguments = spec.argv.iter().map(|argument| text(argument));
    let program = arguments.next().unwrap_or_default();
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).stdin(Stdio::null()).env_clear();
    let inherited = spec.inherit_env.iter().filter(|name| is_variable_name(name));
    for name in inherited {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    if falls_back {
        // The SageMaker training toolkit looks here instead of in /opt/ml.
        command.env("SAGEMAKER_BASE_DIR", &real);
    }
    command.envs(spec.env.iter().map(|(name, value)| (name, text(value))));
    command.env("REFIT_OPT_ML", seen).env("REFIT_JOB", folder.path());
    Ok(command)
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

/// Replaces the path `/opt/ml`, wherever it stands as a whole path or as the beginning of one.
fn replace_opt_ml(text: &str, real: &str) -> String {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(OPT_ML) {
        let (before, found) = rest.split_at(at);
        let after = &found[OPT_ML.len()..];
        result.push_str(before);
        let begins = !result.ends_with(|c| is_name(c) || c == '/');
        let ends = !after.starts_with(is_name);
        result.push_str(if begins && ends { real } else { OPT_ML });
        rest = after;
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_paths_are_replaced() {
        let cases = [
            ("/opt/ml", "/j/ml"),
            ("/opt/ml/model", "/j/ml/model"),
            ("a=/opt/ml/x:/opt/ml/y", "a=/j/ml/x:/j/ml/y"),
            ("{\"train\":\"/opt/ml/input\"}", "{\"train\":\"/j/ml/input\"}"),
            ("/opt/mlx /usr/opt/ml /opt/ml-2", "/opt/mlx /usr/opt/ml /opt/ml-2"),
            ("", ""),
        ];
        for (text, wanted) in cases {
            assert_eq!(replace_opt_ml(text, "/j/ml"), wanted, "{text}");
        }
    }
}
