//! Crashes at every commit: outcome and history are those of a life without any.

use std::sync::Arc;
use std::time::Duration;

use driver::ExecutionRecord;
use engine::HistoryEvent;
use serde_json::{Value, json};
use service::Clock as _;
use store::MemoryStore;
use store::memory::Crash;

use crate::common::{EXECUTION, Life, ORIGIN_MS, World, machine};

#[derive(Debug, PartialEq)]
struct Outcome {
    record: ExecutionRecord,
    history: Vec<HistoryEvent>,
    cancelled: Vec<String>,
    announced: Vec<String>,
    requests: Vec<String>,
    commits: u64,
}

enum LifeEnd {
    Finished(Box<ExecutionRecord>, Vec<HistoryEvent>),
    Crashed(i64),
}

/// One life on this store: starts the execution if it is not there, and waits for its end and what follows.
fn live(
    world: &Arc<World>,
    store: &MemoryStore,
    now_ms: i64,
    definition: &str,
    input: &Value,
) -> LifeEnd {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    // Dropped at the end, as a process is: nothing of this life goes on.
    runtime.unwrap().block_on(async {
        let clock = service::SystemClock::starting_at(now_ms);
        let story = async {
            let life = Life::begin(Arc::new(store.clone()), world, now_ms).await;
            if life.executions.describe(EXECUTION).await.is_err() {
                life.start("x", definition, input.clone()).await.unwrap();
            }
            let record = tokio::select! {
                record = life.executions.wait_finished(EXECUTION) => record.unwrap(),
                () = life.give_tokens_back(world) => unreachable!(),
            };
            // Work that the end made runs now.
            tokio::time::sleep(Duration::from_secs(1)).await;
            let page = life.executions.history(EXECUTION, 0, 100_000, false).await.unwrap();
            (record, page.events)
        };
        tokio::select! {
            biased;
            () = store.crashed() => LifeEnd::Crashed(clock.now_ms()),
            (record, history) = story => LifeEnd::Finished(Box::new(record), history),
        }
    })
}

/// Lives until the end; each life crashes at its `commit`-th commit, at most `crashes` times.
fn lives(definition: &str, input: &Value, commit: u64, crash: Crash, crashes: u32) -> Outcome {
    let world = Arc::new(World::default());
    let mut store = MemoryStore::new();
    let mut now_ms = ORIGIN_MS;
    for number in 0.. {
        if number < crashes {
            store.crash_at_commit(commit, crash);
        }
        match live(&world, &store, now_ms, definition, input) {
            LifeEnd::Crashed(at_ms) => {
                now_ms = at_ms;
                store = store.snapshot();
            }
            LifeEnd::Finished(record, history) => return outcome(&world, &store, *record, history),
        }
    }
    unreachable!("the loop has no end of its own")
}

fn outcome(
    world: &World,
    store: &MemoryStore,
    record: ExecutionRecord,
    history: Vec<HistoryEvent>,
) -> Outcome {
    let mut cancelled = world.cancelled.lock().unwrap().clone();
    cancelled.sort();
    cancelled.dedup();
    let mut announced = world.announced.lock().unwrap().clone();
    announced.sort();
    announced.dedup();
    let requests = world.requests.lock().unwrap().keys().cloned().collect();
    Outcome { record, history, cancelled, announced, requests, commits: store.commits() }
}

/// Crashes everywhere, and answers what a life without a crash came to.
fn check(name: &str, definition: &str, input: Value) -> Outcome {
    let calm = lives(definition, &input, 0, Crash::BeforeWriting, 0);
    assert_eq!(calm.announced.len(), 2, "{name}: {:?}", calm.announced);
    assert!(calm.commits >= 2, "{name}: {} commits", calm.commits);
    for crash in [Crash::BeforeWriting, Crash::AfterWriting] {
        for commit in 1..=calm.commits {
            let what = format!("{name}: one crash at commit {commit}, {crash:?}");
            same(&calm, lives(definition, &input, commit, crash, 1), &what);
        }
    }
    // Again and again: only lives that make progress end, so the commit is made before the crash.
    for commit in 1..=3 {
        let what = format!("{name}: a crash after every {commit} commits");
        same(&calm, lives(definition, &input, commit, Crash::AfterWriting, u32::MAX), &what);
    }
    calm
}

