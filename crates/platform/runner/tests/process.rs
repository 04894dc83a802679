//! The process runner passes the suite with real processes.

#![allow(clippy::unwrap_used)]

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use runner::testing::{Harness, Program};
use runner::{Error, JobState, OptMl, ProcessRunner, Runner};

#[path = "support/scratch.rs"]
mod scratch;

struct Processes {
    folder: PathBuf,
}

impl Processes {
    fn new() -> Self {
        Self { folder: scratch::folder("process") }
    }

    fn supervisor_pid(&self, id: &str) -> Pid {
        let text = std::fs::read_to_string(self.folder.join(id).join("supervisor.pid")).unwrap();
        Pid::from_raw(text.trim().parse().unwrap())
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        // A test that failed half-way must not leave its jobs behind.
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if !entry.path().join("exit.json").exists()
                && let Ok(text) = std::fs::read_to_string(entry.path().join("supervisor.pid"))
            {
                kill(Pid::from_raw(text.trim().parse().unwrap()), Signal::SIGKILL).ok();
            }
        }
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

#[async_trait]
impl Harness for Processes {
    fn runner(&self) -> Arc<dyn Runner> {
        let supervisor = vec![OsString::from(env!("CARGO_BIN_EXE_test-supervisor"))];
        Arc::new(ProcessRunner::new(&self.folder, supervisor).unwrap())
    }

    fn runs_processes(&self) -> bool {
        true
    }

    async fn kill_supervisor(&self, id: &str) {
        kill(self.supervisor_pid(id), Signal::SIGKILL).unwrap();
    }
}

runner::runner_conformance!(Processes::new());

#[tokio::test]
async fn the_end_is_told_soon() {
    let harness = Processes::new();
    let runner = harness.runner();
    let mut slowest_ms = 0;
    for number in 0..10 {
        let id = format!("quick-{number}");
        runner.start(&Program::Wait.spec(&id)).await.unwrap();
        let (exit, stopped) = tokio::join!(runner.wait(&id), runner.stop(&id));
        stopped.unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        slowest_ms =
            slowest_ms.max(i64::try_from(now.as_millis()).unwrap() - exit.unwrap().ended_ms);
    }
    println!("the slowest end was told after {slowest_ms} ms");
    assert!(slowest_ms < 1000, "told after {slowest_ms} ms");
}

/// Changes a record as if it had been written during another boot of the machine.
fn before_a_restart(file: &std::path::Path, more: &[(&str, &str)]) {
    let mut text = std::fs::read_to_string(file).unwrap();
    let at = text.find("\"boot_id\": \"").unwrap() + "\"boot_id\": \"".len();
    text.replace_range(at..=at, "x");
    for (from, to) in more {
        assert!(text.contains(from), "{text}");
        text = text.replace(from, to);
    }
    std::fs::write(file, text).unwrap();
}

#[tokio::test]
async fn an_end_that_a_power_cut_overtook_is_none() {
    let harness = Processes::new();
    let doubtful = [("\"is_on_disk\": true", "\"is_on_disk\": false")];
    let cases = [
        ("whole", Some(&[][..]), true),
        ("doubtful", Some(&doubtful[..]), false),
        ("empty", None, false),
    ];
    for (id, change, is_trusted) in cases {
        let runner = harness.runner();
        runner.start(&Program::Exit(0).spec(id)).await.unwrap();
        assert!(runner.wait(id).await.unwrap().is_success());
        // A supervisor that is asked to end does not wait for the server to take the folder away.
        let exit = harness.folder.join(id).join("exit.json");
        kill(harness.supervisor_pid(id), Signal::SIGTERM).unwrap();
        while !std::fs::read_to_string(&exit).unwrap().contains("\"is_on_disk\": true") {
            tokio::task::yield_now().await;
        }
        match change {
            Some(change) => before_a_restart(&exit, change),
            None => std::fs::write(&exit, "").unwrap(),
        }
        let found = harness.runner().wait(id).await.unwrap();
        assert_eq!(found.is_success(), is_trusted, "{id}: {found:?}");
        assert_eq!(found.reason == runner::ExitReason::MachineRestarted, !is_trusted, "{id}");
        assert_eq!(harness.runner().wait(id).await.unwrap(), found, "{id}: it stays so");
    }
}

#[tokio::test]
async fn a_job_of_before_a_restart_is_told_so() {
    let harness = Processes::new();
    let runner = harness.runner();
    runner.start(&Program::Wait.spec("cut")).await.unwrap();
    assert!(runner.wait_log("cut", 0).await.unwrap());
    before_a_restart(&harness.folder.join("cut/status.json"), &[]);
    harness.kill_supervisor("cut").await;
    let exit = runner.wait("cut").await.unwrap();
    assert_eq!(exit.reason, runner::ExitReason::MachineRestarted);
}

/// Its notes may not have reached the disk: then the lock's mark tells.
#[tokio::test]
async fn a_job_whose_status_is_lost_is_told_the_boot_by_its_lock() {
    let harness = Processes::new();
    let cases = [
        ("killed", None, runner::ExitReason::Lost),
        ("cut", Some("another boot"), runner::ExitReason::MachineRestarted),
        ("cut-early", Some(""), runner::ExitReason::MachineRestarted),
    ];
    for (id, mark, reason) in cases {
        let runner = harness.runner();
        runner.start(&Program::Wait.spec(id)).await.unwrap();
        assert!(runner.wait_log(id, 0).await.unwrap());
        let folder = harness.folder.join(id);
        std::fs::remove_file(folder.join("status.json")).unwrap();
        if let Some(mark) = mark {
            std::fs::write(folder.join("supervisor.lock"), mark).unwrap();
        }
        harness.kill_supervisor(id).await;
        assert_eq!(runner.wait(id).await.unwrap().reason, reason, "{id}");
    }
}

/// The supervisors (and launchers) of a job, by their command lines.
fn waiting_processes(folder: &std::path::Path) -> Vec<i32> {
    let wanted = folder.to_string_lossy().into_owned();
    let pids = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &i32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|word| word == wanted.as_bytes())
    })
    .collect()
}

