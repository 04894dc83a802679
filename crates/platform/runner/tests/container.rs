//! Jobs in containers pass the suite, where there is an engine and an image to run.
//!
//! `REFIT_TEST_ENGINE` names the engine (`unix:///run/podman/podman.sock`), `REFIT_TEST_IMAGE` an image with a shell,
//! `seq` and `sleep`. Without them these tests say that they were left out.

#![allow(clippy::unwrap_used)]

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use runner::testing::{Harness, Program};
use runner::{
    Container, Exit, ExitReason, JobFolder, JobSpec, JobState, LogPage, Outcome, ProcessRunner,
    Pull, Result, Runner,
};

#[path = "support/scratch.rs"]
mod scratch;

/// The engine and the image, when they are named.
fn engine() -> Option<(String, String)> {
    let named = (std::env::var("REFIT_TEST_ENGINE").ok(), std::env::var("REFIT_TEST_IMAGE").ok());
    if let (Some(engine), Some(image)) = named {
        return Some((engine, image));
    }
    println!("LEFT OUT: set REFIT_TEST_ENGINE and REFIT_TEST_IMAGE to test containers");
    None
}

/// Runs every job in a container.
struct Contained {
    inner: ProcessRunner,
    engine: String,
    image: String,
}

impl Contained {
    fn contained(&self, spec: &JobSpec) -> JobSpec {
        let mut spec = spec.clone();
        // The suite's check of empty programs is of programs that an image does not bring.
        if !spec.argv.is_empty() {
            spec.container.get_or_insert_with(|| Container {
                image: self.image.clone(),
                engine: self.engine.clone(),
                entrypoint: Some(Vec::new()),
                beside: Vec::new(),
                pull: Pull::Never,
                network: "none".to_owned(),
                cpu_thousandths: None,
                gpus: Vec::new(),
                shm_bytes: None,
            });
        }
        spec
    }
}

#[async_trait]
impl Runner for Contained {
    async fn prepare(&self, id: &str) -> Result<JobFolder> {
        self.inner.prepare(id).await
    }

    async fn make_ready(&self, spec: &JobSpec) -> Result<()> {
        self.inner.make_ready(&self.contained(spec)).await
    }

    async fn start(&self, spec: &JobSpec) -> Result<()> {
        self.inner.start(&self.contained(spec)).await
    }

    async fn state(&self, id: &str) -> Result<JobState> {
        self.inner.state(id).await
    }

    async fn wait(&self, id: &str) -> Result<Exit> {
        self.inner.wait(id).await
    }

    async fn stop(&self, id: &str) -> Result<()> {
        self.inner.stop(id).await
    }

    async fn read_log(&self, id: &str, from_offset: u64) -> Result<LogPage> {
        self.inner.read_log(id, from_offset).await
    }

    async fn wait_log(&self, id: &str, from_offset: u64) -> Result<bool> {
        self.inner.wait_log(id, from_offset).await
    }

    async fn discard(&self, id: &str) -> Result<()> {
        self.inner.discard(id).await
    }

    async fn remove(&self, id: &str) -> Result<()> {
        self.inner.remove(id).await
    }

    async fn list(&self) -> Result<Vec<String>> {
        self.inner.list().await
    }
}

struct Containers {
    folder: PathBuf,
    engine: String,
    image: String,
}

impl Containers {
    fn new() -> Option<Self> {
        let (engine, image) = engine()?;
        Some(Self { folder: scratch::folder("container"), engine, image })
    }
}

impl Drop for Containers {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

#[async_trait]
impl Harness for Containers {
    fn runner(&self) -> Arc<dyn Runner> {
        let supervisor = vec![OsString::from(env!("CARGO_BIN_EXE_test-supervisor"))];
        let inner = ProcessRunner::new(&self.folder, supervisor).unwrap();
        Arc::new(Contained { inner, engine: self.engine.clone(), image: self.image.clone() })
    }