fn same(calm: &Outcome, stormy: Outcome, what: &str) {
    let stormy = Outcome { commits: calm.commits, ..stormy };
    for (left, right) in calm.history.iter().zip(&stormy.history) {
        assert_eq!(left, right, "{what}");
    }
    assert_eq!(*calm, stormy, "{what}");
}

fn task(resource: &str, parameters: Value, more: Value) -> Value {
    let mut state = json!({
        "Type": "Task",
        "Resource": format!("arn:aws:states:::{resource}"),
        "Parameters": parameters,
        "End": true,
    });
    state.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    state
}

#[test]
fn waits() {
    let states = json!({
        "A": { "Type": "Wait", "Seconds": 5, "Next": "B" },
        "B": { "Type": "Pass", "Result": { "b": 1 }, "Next": "C" },
        "C": { "Type": "Wait", "Seconds": 86_400, "End": true },
    });
    check("waits", &machine("A", states), json!({}));
}

#[test]
fn retries() {
    let retry = json!({
        "Retry": [{ "ErrorEquals": ["E"], "IntervalSeconds": 3, "MaxAttempts": 2, "BackoffRate": 2.0 }],
        "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "F" }],
    });
    let states = json!({
        "T": task("sns:publish", json!({ "after": 2, "error": "E" }), retry),
        "F": { "Type": "Wait", "Seconds": 1, "Next": "G" },
        "G": { "Type": "Fail", "Error": "Caught", "Cause": "it was" },
    });
    check("retries", &machine("T", states), json!({}));
}

#[test]
fn jobs_in_parallel() {
    let branch = |after: u32, resource: &str| {
        let name = format!("after {after}");
        let states = json!({ &name: task(resource, json!({ "after": after }), json!({})) });
        json!({ "StartAt": name, "States": states })
    };
    let states = json!({
        "P": {
            "Type": "Parallel",
            "Branches": [
                branch(3, "sagemaker:createTrainingJob.sync"),
                branch(1, "sns:publish"),
                { "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 2, "End": true } } },
            ],
            "End": true,
        },
    });
    check("parallel", &machine("P", states), json!({}));
}

#[test]
fn a_failing_branch_stops_the_others_job() {
    let states = json!({
        "P": {
            "Type": "Parallel",
            "Branches": [
                { "StartAt": "T", "States": {
                    "T": task("sagemaker:createTrainingJob.sync", json!({ "after": 100 }), json!({})),
                } },
                { "StartAt": "U", "States": {
                    "U": task("sns:publish", json!({ "after": 2, "error": "E" }), json!({})),
                } },
            ],
            "Catch": [{ "ErrorEquals": ["E"], "Next": "D" }],
            "End": true,
        },
        "D": { "Type": "Wait", "Seconds": 10, "End": true },
    });
    let calm = check("failing branch", &machine("P", states), json!({}));
    assert_eq!(calm.cancelled.len(), 1);
}

#[test]
fn maps() {
    let states = json!({
        "M": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "MaxConcurrency": 2,
            "ItemProcessor": { "StartAt": "W", "States": {
                "W": { "Type": "Wait", "SecondsPath": "$", "Next": "T" },
                "T": task("sns:publish", json!({ "after.$": "$" }), json!({})),
            } },
            "End": true,
        },
    });
    check("map", &machine("M", states), json!({ "items": [1, 3, 2, 4] }));
}

#[test]
fn timeouts() {
    let more = json!({
        "TimeoutSeconds": 4,
        "Catch": [{ "ErrorEquals": ["States.Timeout"], "Next": "D" }],
    });
    let states = json!({
        "T": task("sagemaker:createTrainingJob.sync", json!({ "after": 100 }), more),
        "D": { "Type": "Pass", "End": true },
    });
    let calm = check("timeout", &machine("T", states), json!({}));
    assert_eq!(calm.cancelled.len(), 1);
}

#[test]
fn tokens() {
    let parameters = json!({ "after": 7, "token.$": "$$.Task.Token" });
    let states = json!({
        "T": task("sqs:sendMessage.waitForTaskToken", parameters.clone(), json!({ "Next": "U" })),
        "U": task("sqs:sendMessage.waitForTaskToken", parameters, json!({ "HeartbeatSeconds": 30 })),
    });
    let mut states = states;
    states["T"].as_object_mut().unwrap().remove("End");
    check("tokens", &machine("T", states), json!({}));
}
