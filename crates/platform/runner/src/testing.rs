//! The suite that every [`Runner`] must pass, and the programs it runs.
//!
//! A test file of a runner says `runner::runner_conformance!(harness_expression);` (with the
//! arguments of `tokio::test` behind it, where there are any) and gets one test per case.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Exit, ExitReason, FakeScript, FakeStop, JobSpec, JobState, LogLine, LogStream, OptMl,
    Outcome, Runner,
};

/// The variable that tells a fake runner which program is meant.
const PROGRAM_VARIABLE: &str = "REFIT_TEST_PROGRAM";

/// How the suite gets at the runner under test.
#[async_trait]
pub trait Harness: Send + Sync {
    /// A fresh runner over the same jobs, as after a restart of the server.
    fn runner(&self) -> Arc<dyn Runner>;

    /// Whether jobs are processes of this machine; without them some cases have nothing to test.
    fn runs_processes(&self) -> bool;

    /// Kills the supervisor of a job.
    async fn kill_supervisor(&self, id: &str);
}

/// What a job of the suite does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Program {
    /// Ends with a code.
    Exit(i32),
    /// Kills itself by a signal.
    Die(i32),
    /// Writes lines `1`, `2`, … to standard output and one to standard error, then ends.
    Lines(u32),
    /// Writes `ready` and runs until SIGTERM kills it.
    Wait,
    /// Writes `ready` and ends with a code when it gets SIGTERM.
    EndOnTerm(i32),
    /// Writes `ready` and ignores SIGTERM.
    IgnoreTerm,
    /// Cannot be started.
    Missing,
    /// Any shell script (processes only).
    Shell(String),
}

impl Program {
    /// The program as a job for both kinds of runner.
    pub fn spec(&self, id: &str) -> JobSpec {
        let script = match self {
            Self::Exit(code) => format!("exit {code}"),
            Self::Die(signal) => format!("kill -{signal} $$; sleep 1000"),
            Self::Lines(count) => format!("seq 1 {count}; echo oh no >&2"),
            Self::Wait => "echo ready; exec sleep 1000".to_owned(),
            Self::EndOnTerm(code) => {
                format!("trap 'exit {code}' TERM; echo ready; while :; do sleep 1000 & wait; done")
            }
            Self::IgnoreTerm => "trap '' TERM; echo ready; exec sleep 1000".to_owned(),
            Self::Missing => return self.marked(JobSpec::new(id, ["/no/such/program"])),
            Self::Shell(script) => script.clone(),
        };
        self.marked(JobSpec::new(id, ["/bin/sh", "-c", &script]))
    }

    fn marked(&self, mut spec: JobSpec) -> JobSpec {
        let text = serde_json::to_string(self).expect("a program is plain data");
        spec.env.insert(PROGRAM_VARIABLE.to_owned(), text);
        spec
    }
}

/// The script of a fake runner for the suite's programs.
pub fn fake_script(spec: &JobSpec) -> FakeScript {
    let text = spec.env.get(PROGRAM_VARIABLE).map_or("", String::as_str);
    let ready = FakeScript::runs_forever().line(0, LogStream::Stdout, "ready");
    match serde_json::from_str(text) {
        Ok(Program::Exit(code)) => FakeScript::exits(5, code),
        Ok(Program::Die(signal)) => {
            FakeScript { outcome: Outcome::Signal(signal), ..FakeScript::exits(5, 0) }
        }
        Ok(Program::Lines(count)) => (1..=count)
            .fold(FakeScript::exits(50, 0), |script, number| {
                script.line(1, LogStream::Stdout, number.to_string())
            })
            .line(2, LogStream::Stderr, "oh no"),
        Ok(Program::Wait) => ready,
        Ok(Program::EndOnTerm(code)) => {
            let outcome = Outcome::Code(code);
            FakeScript { on_stop: FakeStop::Exit { after_ms: 3, outcome }, ..ready }
        }
        Ok(Program::IgnoreTerm) => FakeScript { on_stop: FakeStop::Ignore, ..ready },
        Ok(Program::Missing | Program::Shell(_)) | Err(_) => {
            let why = Some("it is not there".to_owned());
            FakeScript { spawn_error: why, ..FakeScript::exits(0, 0) }
        }
    }
}

