//! Executions from start to end, without crashes.

use std::sync::Arc;
use std::time::Duration;

use driver::{Error, TaskFailure};
use engine::{MachineKind, Status};
use serde_json::{Value, json};
use store::{Batch, Expect, MemoryStore, Store as _};

use crate::common::{EXECUTION, Life, MACHINE, ORIGIN_MS, World, machine};

fn task(resource: &str, fields: Value) -> Value {
    let mut state = json!({
        "Type": "Task",
        "Resource": format!("arn:aws:states:::{resource}"),
        "Parameters": { "after": 1 },
        "End": true,
    });
    state.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    state
}

fn wait(seconds: u64) -> String {
    machine("W", json!({ "W": { "Type": "Wait", "Seconds": seconds, "End": true } }))
}

fn pass() -> String {
    machine("P", json!({ "P": { "Type": "Pass", "End": true } }))
}

async fn event_types(life: &Life, arn: &str) -> Vec<String> {
    let page = life.executions.history(arn, 0, 1000, false).await.unwrap();
    page.events.iter().map(engine::HistoryEvent::type_name).collect()
}

async fn streams(life: &Life) -> usize {
    let mut rows = 0;
    life.kit.store.replay(&mut |_| rows += 1).await.unwrap();
    rows
}

async fn sleep(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_never_waits_takes_one_commit() {
    let (life, world, store) = Life::fresh().await;
    let before = store.commits();
    life.start("x", &pass(), json!({ "a": 1 })).await.unwrap();
    let record = life.executions.wait_finished(EXECUTION).await.unwrap();
    assert_eq!((record.status, record.output), (Status::Succeeded, Some(json!({ "a": 1 }).into())));
    assert_eq!((record.stop_ms, record.events), (Some(ORIGIN_MS), 4));
    assert_eq!(streams(&life).await, 0);
    assert_eq!(store.commits(), before + 1);
    sleep(1).await;
    assert_eq!(*world.announced.lock().unwrap(), ["x RUNNING", "x SUCCEEDED"]);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_used_once() {
    let (life, _, _) = Life::fresh().await;
    life.start("x", &wait(10), json!({})).await.unwrap();
    let again = life.start("x", &wait(10), json!({})).await;
    assert!(matches!(again, Err(store::Error::Conflict { .. })), "{again:?}");
    assert_eq!(life.executions.live_count(), 1);
    life.executions.wait_finished(EXECUTION).await.unwrap();
    let again = life.start("x", &pass(), json!({})).await;
    assert!(matches!(again, Err(store::Error::Conflict { .. })), "{again:?}");
}

#[tokio::test(start_paused = true)]
async fn one_that_waits_long_is_a_record_until_it_is_due() {
    let (life, world, store) = Life::fresh().await;
    for name in ["x", "y"] {
        life.start(name, &wait(86_400), json!({ "a": 1 })).await.unwrap();
    }
    assert_eq!((life.executions.live_count(), streams(&life).await), (0, 0));
    assert_eq!(life.executions.asleep_count().await.unwrap(), 2);
    assert_eq!(event_types(&life, EXECUTION).await, ["ExecutionStarted", "WaitStateEntered"]);
    // After a crash it takes no part in recovery, is found when it is stopped, and wakes when it is due.
    let now_ms = life.clock.now_ms() + 1000;
    let life = Life::begin(Arc::new(store.snapshot()), &world, now_ms).await;
    assert_eq!(life.executions.live_count(), 0);
    let other = EXECUTION.replace(":x", ":y");
    let stopped_ms = life.executions.stop(&other, None, None).await.unwrap();
    assert_eq!(stopped_ms, now_ms);
    let record = life.executions.wait_finished(&other).await.unwrap();
    assert_eq!((record.status, record.events), (Status::Aborted, 3));
    let record = life.executions.wait_finished(EXECUTION).await.unwrap();
    assert_eq!((record.status, record.events), (Status::Succeeded, 4));
    assert_eq!(record.stop_ms, Some(ORIGIN_MS + 86_400_000));
    assert_eq!((life.executions.live_count(), streams(&life).await), (0, 0));
    assert_eq!(life.executions.asleep_count().await.unwrap(), 0);
}

/// After a restart nobody else gets the log of one that slept.
#[tokio::test(start_paused = true)]
async fn who_wakes_takes_nobody_elses_log() {
    let (life, world, store) = Life::fresh().await;
    let sleeper = machine(
        "W",
        json!({
            "W": { "Type": "Wait", "Seconds": 600, "Next": "V" },
            "V": { "Type": "Wait", "Seconds": 100, "End": true },
        }),
    );
    for number in 0..5 {
        life.start(&format!("sleeper-{number}"), &sleeper, json!({})).await.unwrap();
    }
    let disk = store.snapshot();
    let life = Life::begin(Arc::new(disk.clone()), &world, ORIGIN_MS + 1000).await;
    sleep(590).await;
    for number in 0..9 {
        life.start(&format!("awake-{number}"), &wait(299), json!({})).await.unwrap();
    }
    sleep(50).await;
    assert_eq!(life.executions.live_count(), 14, "the sleepers have woken beside the others");
    let now_ms = life.clock.now_ms();
    let life = Life::begin(Arc::new(disk.snapshot()), &world, now_ms).await;
    for name in (0..9).map(|n| format!("awake-{n}")).chain((0..5).map(|n| format!("sleeper-{n}"))) {
        let arn = EXECUTION.replace(":x", &format!(":{name}"));
        let record = life.executions.wait_finished(&arn).await.unwrap();
        assert_eq!(record.status, Status::Succeeded, "{name}: {:?}", record.cause);
    }
}

#[tokio::test(start_paused = true)]
async fn waits_and_is_seen_waiting() {
    let (life, _, _) = Life::fresh().await;
    life.start("x", &wait(86_400 * 300), json!({})).await.unwrap();
    let record = life.executions.describe(EXECUTION).await.unwrap();
    assert_eq!(record.status, Status::Running);
    let types = event_types(&life, EXECUTION).await;
    assert_eq!(types, ["ExecutionStarted", "WaitStateEntered"]);
    let record = life.executions.wait_finished(EXECUTION).await.unwrap();
    assert_eq!(record.stop_ms, Some(ORIGIN_MS + 86_400_000 * 300));
    assert_eq!(life.executions.live_count(), 0);
    assert_eq!(streams(&life).await, 0);
    let types = event_types(&life, EXECUTION).await;
    assert_eq!(types[2..], ["WaitStateExited", "ExecutionSucceeded"]);
}

#[tokio::test(start_paused = true)]
async fn tasks_of_every_kind() {
    let (life, world, _) = Life::fresh().await;
    let token = json!({ "Parameters": { "after": 5, "token.$": "$$.Task.Token" } });
    for (name, state, seconds, output) in [
        ("request", task("sns:publish", json!({})), 1, json!({ "done": "t0-1-0" })),
        (
            "sync",
            task("sagemaker:createTrainingJob.sync", json!({})),
            1,
            json!({ "done": "t0-1-0" }),
        ),
        ("token", task("sqs:sendMessage.waitForTaskToken", token), 5, json!({ "token": 1 })),
        (
            "lambda",
            task("x", json!({ "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f" })),
            1,
            json!({ "done": "t0-1-0" }),
        ),
    ] {
        let start_ms = life.clock.now_ms();
        life.start(name, &machine("T", json!({ "T": state })), json!({})).await.unwrap();
        let arn = EXECUTION.replace(":x", &format!(":{name}"));
        let record = tokio::select! {
            record = life.executions.wait_finished(&arn) => record.unwrap(),
            () = life.give_tokens_back(&world) => unreachable!(),
        };
        assert_eq!(record.status, Status::Succeeded, "{name}: {record:?}");
        assert_eq!(record.output.unwrap().value(), &output, "{name}");
        let took_ms = record.stop_ms.unwrap() - start_ms;
        assert!((seconds * 1000..seconds * 1000 + 501).contains(&took_ms), "{name}: {took_ms}");
        let submitted = event_types(&life, &arn).await.contains(&"TaskSubmitted".to_owned());
        assert_eq!(submitted, name == "sync" || name == "token", "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn failures_reach_the_execution() {
    let (life, _, _) = Life::fresh().await;
    for (name, parameters, error) in [
        ("error", json!({ "error": "Oh.No" }), "Oh.No"),
        ("panic", json!({ "panic": true }), "States.Runtime"),
    ] {
        let state = task("sns:publish", json!({ "Parameters": parameters }));
        life.start(name, &machine("T", json!({ "T": state })), json!({})).await.unwrap();
        let arn = EXECUTION.replace(":x", &format!(":{name}"));
        let record = life.executions.wait_finished(&arn).await.unwrap();
        assert_eq!((record.status, record.error.as_deref()), (Status::Failed, Some(error)));
    }
}

#[tokio::test(start_paused = true)]
async fn stopping_stops_jobs_and_timers() {
    let (life, world, _) = Life::fresh().await;
    let slow = json!({ "Parameters": { "after": 1000 }, "TimeoutSeconds": 500 });
    let state = task("sagemaker:createTrainingJob.sync", slow);
    life.start("x", &machine("T", json!({ "T": state })), json!({})).await.unwrap();
    sleep(10).await;
    let stopped = life.executions.stop(EXECUTION, Some("E".into()), Some("C".into())).await;
    assert_eq!(stopped.unwrap(), ORIGIN_MS + 10_000);
    let record = life.executions.describe(EXECUTION).await.unwrap();
    assert_eq!((record.status, record.error.as_deref()), (Status::Aborted, Some("E")));
    sleep(5000).await;
    assert_eq!(*world.cancelled.lock().unwrap(), [format!("{EXECUTION}#t0-1-0")]);
    let again = life.executions.stop(EXECUTION, None, None).await.unwrap();
    assert_eq!(again, ORIGIN_MS + 10_000, "stopping twice is harmless");
    let unknown = life.executions.stop("arn:x", None, None).await;
    assert!(matches!(unknown, Err(Error::ExecutionDoesNotExist(_))));
    assert_eq!(streams(&life).await, 0);
}

/// The machine's only event after its start comes after a second, in a commit that takes a second: in the middle of it the
/// execution is asked to stop.
async fn check_stopped_while_ending(meanwhile: impl FnOnce(&MemoryStore)) -> Result<i64, Error> {
    let (life, _, store) = Life::fresh().await;
    life.start("x", &wait(1), json!({})).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    store.delay_commits(Duration::from_secs(1));
    meanwhile(&store);
    sleep(1).await;
    let stopping = life.executions.stop(EXECUTION, None, None);
    let answer = tokio::time::timeout(Duration::from_mins(1), stopping).await;
    let answer = answer.expect("who asks to stop what is ending is answered");
    if answer.is_err() {
        let again = life.executions.stop(EXECUTION, None, None).await;
        assert!(again.is_err(), "what was not stopped is said to be: {again:?}");
    }
    answer
}

#[tokio::test(start_paused = true)]
async fn what_is_ending_can_be_stopped() {
    let stopped = check_stopped_while_ending(|_| {}).await;
    assert_eq!(stopped.unwrap(), ORIGIN_MS + 1000);
    let stopped = check_stopped_while_ending(|store| {
        store.fail_commit(1, store::Error::Full { path: "memory".into() });
    });
    assert_eq!(stopped.await.unwrap(), ORIGIN_MS + 1000);
    let stopped = check_stopped_while_ending(|store| store.fail_commit(1, store::Error::Closed));
    assert!(matches!(stopped.await, Err(Error::Store(store::Error::Closed))));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_stops_the_job() {
    let (life, world, _) = Life::fresh().await;
    let slow = json!({ "Parameters": { "after": 1000 }, "TimeoutSeconds": 5 });
    let state = task("sagemaker:createTrainingJob.sync", slow);
    life.start("x", &machine("T", json!({ "T": state })), json!({})).await.unwrap();
    let record = life.executions.wait_finished(EXECUTION).await.unwrap();
    assert_eq!((record.status, record.error.as_deref()), (Status::Failed, Some("States.Timeout")));
    assert_eq!(record.stop_ms, Some(ORIGIN_MS + 5000));
    sleep(5000).await;
    assert_eq!(world.cancelled.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_checked() {
    let (life, world, _) = Life::fresh().await;
    let parameters = json!({ "after": 100, "token.$": "$$.Task.Token" });
    let state = task(
        "sqs:sendMessage.waitForTaskToken",
        json!({ "Parameters": parameters, "HeartbeatSeconds": 30 }),
    );
    life.start("x", &machine("T", json!({ "T": state })), json!({})).await.unwrap();
    sleep(1).await;
    let token = world.tokens.lock().unwrap().keys().next().unwrap().clone();
    let executions = &life.executions;
    for wrong in ["", "x", "é", &token[..20]] {
        let answer = executions.task_heartbeat(wrong).await;
        assert!(matches!(answer, Err(Error::InvalidToken)), "{wrong:?}: {answer:?}");
    }
    for _ in 0..5 {
        sleep(20).await;
        executions.task_heartbeat(&token).await.unwrap();
    }
    executions.task_failed(&token, TaskFailure::new("E", "C")).await.unwrap();
    let record = executions.wait_finished(EXECUTION).await.unwrap();
    assert_eq!((record.status, record.error.as_deref()), (Status::Failed, Some("E")));
    let late = executions.task_succeeded(&token, json!(1).into()).await;
    assert!(matches!(late, Err(Error::TaskTimedOut)), "{late:?}");
}

const ACTIVITY: &str = "arn:aws:states:us-east-1:000000000000:activity:a";

fn activity() -> String {
    let state =
        json!({ "Type": "Task", "Resource": ACTIVITY, "HeartbeatSeconds": 60, "End": true });
    machine("A", json!({ "A": state }))
}

#[tokio::test(start_paused = true)]
async fn activities() {
    let (life, _, _) = Life::fresh().await;
    let executions = &life.executions;
    let minute = Duration::from_mins(1);
    let none = executions.next_activity_task(ACTIVITY, None, minute).await.unwrap();
    assert_eq!((none, life.clock.now_ms()), (None, ORIGIN_MS + 60_000));

    // A worker waits already; one that has gone away gets nothing.
    let gone = tokio::time::timeout(
        Duration::from_secs(1),
        executions.next_activity_task(ACTIVITY, None, minute),
    );
    assert!(gone.await.is_err());
    let polling = executions.next_activity_task(ACTIVITY, Some("w".into()), minute);
    let definition = activity();
    let starting = life.start("x", &definition, json!({ "n": 1 }));
    let (polled, started) = tokio::join!(polling, starting);
    started.unwrap();
    let task = polled.unwrap().unwrap();
    assert_eq!(task.input.value(), &json!({ "n": 1 }));
    executions.task_succeeded(&task.task_token, json!({ "n": 2 }).into()).await.unwrap();
    let record = executions.wait_finished(EXECUTION).await.unwrap();
    assert_eq!(record.output.unwrap().value(), &json!({ "n": 2 }));

    // Tasks wait, in order; one that has been given up is passed over.
    for name in ["a", "b", "c"] {
        life.start(name, &activity(), json!(name)).await.unwrap();
    }
    sleep(1).await;
    let arn = |name: &str| EXECUTION.replace(":x", &format!(":{name}"));
    executions.stop(&arn("a"), None, None).await.unwrap();
    for name in ["b", "c"] {
        let task = executions.next_activity_task(ACTIVITY, None, minute).await.unwrap().unwrap();
        assert_eq!(task.input.value(), &json!(name));
    }
    let late = executions.wait_finished(&arn("b")).await.unwrap();
    assert_eq!(late.error.as_deref(), Some("States.Timeout"), "no heartbeat came");
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_fails_for_a_moment_loses_no_activity_task() {
    let (life, _, store) = Life::fresh().await;
    life.start("x", &activity(), json!({})).await.unwrap();
    sleep(1).await;
    for number in 1..=2 {
        store.fail_commit(number, store::Error::Full { path: "memory".into() });
    }
    let executions = &life.executions;
    let task = executions.next_activity_task(ACTIVITY, None, Duration::from_secs(9)).await;
    let token = task.unwrap().expect("the task is this worker's").task_token;
    executions.task_succeeded(&token, json!({}).into()).await.unwrap();
    let record = executions.wait_finished(EXECUTION).await.unwrap();
    assert_eq!(record.status, Status::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_one_that_cannot_be_woken_hears_of_it() {
    let (life, world, store) = Life::fresh().await;
    life.start("x", &wait(1000), json!({})).await.unwrap();
    let mut damage = Batch::new();
    damage.remove_prefixes.push(("states/definition".to_owned(), String::new()));
    store.commit(damage).await.unwrap();
    let life = Life::begin(Arc::new(store.snapshot()), &world, ORIGIN_MS + 1000).await;
    let waiting = life.executions.wait_finished(EXECUTION);
    let record = tokio::time::timeout(Duration::from_hours(1), waiting).await;
    assert_eq!(record.expect("somebody tells").unwrap().status, Status::Failed);
}

#[tokio::test(start_paused = true)]
async fn lists_and_histories() {
    let (life, _, _) = Life::fresh().await;
    let executions = &life.executions;
    for number in 0..5 {
        life.start(&format!("p{number}"), &pass(), json!({})).await.unwrap();
        sleep(1).await;
        life.start(&format!("w{number}"), &wait(1000), json!({})).await.unwrap();
        sleep(1).await;
    }
    let names = |page: &driver::ListPage| -> Vec<String> {
        page.executions.iter().map(|record| record.identity.name.to_string()).collect()
    };
    let first = executions.list(MACHINE, None, None, 3).await.unwrap();
    assert_eq!(names(&first), ["w4", "p4", "w3"]);
    let second = executions.list(MACHINE, None, first.next.as_deref(), 100).await.unwrap();
    assert_eq!(names(&second), ["p3", "w2", "p2", "w1", "p1", "w0", "p0"]);
    assert_eq!(second.next, None);
    let running = executions.list(MACHINE, Some(Status::Running), None, 100).await.unwrap();
    assert_eq!(names(&running), ["w4", "w3", "w2", "w1", "w0"]);
    let done = executions.list(MACHINE, Some(Status::Succeeded), None, 1).await.unwrap();
    assert_eq!(names(&done), ["p4"]);
    let other = executions.list(&MACHINE[..MACHINE.len() - 1], None, None, 9).await.unwrap();
    assert_eq!(names(&other), [""; 0], "another machine's name may be the beginning of this one's");

    let arn = EXECUTION.replace(":x", ":p0");
    let ids = |page: &driver::HistoryPage| -> Vec<u64> {
        page.events.iter().map(|event| event.id).collect()
    };
    let first = executions.history(&arn, 0, 3, false).await.unwrap();
    assert_eq!((ids(&first), first.next), (vec![1, 2, 3], Some(3)));
    let last = executions.history(&arn, 3, 3, false).await.unwrap();
    assert_eq!((ids(&last), last.next), (vec![4], None));
    let reverse = executions.history(&arn, 1, 2, true).await.unwrap();
    assert_eq!((ids(&reverse), reverse.next), (vec![3, 2], Some(3)));
    let beyond = executions.history(&arn, usize::MAX, usize::MAX, true).await.unwrap();
    assert_eq!((ids(&beyond), beyond.next), (vec![], None));
}

#[tokio::test(start_paused = true)]
async fn long_histories_are_kept_apart_and_found() {
    let (life, _, store) = Life::fresh().await;
    let input = json!({ "text": "x".repeat(10_000) });
    life.start("x", &pass(), input.clone()).await.unwrap();
    assert!(store.get("states/history", EXECUTION).await.unwrap().is_some());
    let page = life.executions.history(EXECUTION, 0, 100, false).await.unwrap();
    assert_eq!(page.events.len(), 4);
    let record = life.executions.describe(EXECUTION).await.unwrap();
    assert_eq!(record.identity.input.value(), &input);
    let definition = life.executions.definition(&record.definition).await.unwrap();
    assert_eq!(definition, pass());
}

#[tokio::test(start_paused = true)]
async fn what_is_common_is_stored_once_and_old_records_are_read() {
    let (life, _, store) = Life::fresh().await;
    life.start("x", &pass(), json!({ "n": 1 })).await.unwrap();
    let body = store.get("states/execution", EXECUTION).await.unwrap().unwrap().body;
    let stored: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&stored["v"], stored.get("identity")), (&json!(2), None));
    let common = store.get("states/common", stored["common"].as_str().unwrap()).await.unwrap();
    assert!(common.is_some());
    let (new, events) = (
        life.executions.describe(EXECUTION).await.unwrap(),
        life.executions.history(EXECUTION, 0, 100, false).await.unwrap().events,
    );
    // As earlier versions wrote it: everything in the record, and events by name.
    let old = json!({
        "v": 1, "identity": new.identity, "attributes": new.attributes, "status": "SUCCEEDED",
        "output": "{\"n\":1}", "stop_ms": new.stop_ms, "redrive_count": 0,
        "definition": new.definition, "events": events.len(), "history": events,
    });
    let mut batch = Batch::new();
    batch.put("states/execution", EXECUTION, &old, Expect::Any);
    store.commit(batch).await.unwrap();
    assert_eq!(life.executions.describe(EXECUTION).await.unwrap(), new);
    let page = life.executions.history(EXECUTION, 0, 100, false).await.unwrap();
    assert_eq!(page.events, events);
}

#[tokio::test(start_paused = true)]
async fn executions_of_an_earlier_form_are_found() {
    let (life, world, store) = Life::fresh().await;
    life.start("x", &pass(), json!({ "n": 1 })).await.unwrap();
    let before = life.executions.list(MACHINE, None, None, 9).await.unwrap();
    assert_eq!(before.executions.len(), 1);
    // As form 1 had it: found by the machine's ARN, and nothing is said about the form.
    let found = store.get("states/execution", EXECUTION).await.unwrap().unwrap();
    let body: Value = serde_json::from_slice(&found.body).unwrap();
    let mut batch = Batch::new();
    let index = vec![("machine", format!("{MACHINE}\n{ORIGIN_MS:015}"))];
    batch.put_indexed("states/execution", EXECUTION, &body, index, Expect::Any);
    batch.remove("states/form", "executions", Expect::Any);
    store.commit(batch).await.unwrap();
    assert_eq!(life.executions.list(MACHINE, None, None, 9).await.unwrap().executions.len(), 0);
    for _ in 0..2 {
        let life = Life::begin(Arc::new(store.clone()), &world, ORIGIN_MS).await;
        assert_eq!(life.executions.list(MACHINE, None, None, 9).await.unwrap(), before);
        let succeeded = Some(Status::Succeeded);
        assert_eq!(life.executions.list(MACHINE, succeeded, None, 9).await.unwrap(), before);
        let running = Some(Status::Running);
        assert!(
            life.executions.list(MACHINE, running, None, 9).await.unwrap().executions.is_empty()
        );
        assert_eq!(life.executions.history(EXECUTION, 0, 9, false).await.unwrap().events.len(), 4);
    }
    // A later refit's data is not touched.
    let mut batch = Batch::new();
    batch.put("states/form", "executions", &json!({ "v": 99 }), Expect::Any);
    store.commit(batch).await.unwrap();
    assert!(life.executions.recover().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn express_executions_leave_nothing() {
    let (life, world, store) = Life::fresh().await;
    let before = store.commits();
    let state = task("sns:publish", json!({}));
    let definition = machine("T", json!({ "T": state }));
    let spec = life.spec("x", &definition, json!({}), MachineKind::Express);
    let record = life.executions.run_express(spec.clone()).await.unwrap();
    assert_eq!(record.status, Status::Succeeded);
    assert_eq!(record.output.unwrap().value(), &json!({ "done": "t0-1-0" }));
    let start = life.executions.start(spec).unwrap();
    assert!(start.batch.is_empty() && start.work.is_empty());
    (start.after)();
    sleep(5).await;
    assert_eq!(world.requests.lock().unwrap().values().map(|(_, times)| times).sum::<u32>(), 2);
    assert_eq!(store.commits(), before);
}

#[tokio::test(start_paused = true)]
async fn definitions_with_errors_are_refused() {
    let (life, _, _) = Life::fresh().await;
    for definition in ["", "{}", "{\"StartAt\": \"A\", \"States\": {}}"] {
        let spec = life.spec("x", definition, json!({}), MachineKind::Standard);
        let refused = life.executions.start(spec);
        assert!(matches!(refused, Err(Error::Definition(_))), "{definition}");
    }
}

/// Nobody sees anything before it is durable, and a disk that is full for a while loses nothing.
#[tokio::test(start_paused = true)]
async fn a_full_disk_only_delays() {
    let (life, world, store) = Life::fresh().await;
    let definition = machine(
        "M",
        json!({ "M": {
            "Type": "Map",
            "End": true,
            "ItemsPath": "$.items",
            "ItemProcessor": { "StartAt": "T", "States": { "T": task("sns:publish", json!({ "Parameters": { "after.$": "$" } })) } },
        } }),
    );
    life.start("x", &definition, json!({ "items": [1, 2, 2, 3, 4] })).await.unwrap();
    let full = store::Error::Full { path: "/".into() };
    for number in 1..4 {
        store.fail_commit(number, full.clone());
    }
    store.delay_commits(Duration::from_millis(700));
    sleep(1).await;
    // The first result has come; its commit has failed.
    tokio::time::sleep(Duration::from_millis(750)).await;
    assert!(!event_types(&life, EXECUTION).await.contains(&"TaskSucceeded".to_owned()));
    let record = life.executions.wait_finished(EXECUTION).await.unwrap();
    assert_eq!(record.status, Status::Succeeded);
    assert_eq!(world.requests.lock().unwrap().len(), 5);
    let found =
        Life::begin(Arc::new(store.snapshot()), &Arc::new(World::default()), ORIGIN_MS).await;
    assert_eq!(found.executions.describe(EXECUTION).await.unwrap(), record);
    let ids: Vec<u64> = found
        .executions
        .history(EXECUTION, 0, 1000, false)
        .await
        .unwrap()
        .events
        .iter()
        .map(|event| event.id)
        .collect();
    let wanted: Vec<u64> = (1..=record.events).collect();
    assert_eq!(ids, wanted, "the history has no gap");
}

/// After a failed commit the log holds a row for the whole execution: it must come back from that.
#[tokio::test(start_paused = true)]
async fn recovers_from_a_log_with_a_failed_commit() {
    let (life, world, store) = Life::fresh().await;
    let definition = machine(
        "A",
        json!({
            "A": { "Type": "Wait", "Seconds": 1, "Next": "B" },
            "B": { "Type": "Wait", "Seconds": 1, "Next": "C" },
            "C": { "Type": "Wait", "Seconds": 100, "End": true },
        }),
    );
    life.start("x", &definition, json!({})).await.unwrap();
    store.fail_commit(1, store::Error::Full { path: "/".into() });
    sleep(10).await;
    let before = event_types(&life, EXECUTION).await;
    let second = Life::begin(Arc::new(store.snapshot()), &world, ORIGIN_MS + 20_000).await;
    assert_eq!(second.executions.live_count(), 1);
    assert_eq!(event_types(&second, EXECUTION).await, before);
    let record = second.executions.wait_finished(EXECUTION).await.unwrap();
    assert_eq!(record.status, Status::Succeeded);
    assert_eq!(record.stop_ms.map(|ms| (ms - ORIGIN_MS) / 1000), Some(102));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_set_aside_alone() {
    let (life, world, store) = Life::fresh().await;
    for name in ["good", "x", "lost"] {
        life.start(name, &wait(100), json!({})).await.unwrap();
    }
    // The second one's log gets a row that is none; the third one's log gets lost.
    let damage = store::Batch {
        appends: vec![store::Append { stream: 2, body: b"\xff".to_vec() }],
        drop_streams: vec![3],
        ..store::Batch::new()
    };
    store.commit(damage).await.unwrap();
    let damaged = store.snapshot();
    for round in 0..2 {
        let life = Life::begin(Arc::new(damaged.clone()), &world, ORIGIN_MS + 1000).await;
        assert_eq!(life.executions.live_count(), 1);
        for name in ["x", "lost"] {
            let arn = EXECUTION.replace(":x", &format!(":{name}"));
            let record = life.executions.describe(&arn).await.unwrap();
            assert_eq!(record.status, Status::Failed, "{name}");
            assert_eq!(record.error.as_deref(), Some("States.Runtime"));
            assert!(record.set_aside.unwrap().starts_with("E10"), "{name} {round}");
            assert_eq!(
                life.executions.stop(&arn, None, None).await.unwrap(),
                record.stop_ms.unwrap()
            );
        }
        let page = life.executions.history(EXECUTION, 0, 10, false).await.unwrap();
        assert_eq!(page.events.len(), 2, "what could be read is kept");
    }
    let life = Life::begin(Arc::new(damaged.clone()), &world, ORIGIN_MS + 1000).await;
    let arn = EXECUTION.replace(":x", ":good");
    assert_eq!(life.executions.wait_finished(&arn).await.unwrap().status, Status::Succeeded);
}
