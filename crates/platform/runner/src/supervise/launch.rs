//! Starting the program of a job, in two steps.
//!
//! The supervisor starts this same executable once more (the *launcher*, told by its zeroth
//! argument), and the launcher becomes the program by `exec`. So only the launcher enters the
//! private namespaces, a kernel that refuses half-way spoils nothing but the launcher, and the
//! program is tied to the supervisor's life by the parent death signal.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, PipeReader, Read as _, Write as _};
use std::os::fd::AsFd;
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

/// What a launcher tells its supervisor, one record on a pipe that closes when it has become the
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

/// A program that has been started.
pub(super) struct Launched {
    pub(super) pid: i32,
    pub(super) opt_ml: OptMl,
    pub(super) stdout: PipeReader,
    pub(super) stderr: PipeReader,
}

/// Starts the program of a job. The error says why it could not be started.
pub(super) fn start(folder: &JobFolder, spec: &JobSpec) -> Result<Launched, String> {
    if spec.container.is_some() || !spec.mount_opt_ml {
        return match try_start(Mode::Plain)? {
            Ok(launched) => Ok(launched),
            Err(why) => Err(why),
        };
    }
    match try_start(Mode::Private)? {
        Ok(launched) => Ok(launched),
        Err(why) => {
            let real = folder.ml();
            eprintln!("no private {OPT_ML} ({why}); the job uses {}", real.display());
            let launched = try_start(Mode::Plain)??;
            Ok(Launched { opt_ml: OptMl::Environment { why }, ..launched })
        }
    }
}

/// Starts a launcher and hears what became of it; the inner error is a refusal of the kernel.
fn try_start(mode: Mode) -> Result<Result<Launched, String>, String> {
    let failed = |error: io::Error| format!("the launcher could not be started: {error}");
    let (stdout, stdout_writer) = io::pipe().map_err(failed)?;
    let (stderr, stderr_writer) = io::pipe().map_err(failed)?;
    let (mut report, report_writer) = io::pipe().map_err(failed)?;
    // The name of the executable may by now be that of a newer version.
    let mut command = Command::new("/proc/self/exe");
    command.arg0(mode.name()).args(std::env::args_os().skip(1)).process_group(0);
    command.stdin(report_writer).stdout(stdout_writer).stderr(stderr_writer);
    let child = command.spawn().map_err(failed)?;
    // Our ends of the writers must close, or their readers would never see the end.
    drop(command);
    let mut text = Vec::new();
    report.read_to_end(&mut text).map_err(failed)?;
    let reports = serde_json::Deserializer::from_slice(&text).into_iter::<Report>();
    let pid = child.id().cast_signed();
    match reports.map_while(Result::ok).last() {
        Some(Report::Ready(opt_ml)) => Ok(Ok(Launched { pid, opt_ml, stdout, stderr })),
        Some(Report::Refused(why)) => {
            // It has said its last word: this only takes its exit status away.
            waitpid(Pid::from_raw(pid), None).ok();
            Ok(Err(why))
        }
        Some(Report::Failed(why)) => Err(why),
        None => Err("the launcher died".to_owned()),
    }
}

/// The launcher: becomes the program, or reports why not.
pub(super) fn launch(folder: &JobFolder, mode: Mode) -> ExitCode {
    // A duplicate that closes by itself on exec; standard input becomes the null device then.
    let Ok(report) = io::stdin().as_fd().try_clone_to_owned() else { return ExitCode::FAILURE };
    let mut report = File::from(report);
    let last_word = prepare_and_exec(folder, mode, &mut report);
    send(&mut report, &last_word);
    ExitCode::FAILURE
}

fn send(report: &mut File, word: &Report) {
    // Nobody to tell means that the supervisor has died, and so will this process.
    if let Ok(text) = serde_json::to_vec(word) {
        report.write_all(&text).ok();
    }
}

fn prepare_and_exec(folder: &JobFolder, mode: Mode, report: &mut File) -> Report {
    let spec = match read_record::<JobSpec>(&folder.spec()) {
        Ok(Some(spec)) => spec,
        Ok(None) => return Report::Failed("its specification is missing".to_owned()),
        Err(error) => return Report::Failed(super::describe(&error)),
    };
    let opt_ml = if mode == Mode::Private {
        match namespace::enter(folder, &spec) {
            Ok(entered) => entered,
            Err(why) => return Report::Refused(why),
        }
    } else {
        if let Err(why) = namespace::without_mounts(folder, &spec) {
            return Report::Failed(why);
        }
        OptMl::NotAsked
    };
    // The supervisor listens to signals by blocking them, and a mask is inherited.
    if let Err(errno) = SigSet::all().thread_unblock() {
        return Report::Failed(format!("cannot unblock signals: {errno}"));
    }
    // After the namespaces: entering a user namespace clears it.
    if set_pdeathsig(Signal::SIGKILL).is_err() || !is_supervised(folder) {
        return Report::Failed("its supervisor died".to_owned());
    }
    let mut command = match command(folder, &spec, mode) {
        Ok(command) => command,
        Err(why) => return Report::Failed(why),
    };
    send(report, &Report::Ready(opt_ml));
    let error = command.exec();
    Report::Failed(format!("cannot run {}: {error}", spec.argv.first().map_or("", |it| it)))
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