async fn run(runner: &dyn Runner, spec: &JobSpec) -> Exit {
    runner.start(spec).await.expect("the job starts");
    wait(runner, &spec.id).await
}

/// Waits for the end; a job that does not end within a minute fails the test.
async fn wait(runner: &dyn Runner, id: &str) -> Exit {
    let ended = tokio::time::timeout(Duration::from_mins(1), runner.wait(id)).await;
    ended.expect("the job ends within a minute").expect("the job is known")
}

async fn all_lines(runner: &dyn Runner, id: &str) -> Vec<LogLine> {
    let (mut lines, mut offset) = (Vec::new(), 0);
    loop {
        let page = runner.read_log(id, offset).await.expect("the log can be read");
        if page.lines.is_empty() {
            return lines;
        }
        offset = page.next_offset;
        lines.extend(page.lines);
    }
}

async fn start_and_wait_until_ready(runner: &dyn Runner, spec: &JobSpec) {
    runner.start(spec).await.expect("the job starts");
    let is_there = tokio::time::timeout(Duration::from_mins(1), runner.wait_log(&spec.id, 0)).await;
    assert!(is_there.expect("within a minute").expect("the log is there"), "it says ready");
    assert_eq!(all_lines(runner, &spec.id).await[0].text, "ready");
}

/// Codes and signals are reported as they were, with times and success told apart.
pub async fn exit_codes(harness: &dyn Harness) {
    let runner = harness.runner();
    let cases = [
        (Program::Exit(0), Outcome::Code(0)),
        (Program::Exit(3), Outcome::Code(3)),
        (Program::Exit(255), Outcome::Code(255)),
        (Program::Die(9), Outcome::Signal(9)),
        (Program::Die(15), Outcome::Signal(15)),
    ];
    for (number, (program, outcome)) in cases.into_iter().enumerate() {
        let exit = run(&*runner, &program.spec(&format!("exit-{number}"))).await;
        assert_eq!((exit.outcome, &exit.reason), (outcome, &ExitReason::Exited), "{program:?}");
        assert!(exit.started_ms > 0 && exit.ended_ms >= exit.started_ms);
        assert_eq!(exit.is_success(), outcome == Outcome::Code(0));
    }
}

/// Every line of output is there, in order and with a time, and the end of standard error is kept.
pub async fn output_order(harness: &dyn Harness) {
    let runner = harness.runner();
    let exit = run(&*runner, &Program::Lines(20_000).spec("lines")).await;
    assert_eq!(exit.stderr_tail, "oh no\n");
    let (errors, lines): (Vec<_>, Vec<_>) = all_lines(&*runner, "lines")
        .await
        .into_iter()
        .partition(|line| line.stream == LogStream::Stderr);
    let wanted: Vec<String> = (1..=20_000).map(|number| number.to_string()).collect();
    assert!(lines.iter().map(|line| &line.text).eq(&wanted), "{} lines", lines.len());
    assert!(lines.iter().all(|line| line.timestamp_ms >= exit.started_ms));
    assert_eq!(errors.len(), 1);
    assert!(!runner.wait_log("lines", u64::MAX).await.expect("it is known"), "nothing follows");
}

/// A program that is not there ends the job, with the reason.
pub async fn missing_program(harness: &dyn Harness) {
    let runner = harness.runner();
    let exit = run(&*runner, &Program::Missing.spec("missing")).await;
    assert_eq!(exit.outcome, Outcome::Unknown);
    assert!(matches!(&exit.reason, ExitReason::SpawnFailed(why) if !why.is_empty()), "{exit:?}");
}