#[tokio::test]
async fn what_waits_for_its_turn_ends_with_the_server() {
    let harness = Processes::new();
    let mut spec = Program::Wait.spec("waits");
    (spec.mount_opt_ml, spec.limits.memory_bytes) = (true, Some(256 << 20));
    let runner = harness.runner();
    runner.make_ready(&spec).await.unwrap();
    let folder = harness.folder.join("waits");
    assert!(!waiting_processes(&folder).is_empty());
    drop(runner);
    let ended = tokio::time::timeout(Duration::from_mins(1), async {
        while !waiting_processes(&folder).is_empty() {
            tokio::task::yield_now().await;
        }
    });
    ended.await.unwrap();
    assert!(!folder.join("supervisor.pid").exists(), "it has not begun");
}

#[tokio::test]
async fn one_that_was_ready_and_is_gone_is_replaced() {
    let harness = Processes::new();
    let runner = harness.runner();
    let mut spec = Program::Lines(1).spec("replaced");
    spec.mount_opt_ml = true;
    runner.make_ready(&spec).await.unwrap();
    for pid in waiting_processes(&harness.folder.join("replaced")) {
        kill(Pid::from_raw(pid), Signal::SIGKILL).ok();
    }
    runner.start(&spec).await.unwrap();
    assert!(runner.wait("replaced").await.unwrap().is_success());
}

#[tokio::test]
async fn memory_has_a_limit_whoever_keeps_it() {
    let harness = Processes::new();
    let runner = harness.runner();
    println!("control groups: {:?}", runner::groups::available());
    // `tail` of one endless line keeps all of it; the shell would go on without it.
    let script = "tail -n 1 /dev/zero; echo survived; sleep 1000";
    // Started at once, or made ready with the same, another or no limit: what counts is what the start says.
    let limit = 64 << 20;
    let cases = [
        ("greedy", None),
        ("greedy-same", Some(Some(limit))),
        ("greedy-less", Some(Some(limit * 2))),
        ("greedy-more", Some(Some(limit / 2))),
        ("greedy-unknown", Some(None)),
    ];
    for (id, ready) in cases {
        let mut spec = Program::Shell(script.to_owned()).spec(id);
        spec.mount_opt_ml = true;
        if let Some(memory_bytes) = ready {
            spec.limits.memory_bytes = memory_bytes;
            runner.make_ready(&spec).await.unwrap();
        }
        (spec.limits.memory_bytes, spec.limits.vcpus) = (Some(limit), Some(1));
        runner.start(&spec).await.unwrap();
        let exit = runner.wait(id).await.unwrap();
        assert!(
            matches!(exit.reason, runner::ExitReason::MemoryExceeded { limit_bytes, .. } if limit_bytes == limit),
            "{id}: {exit:?}"
        );
        let groups = harness.folder.join(id).join("groups.json");
        if let Ok(text) = std::fs::read_to_string(groups) {
            let folder = text.split('"').find(|part| part.starts_with('/')).unwrap().to_owned();
            while PathBuf::from(&folder).exists() {
                tokio::task::yield_now().await;
            }
        }
    }
}

