//! The scripted runner passes the suite, in virtual time.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use runner::testing::{Harness, fake_script};
use runner::{FakeRunner, FakeScript, JobSpec, LogStream, Runner};
use tokio::time::Instant;

struct Fake {
    runner: FakeRunner,
    folder: PathBuf,
}

impl Fake {
    fn new(script: fn(&JobSpec) -> FakeScript) -> Self {
        let folder = scratch::folder("fake");
        let start = Instant::now();
        let clock = move || 1_000_000 + i64::try_from(start.elapsed().as_millis()).unwrap();
        Self { runner: FakeRunner::new(&folder, clock, script), folder }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

#[async_trait]
impl Harness for Fake {
    fn runner(&self) -> Arc<dyn Runner> {
        Arc::new(self.runner.clone())
    }

    fn runs_processes(&self) -> bool {
        false
    }

    async fn kill_supervisor(&self, id: &str) {
        self.runner.lose(id);
    }
}

#[path = "support/scratch.rs"]
mod scratch;

runner::runner_conformance!(Fake::new(fake_script), start_paused = true);

#[tokio::test(start_paused = true)]
async fn a_day_of_training_takes_no_time_and_leaves_its_files() {
    let fake = Fake::new(|_| {
        FakeScript::exits(86_400_000, 0)
            .line(1000, LogStream::Stdout, "[0]\ttrain-rmse:1")
            .file("model/xgboost-model", "{}")
    });
    fake.runner.start(&JobSpec::new("day", ["train"])).await.unwrap();
    let exit = fake.runner.wait("day").await.unwrap();
    assert_eq!((exit.started_ms, exit.ended_ms), (1_000_000, 87_400_000));
    let ml = fake.runner.prepare("day").await.unwrap().ml();
    assert_eq!(std::fs::read(ml.join("model/xgboost-model")).unwrap(), b"{}");
    let page = fake.runner.read_log("day", 0).await.unwrap();
    assert_eq!(page.lines[0].timestamp_ms, 1_001_000);
}