/// A stop ends the job as stopped, whatever code it ends with.
pub async fn stop(harness: &dyn Harness) {
    let runner = harness.runner();
    let cases = [(Program::Wait, Outcome::Signal(15)), (Program::EndOnTerm(0), Outcome::Code(0))];
    for (number, (program, outcome)) in cases.into_iter().enumerate() {
        let spec = program.spec(&format!("stop-{number}"));
        start_and_wait_until_ready(&*runner, &spec).await;
        runner.stop(&spec.id).await.expect("it can be stopped");
        runner.stop(&spec.id).await.expect("and again");
        let exit = wait(&*runner, &spec.id).await;
        assert_eq!((exit.outcome, &exit.reason), (outcome, &ExitReason::Stopped), "{program:?}");
        runner.stop(&spec.id).await.expect("and when it has ended");
        assert_eq!(wait(&*runner, &spec.id).await, exit);
    }
}

/// A job that ignores SIGTERM is killed when the grace is over.
pub async fn grace_then_kill(harness: &dyn Harness) {
    let runner = harness.runner();
    let mut spec = Program::IgnoreTerm.spec("stubborn");
    spec.limits.stop_grace_seconds = 1;
    start_and_wait_until_ready(&*runner, &spec).await;
    runner.stop("stubborn").await.expect("it can be stopped");
    let exit = wait(&*runner, "stubborn").await;
    assert_eq!((exit.outcome, &exit.reason), (Outcome::Signal(9), &ExitReason::Stopped));
    assert!(exit.ended_ms - exit.started_ms >= 1000, "{exit:?}");
}

/// A job that runs too long is stopped, with a reason of its own.
pub async fn max_runtime(harness: &dyn Harness) {
    let runner = harness.runner();
    for (id, program, outcome) in [
        ("late", Program::EndOnTerm(4), Outcome::Code(4)),
        ("late-and-stubborn", Program::IgnoreTerm, Outcome::Signal(9)),
    ] {
        let mut spec = program.spec(id);
        spec.limits.max_runtime_seconds = Some(1);
        spec.limits.stop_grace_seconds = 1;
        let exit = run(&*runner, &spec).await;
        assert_eq!((exit.outcome, &exit.reason), (outcome, &ExitReason::MaxRuntimeExceeded));
        assert!(exit.ended_ms - exit.started_ms >= 1000, "{exit:?}");
    }
}

/// A second start attaches to the run that is there, also after a restart and after its end.
pub async fn start_is_idempotent(harness: &dyn Harness) {
    let runner = harness.runner();
    let spec = Program::EndOnTerm(0).spec("once");
    let (first, second) = tokio::join!(runner.start(&spec), runner.start(&spec));
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    start_and_wait_until_ready(&*harness.runner(), &spec).await;
    runner.stop("once").await.expect("it can be stopped");
    let exit = wait(&*runner, "once").await;
    assert_eq!(run(&*harness.runner(), &spec).await, exit);
    let lines = all_lines(&*runner, "once").await;
    assert_eq!(lines.iter().filter(|line| line.text == "ready").count(), 1);
}

/// What was made ready counts as nothing until it is started, runs once, and with what the start says.
pub async fn made_ready(harness: &dyn Harness) {
    let runner = harness.runner();
    let spec = |id: &str, word: &str| {
        let mut spec = Program::Shell("echo $WORD; pwd; exec sleep 1000".to_owned()).spec(id);
        if !harness.runs_processes() {
            spec = Program::Wait.spec(id);
        }
        spec.env.insert("WORD".to_owned(), word.to_owned());
        spec.mount_opt_ml = true;
        spec
    };
    for id in ["ready", "ready-twice", "unwanted", "refilled", "other-server"] {
        runner.prepare(id).await.expect("a folder");
        runner.make_ready(&spec(id, "early")).await.expect("it can be made ready");
        assert_eq!(runner.state(id).await.expect("a fine id"), JobState::Unknown, "{id}");
        assert!(matches!(runner.stop(id).await, Err(Error::UnknownJob(_))), "{id}");
        assert!(matches!(runner.wait(id).await, Err(Error::UnknownJob(_))), "{id}");
    }
    runner.make_ready(&spec("ready-twice", "again")).await.expect("again");
    runner.prepare("refilled").await.expect("its folder");
    runner.remove("unwanted").await.expect("it never ran");
    runner.remove("unwanted").await.expect("it is gone");
    let first_word = if harness.runs_processes() { "late" } else { "ready" };
    for id in ["ready", "ready-twice", "unwanted", "refilled"] {
        start_once(&*runner, &spec(id, "late"), first_word).await;
    }
    drop(runner);
    let runner = harness.runner();
    assert_eq!(runner.state("other-server").await.expect("a fine id"), JobState::Unknown);
    start_once(&*runner, &spec("other-server", "late"), first_word).await;
}