#[tokio::test]
async fn a_supervisor_that_cannot_start_is_told() {
    let harness = Processes::new();
    for argv in [vec!["/no/such/supervisor".into()], vec!["/bin/false".into()], vec![]] {
        let runner = ProcessRunner::new(&harness.folder, argv).unwrap();
        let started = runner.start(&Program::Exit(0).spec("never")).await;
        assert!(matches!(started, Err(Error::Supervisor { .. })), "{started:?}");
        assert_eq!(runner.state("never").await.unwrap(), JobState::Unknown);
    }
    let runner = harness.runner();
    runner.start(&Program::Exit(0).spec("never")).await.unwrap();
    assert!(runner.wait("never").await.unwrap().is_success(), "it can be started later");
}

#[tokio::test]
async fn a_supervisor_asked_to_end_stops_its_job_first() {
    let harness = Processes::new();
    let runner = harness.runner();
    runner.start(&Program::EndOnTerm(3).spec("shutdown")).await.unwrap();
    assert!(runner.wait_log("shutdown", 0).await.unwrap());
    kill(harness.supervisor_pid("shutdown"), Signal::SIGTERM).unwrap();
    let exit = runner.wait("shutdown").await.unwrap();
    assert_eq!(exit.reason, runner::ExitReason::Stopped);
}

#[tokio::test]
async fn a_supervisor_ends_when_its_folder_is_taken_away() {
    let harness = Processes::new();
    let runner = harness.runner();
    runner.start(&Program::Exit(0).spec("taken")).await.unwrap();
    let supervisor = harness.supervisor_pid("taken");
    runner.wait("taken").await.unwrap();
    assert!(kill(supervisor, None).is_ok(), "it waits for the server to take what the job left");
    runner.remove("taken").await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), async {
        while kill(supervisor, None).is_ok() {
            tokio::task::yield_now().await;
        }
    });
    ended.await.unwrap();
}

#[tokio::test]
async fn a_removed_job_is_not_waited_for() {
    let harness = Processes::new();
    let runner = harness.runner();
    runner.prepare("gone").await.unwrap();
    runner.remove("gone").await.unwrap();
    let waited = tokio::time::timeout(Duration::from_secs(5), runner.wait("gone")).await.unwrap();
    assert!(matches!(waited, Err(Error::UnknownJob(_))));
}

#[tokio::test]
async fn a_job_that_cannot_have_opt_ml_is_told_where_its_tree_is() {
    let harness = Processes::new();
    let runner = harness.runner();
    let script = "echo $M $SAGEMAKER_BASE_DIR >/opt/ml/model/m && pwd";
    let mut spec = Program::Shell(script.to_owned()).spec("fallback");
    spec.mount_opt_ml = true;
    // No kernel takes such a name, so the namespace is refused on every machine.
    spec.hostname = Some("x".repeat(500));
    spec.env.insert("M".to_owned(), "/opt/ml/model".to_owned());
    spec.working_directory = Some("/opt/ml/model/..".into());
    let ml = runner.prepare("fallback").await.unwrap().ml();
    std::fs::create_dir(ml.join("model")).unwrap();
    runner.start(&spec).await.unwrap();
    let exit = runner.wait("fallback").await.unwrap();
    assert!(exit.is_success(), "{exit:?}");
    assert!(matches!(&exit.opt_ml, OptMl::Environment { why } if why.contains("host name")));
    let told = std::fs::read_to_string(ml.join("model/m")).unwrap();
    assert_eq!(told.trim(), format!("{} {}", ml.join("model").display(), ml.display()));
}

#[tokio::test]
async fn this_kernel_gives_private_mounts() {
    let harness = Processes::new();
    let runner = harness.runner();
    let mut spec = Program::Exit(0).spec("private");
    spec.mount_opt_ml = true;
    runner.start(&spec).await.unwrap();
    // Not asserted: a kernel may refuse, and the suite passes either way.
    println!("{:?}", runner.wait("private").await.unwrap().opt_ml);
}
