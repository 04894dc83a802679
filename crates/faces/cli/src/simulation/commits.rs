//! For each machine and each of its commits: the server dies there, and what comes of the execution is what comes of it when
//! nothing dies.

use super::machines::{self, execution_arn, machine_arn};
use super::seeds::{Bug, Storm, describe, drain, history, sure};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use store::memory::Crash;

/// What came of one execution.
#[derive(Debug, PartialEq)]
struct Came {
    status: String,
    output: Value,
    effects: BTreeMap<String, usize>,
    history: Vec<String>,
    jobs: usize,
}

/// How and when a server dies, and how long its disk takes for a commit.
type Death = (u64, Crash, Duration);

/// Nothing dies.
const NEVER: Death = (u64::MAX / 2, Crash::BeforeWriting, Duration::ZERO);
/// A disk that takes its time: much happens while a commit is on its way.
const SLOW: Duration = Duration::from_millis(30);

/// Plays one execution whose server dies at its so-many-th commit; answers what came of it, and whether a server died.
async fn play(machine: &'static str, (commit, crash, disk): Death) -> (Came, bool) {
    let mut storm = Storm::begin(0, Bug::None).await;
    storm.is_steady = true;
    storm.world.store.delay_commits(disk);
    let input = json!({
        "stateMachineArn": machine_arn(machine), "name": "one",
        "input": machines::input(machine).to_string(),
    });
    sure(&mut storm, "events", "DisableRule", json!({"Name": "often"})).await;
    storm.world.store.crash_at_commit(commit, crash);
    // Whoever got no answer asks again: the same name and input are the same execution.
    while storm.ask("states", "StartExecution", input.clone()).await.is_none() {}
    for _ in 0..22 {
        storm.rest(Duration::from_secs(20)).await;
        storm.work().await;
    }
    let has_crashed = storm.deaths > 0;
    storm.world.store.crash_at_commit(u64::MAX / 2, Crash::BeforeWriting);
    let arn = execution_arn(machine, "one");
    let described = describe(&mut storm, &arn).await;
    let output = described["output"].as_str().unwrap_or("null");
    let kinds = history(&mut storm, &arn).await;
    let came = Came {
        status: described["status"].as_str().unwrap_or_default().to_owned(),
        output: serde_json::from_str(output).unwrap_or_default(),
        effects: drain(&mut storm).await,
        history: kinds.iter().map(|e| e["type"].as_str().unwrap_or_default().to_owned()).collect(),
        jobs: storm.jobs_started(),
    };
    (came, has_crashed)
}

async fn check(machine: &'static str) {
    let (calm, _) = play(machine, NEVER).await;
    assert_eq!(calm.status, "SUCCEEDED", "{machine}: {calm:?}");
    if let Some(wanted) = machines::output(machine) {
        assert_eq!(calm.output, wanted, "{machine}");
    }
    assert!(calm.effects.values().all(|times| *times == 1), "{machine}: {:?}", calm.effects);
    let crashes = [Crash::BeforeWriting, Crash::AfterWriting];
    for (crash, disk) in crashes.into_iter().flat_map(|it| [(it, Duration::ZERO), (it, SLOW)]) {
        for commit in 1.. {
            let (stormy, has_crashed) = play(machine, (commit, crash, disk)).await;
            let mut stormy_sorted = stormy.history.clone();
            let mut calm_sorted = calm.history.clone();
            // Branches that run side by side may take turns another way.
            if ["fan", "items"].contains(&machine) {
                stormy_sorted.sort();
                calm_sorted.sort();
            }
            let what = format!("{machine}: a crash at commit {commit}, {crash:?}, disk {disk:?}");
            // A worker whose server dies after it has given the task away, and before it says so, never hears of the task.
            if machine != "activity" || crash == Crash::BeforeWriting {
                assert_eq!(stormy_sorted, calm_sorted, "{what}");
            }
            assert_eq!(Came { history: Vec::new(), ..stormy }, calm.without_history(), "{what}");
            if !has_crashed {
                assert!(commit > 2, "{machine}: {commit} commits");
                break;
            }
        }
    }
}

impl Came {
    fn without_history(&self) -> Self {
        Self {
            status: self.status.clone(),
            output: self.output.clone(),
            effects: self.effects.clone(),
            history: Vec::new(),
            jobs: self.jobs,
        }
    }
}

macro_rules! machines {
    ($($test:ident $machine:literal),+ $(,)?) => {
        $(#[tokio::test(start_paused = true)]
        async fn $test() {
            check($machine).await;
        })+
    };
}

machines! {
    a_line_survives_a_crash_at_any_commit "line",
    a_parallel_survives_a_crash_at_any_commit "fan",
    a_map_survives_a_crash_at_any_commit "items",
    a_task_token_survives_a_crash_at_any_commit "token",
    an_activity_survives_a_crash_at_any_commit "activity",
    a_child_survives_a_crash_at_any_commit "child",
}