/// Starts a job twice, sees that it runs once, and stops it.
async fn start_once(runner: &dyn Runner, spec: &JobSpec, first_word: &str) {
    let id = &spec.id;
    for _ in 0..2 {
        runner.start(spec).await.expect("it starts, or runs already");
    }
    let is_there = tokio::time::timeout(Duration::from_mins(1), runner.wait_log(id, 0)).await;
    assert!(is_there.expect("within a minute").expect("the log is there"), "{id}");
    runner.stop(id).await.expect("it can be stopped");
    assert_eq!(wait(runner, id).await.reason, ExitReason::Stopped, "{id}");
    let lines = all_lines(runner, id).await;
    assert_eq!(lines.iter().filter(|line| line.text == first_word).count(), 1, "{id}: {lines:?}");
}

/// The states of a job; ids nobody started, and ids that cannot be.
pub async fn states(harness: &dyn Harness) {
    let runner = harness.runner();
    assert_eq!(runner.state("nobody").await.expect("a fine id"), JobState::Unknown);
    assert!(matches!(runner.wait("nobody").await, Err(Error::UnknownJob(_))));
    assert!(matches!(runner.stop("nobody").await, Err(Error::UnknownJob(_))));
    assert!(matches!(runner.read_log("nobody", 0).await, Err(Error::UnknownJob(_))));
    for id in ["", ".", "..", ".a", "a/b", "a\0", "é", &"x".repeat(201)] {
        assert!(matches!(runner.state(id).await, Err(Error::InvalidId(_))), "{id:?}");
        let started = runner.start(&Program::Exit(0).spec(id)).await;
        assert!(matches!(started, Err(Error::InvalidId(_))), "{id:?}");
    }
    let empty = JobSpec::new("empty", Vec::<String>::new());
    assert!(matches!(runner.start(&empty).await, Err(Error::InvalidSpec { .. })));
    runner.prepare("seen").await.expect("a folder");
    assert_eq!(runner.state("seen").await.expect("a fine id"), JobState::Unknown);
    start_and_wait_until_ready(&*runner, &Program::Wait.spec("seen")).await;
    assert!(matches!(runner.state("seen").await, Ok(JobState::Running { .. })));
    runner.stop("seen").await.expect("it can be stopped");
    let exit = wait(&*runner, "seen").await;
    assert_eq!(runner.state("seen").await.expect("it is known"), JobState::Exited(exit));
}

/// A running job cannot be removed; one that has ended can, and its id is free again.
pub async fn remove_and_list(harness: &dyn Harness) {
    let runner = harness.runner();
    let spec = Program::Wait.spec("b");
    start_and_wait_until_ready(&*runner, &spec).await;
    run(&*runner, &Program::Exit(0).spec("a")).await;
    assert_eq!(runner.list().await.expect("a list"), ["a", "b"]);
    assert!(matches!(runner.remove("b").await, Err(Error::StillRunning(_))));
    runner.remove("a").await.expect("it has ended");
    runner.remove("a").await.expect("it is gone");
    assert_eq!(runner.list().await.expect("a list"), ["b"]);
    assert_eq!(runner.state("a").await.expect("a fine id"), JobState::Unknown);
    assert_eq!(run(&*runner, &Program::Exit(1).spec("a")).await.outcome, Outcome::Code(1));
    runner.stop("b").await.expect("it can be stopped");
    wait(&*runner, "b").await;
}