    fn runs_processes(&self) -> bool {
        // They are the engine's, not ours to count.
        false
    }

    async fn kill_supervisor(&self, id: &str) {
        let text = std::fs::read_to_string(self.folder.join(id).join("supervisor.pid")).unwrap();
        kill(Pid::from_raw(text.trim().parse().unwrap()), Signal::SIGKILL).unwrap();
    }
}

macro_rules! suite {
    ($($case:ident)*) => {
        $(
            #[tokio::test]
            async fn $case() {
                if let Some(harness) = Containers::new() {
                    runner::testing::$case(&harness).await;
                }
            }
        )*
    };
}

suite!(exit_codes output_order stop grace_then_kill max_runtime start_is_idempotent made_ready
    states remove_and_list server_restart supervisor_killed);

#[tokio::test]
async fn a_container_sees_its_folder_its_variables_and_its_host() {
    let Some(harness) = Containers::new() else { return };
    let runner = harness.runner();
    let script = "echo $X >/opt/ml/model/x; cat /etc/hostname >/opt/ml/model/host; \
                  echo spoiled >/opt/ml/input/data/train/a || echo refused >/opt/ml/model/refused";
    let mut spec = Program::Shell(script.to_owned()).spec("sees");
    spec.mount_opt_ml = true;
    spec.hostname = Some("algo-1".to_owned());
    spec.env.insert("X".to_owned(), "seven".to_owned());
    spec.read_only.push("input/data/train".into());
    let ml = runner.prepare("sees").await.unwrap().ml();
    std::fs::create_dir_all(ml.join("model")).unwrap();
    std::fs::create_dir_all(ml.join("input/data/train")).unwrap();
    runner.start(&spec).await.unwrap();
    let exit = runner.wait("sees").await.unwrap();
    assert!(exit.is_success(), "{exit:?}");
    let said = |name: &str| std::fs::read_to_string(ml.join("model").join(name)).unwrap();
    assert_eq!((said("x").trim(), said("refused").trim()), ("seven", "refused"));
    assert_eq!(said("host").trim(), "algo-1");
}

#[tokio::test]
async fn a_container_has_the_memory_it_was_given() {
    let Some(harness) = Containers::new() else { return };
    let runner = harness.runner();
    let mut spec = Program::Shell("x=a; while :; do x=$x$x; done".to_owned()).spec("greedy");
    spec.limits.memory_bytes = Some(64 * 1024 * 1024);
    runner.start(&spec).await.unwrap();
    let exit = runner.wait("greedy").await.unwrap();
    assert_eq!((exit.outcome, exit.reason), (Outcome::Signal(9), ExitReason::Exited));
}

#[tokio::test]
async fn an_image_that_is_not_there_is_told() {
    let Some(harness) = Containers::new() else { return };
    let runner = harness.runner();
    let mut spec = Program::Exit(0).spec("no-image");
    spec.container = Some(Container {
        image: "localhost/refit-no-such-image:7".to_owned(),
        engine: harness.engine.clone(),
        entrypoint: None,
        beside: Vec::new(),
        pull: Pull::Never,
        network: "none".to_owned(),
        cpu_thousandths: None,
        gpus: Vec::new(),
        shm_bytes: None,
    });
    runner.start(&spec).await.unwrap();
    let exit = runner.wait("no-image").await.unwrap();
    assert!(
        matches!(&exit.reason, ExitReason::SpawnFailed(why) if why.contains("no-such-image")),
        "{exit:?}"
    );
}

#[tokio::test]
async fn a_program_that_is_not_in_the_image_is_told() {
    let Some(harness) = Containers::new() else { return };
    let runner = harness.runner();
    runner.start(&Program::Missing.spec("missing")).await.unwrap();
    let exit = runner.wait("missing").await.unwrap();
    // The engine's init tells of it, each in its own words.
    assert!(!exit.is_success() && !exit.stderr_tail.is_empty(), "{exit:?}");
}