/// What a beginning left can be discarded; a job that runs or ran stays, and so never runs twice.
pub async fn discard(harness: &dyn Harness) {
    let runner = harness.runner();
    let folder = runner.prepare("d").await.expect("a folder");
    runner.discard("d").await.expect("it never ran");
    assert!(!folder.path().exists());
    runner.discard("d").await.expect("it is gone");
    let spec = Program::Wait.spec("d");
    start_and_wait_until_ready(&*runner, &spec).await;
    runner.discard("d").await.expect("nothing is to be discarded");
    assert!(matches!(runner.state("d").await, Ok(JobState::Running { .. })));
    runner.stop("d").await.expect("it can be stopped");
    let exit = wait(&*runner, "d").await;
    runner.discard("d").await.expect("nothing is to be discarded");
    assert_eq!(run(&*runner, &Program::Exit(3).spec("d")).await, exit);
}

/// A job runs on when the server goes away, and is waited for and stopped by the next one.
pub async fn server_restart(harness: &dyn Harness) {
    let first = harness.runner();
    let spec = Program::EndOnTerm(6).spec("survivor");
    start_and_wait_until_ready(&*first, &spec).await;
    run(&*first, &Program::Exit(2).spec("ended")).await;
    drop(first);
    let second = harness.runner();
    assert_eq!(wait(&*second, "ended").await.outcome, Outcome::Code(2));
    assert!(matches!(second.state("survivor").await, Ok(JobState::Running { .. })));
    let third = harness.runner();
    let (exit, stopped) = tokio::join!(wait(&*second, "survivor"), third.stop("survivor"));
    stopped.expect("it can be stopped");
    assert_eq!((exit.outcome, &exit.reason), (Outcome::Code(6), &ExitReason::Stopped));
}

/// A killed supervisor is noticed at once, and also by a server that starts later.
pub async fn supervisor_killed(harness: &dyn Harness) {
    let runner = harness.runner();
    for id in ["orphan-now", "orphan-later"] {
        start_and_wait_until_ready(&*runner, &Program::IgnoreTerm.spec(id)).await;
    }
    let (exit, ()) =
        tokio::join!(wait(&*runner, "orphan-now"), harness.kill_supervisor("orphan-now"));
    assert_eq!((exit.outcome, &exit.reason), (Outcome::Unknown, &ExitReason::Lost));
    harness.kill_supervisor("orphan-later").await;
    drop(runner);
    let exit = wait(&*harness.runner(), "orphan-later").await;
    assert_eq!(exit.reason, ExitReason::Lost);
    let attached = run(&*harness.runner(), &Program::Exit(0).spec("orphan-later")).await;
    assert_eq!(attached, exit);
}

/// What the job leaves behind dies with it: in its process group, out of it, and when its
/// supervisor is killed.
pub async fn no_process_is_left(harness: &dyn Harness) {
    if !harness.runs_processes() {
        return;
    }
    let runner = harness.runner();
    let script = "sleep 1000 & echo $! >a; setsid sleep 1000 & echo $! >b; echo ready";
    let spec = Program::Shell(script.to_owned()).spec("forks");
    assert_eq!(run(&*runner, &spec).await.outcome, Outcome::Code(0));
    assert_processes_gone(&*runner, "forks").await;
    let spec = Program::Shell(format!("{script}; sleep 1000")).spec("lost-forks");
    start_and_wait_until_ready(&*runner, &spec).await;
    harness.kill_supervisor("lost-forks").await;
    assert_eq!(wait(&*runner, "lost-forks").await.reason, ExitReason::Lost);
    assert_processes_gone(&*runner, "lost-forks").await;
}

async fn assert_processes_gone(runner: &dyn Runner, id: &str) {
    let ml = runner.prepare(id).await.expect("its folder").ml();
    for name in ["a", "b"] {
        let pid = std::fs::read_to_string(ml.join(name)).expect("its process id");
        let pid = pid.trim().parse().expect("a number");
        let alive = crate::kernel::process(pid).is_some_and(|process| !process.is_dead);
        assert!(!alive, "{id}: process {name} ({pid}) is alive");
    }
}

/// A job that writes without end fills the log to its limit only, and its last lines are kept.
pub async fn flood_is_bounded(harness: &dyn Harness) {
    if !harness.runs_processes() {
        return;
    }
    let runner = harness.runner();
    let script = "yes 0123456789012345678901234567890 | head -c 40000000; echo; echo last";
    let mut spec = Program::Shell(script.to_owned()).spec("flood");
    spec.log.max_total_bytes = 1_000_000;
    let exit = run(&*runner, &spec).await;
    assert_eq!((exit.outcome, exit.log_error), (Outcome::Code(0), None));
    let lines = all_lines(&*runner, "flood").await;
    let bytes: usize = lines.iter().map(|line| line.text.len()).sum();
    assert!(bytes < 1_100_000, "{bytes} bytes");
    assert_eq!(lines.last().map(|line| line.text.as_str()), Some("last"));
    assert_eq!(lines.iter().filter(|line| line.stream == LogStream::Supervisor).count(), 2);
}

/// The job sees the environment and the working directory that were asked for, and no more.
pub async fn environment(harness: &dyn Harness) {
    if !harness.runs_processes() {
        return;
    }
    let runner = harness.runner();
    let mut spec = Program::Shell("env | sort; pwd".to_owned()).spec("environment");
    spec.env.insert("GREETING".to_owned(), "good day\nworld".to_owned());
    spec.inherit_env = vec!["PATH".to_owned(), "NOT_SET_ANYWHERE".to_owned()];
    spec.working_directory = Some("/".into());
    run(&*runner, &spec).await;
    let text: Vec<String> =
        all_lines(&*runner, "environment").await.into_iter().map(|line| line.text).collect();
    let names: Vec<&str> = text.iter().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    let wanted = ["GREETING", "PATH", "PWD", "REFIT_JOB", "REFIT_OPT_ML", PROGRAM_VARIABLE];
    assert!(wanted.iter().all(|name| names.contains(name)), "{names:?}");
    let allowed = |name: &&str| wanted.contains(name) || matches!(*name, "_" | "SHLVL" | "OLDPWD");
    assert!(names.iter().all(allowed), "{names:?}");
    assert_eq!(text.last().map(String::as_str), Some("/"));
}

/// The job finds its tree at `/opt/ml`, or is told where it is; the host is left as it was.
pub async fn opt_ml(harness: &dyn Harness) {
    if !harness.runs_processes() {
        return;
    }
    let runner = harness.runner();
    let had_opt_ml = Path::new("/opt/ml").exists();
    let script = "mkdir /opt/ml/model && echo $M >/opt/ml/model/m && pwd && ls /opt && hostname \
                  && cat /etc/hosts && echo $$";
    let mut spec = Program::Shell(script.to_owned()).spec("opt-ml");
    spec.mount_opt_ml = true;
    spec.hostname = Some("algo-1".to_owned());
    spec.env.insert("M".to_owned(), "/opt/ml/model".to_owned());
    let exit = run(&*runner, &spec).await;
    let ml = runner.prepare("opt-ml").await.expect("its folder").ml();
    let lines: Vec<String> =
        all_lines(&*runner, "opt-ml").await.into_iter().map(|line| line.text).collect();
    assert_eq!(exit.outcome, Outcome::Code(0), "{exit:?} {lines:?}");
    let model = std::fs::read_to_string(ml.join("model/m")).expect("the job wrote it");
    if matches!(exit.opt_ml, OptMl::PrivateMount | OptMl::UserNamespace) {
        assert_eq!((model.trim(), lines[0].as_str()), ("/opt/ml/model", "/opt/ml"));
        assert!(lines.iter().any(|line| line == "algo-1"), "{lines:?}");
        assert!(lines.iter().any(|line| line == "127.0.0.1 algo-1"), "{lines:?}");
        for entry in std::fs::read_dir("/opt").into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            assert!(lines.contains(&name), "{name} of /opt is hidden: {lines:?}");
        }
    } else {
        assert_eq!(Path::new(model.trim()), ml.join("model"));
    }
    assert_eq!(Path::new("/opt/ml").exists(), had_opt_ml);
}

/// What is hidden from a job it can neither see nor spoil; its own folder and what is shown it can use.
pub async fn hidden_folders(harness: &dyn Harness) {
    if !harness.runs_processes() {
        return;
    }
    let runner = harness.runner();
    let own = runner.prepare("hidden").await.expect("a folder");
    let top = own.path().parent().expect("the folder of all jobs").to_owned();
    for (name, file) in [("secret", "records"), ("shown", "tool")] {
        std::fs::create_dir_all(top.join(name)).expect("a folder");
        std::fs::write(top.join(name).join(file), "x").expect("a file");
    }
    let script = format!(
        "cd {}; ls; cat shown/tool >{}/ml/copy; echo z >shown/tool; cat shown/tool; rm -r secret; rm -r hidden/ml/input; echo y >new; \
         cat /proc/mounts >/opt/ml/mounts",
        top.display(),
        own.path().display()
    );
    std::fs::create_dir_all(own.ml().join("input")).expect("a folder");
    let mut spec = Program::Shell(script).spec("hidden");
    spec.mount_opt_ml = true;
    spec.hidden =
        Some(crate::Hidden { folder: top.clone(), shown: vec![top.join("shown"), "/none".into()] });
    let exit = run(&*runner, &spec).await;
    if !matches!(exit.opt_ml, OptMl::PrivateMount | OptMl::UserNamespace) {
        println!("LEFT OUT: {:?}", exit.opt_ml);
        return;
    }
    let lines = all_lines(&*runner, "hidden").await;
    let told: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    assert!(told.contains(&"hidden") && told.contains(&"shown"), "{told:?}");
    assert!(!told.contains(&"secret"), "{told:?}");
    assert_eq!(std::fs::read_to_string(top.join("secret/records")).expect("it is there"), "x");
    assert!(!top.join("new").exists() && !own.ml().join("input").exists(), "{told:?}");
    assert_eq!(std::fs::read_to_string(own.ml().join("copy")).expect("it was copied"), "x");
    assert!(told.iter().any(|line| line.contains("Read-only")), "{told:?}");
    assert!(told.contains(&"z"), "it may change what it is shown: {told:?}");
    let mounts = std::fs::read_to_string(own.ml().join("mounts")).expect("it was copied");
    if mounts.lines().any(|line| line.starts_with("overlay ") && line.contains("/shown ")) {
        let outside = std::fs::read_to_string(top.join("shown/tool")).expect("it is there");
        assert_eq!(outside, "x", "and changes it for itself");
    }
    runner.remove("hidden").await.expect("all of it can be removed");
    assert!(!own.path().exists());
}

/// Makes one test per case of the suite.
#[macro_export]
macro_rules! runner_conformance {
    ($harness:expr $(, $argument:meta)*) => {
        $crate::runner_conformance!(@each $harness, ($($argument),*):
            exit_codes output_order missing_program stop grace_then_kill max_runtime
            start_is_idempotent made_ready states remove_and_list discard server_restart
            supervisor_killed
            no_process_is_left flood_is_bounded environment opt_ml hidden_folders);
    };
    (@each $harness:expr, $arguments:tt: $($case:ident)*) => {
        $($crate::runner_conformance!(@one $harness, $arguments, $case);)*
    };
    (@one $harness:expr, ($($argument:meta),*), $case:ident) => {
        #[tokio::test($($argument),*)]
        async fn $case() {
            $crate::testing::$case(&$harness).await;
        }
    };
}
