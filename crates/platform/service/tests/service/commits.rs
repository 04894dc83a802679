//! Effect keys, conflicts, cancellation, panics, and what is acted on when.

use crate::world::World;
use futures_util::future::join_all;
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::memory::Crash;
use store::{Batch, Error, Expect, MemoryStore, Store};

fn conflict() -> Error {
    Error::Conflict { kind: "toy/count".to_owned(), key: "a".to_owned() }
}

#[tokio::test]
async fn a_keyed_call_takes_place_once() {
    let world = World::new();
    let input = json!({"Name": "a"});
    let first = world.keyed("Add", input.clone(), Some("k")).await.unwrap();
    assert_eq!(first, json!({"Count": 1}), "nulls are left out");
    for _ in 0..3 {
        assert_eq!(world.keyed("Add", input.clone(), Some("k")).await.unwrap(), first);
    }
    assert_eq!((world.count("a").await, world.runs()), (1, 1));
    // The caller may have lost the permission since; what took place stays true.
    world.clerk.admits.store(false, Ordering::SeqCst);
    assert_eq!(world.keyed("Add", input.clone(), Some("k")).await.unwrap(), first);
    assert_eq!(world.keyed("Add", input, Some("other")).await.unwrap_err().code, "AccessDenied");
}

#[tokio::test]
async fn keyed_calls_at_once_take_place_once() {
    let store = MemoryStore::new();
    store.delay_commits(Duration::from_millis(2));
    let world = World::over(store);
    let calls = (0..20).map(|_| world.keyed("Add", json!({"Name": "a"}), Some("k")));
    for answer in join_all(calls).await {
        assert_eq!(answer.unwrap(), json!({"Count": 1}));
    }
    assert_eq!(world.count("a").await, 1);
}

#[tokio::test]
async fn errors_are_not_remembered() {
    let world = World::new();
    for _ in 0..2 {
        let error = world.keyed("Fail", json!({}), Some("k")).await.unwrap_err();
        assert_eq!(error.code, "Refused");
    }
    assert_eq!(world.runs(), 2);
    world.keyed("Add", json!({"Name": "a"}), Some("k")).await.unwrap();
    assert_eq!(world.count("a").await, 1);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_not_taken_for_none() {
    let world = World::new();
    let mut batch = Batch::new();
    batch.put("effect", "k", &json!(1), Expect::Any);
    batch.puts[0].body = b"{".to_vec();
    world.store.commit(batch).await.unwrap();
    let error = world.keyed("Add", json!({"Name": "a"}), Some("k")).await.unwrap_err();
    assert_eq!((error.code.as_str(), world.runs()), ("InternalFailure", 0));
}

#[tokio::test]
async fn effects_are_forgotten_by_prefix() {
    let world = World::new();
    world.keyed("Add", json!({"Name": "a"}), Some("run/1")).await.unwrap();
    world.keyed("Add", json!({"Name": "a"}), Some("run/2")).await.unwrap();
    let mut batch = Batch::new();
    service::forget_effects(&mut batch, "run/1");
    world.store.commit(batch).await.unwrap();
    world.keyed("Add", json!({"Name": "a"}), Some("run/1")).await.unwrap();
    world.keyed("Add", json!({"Name": "a"}), Some("run/2")).await.unwrap();
    assert_eq!(world.count("a").await, 3);
}

#[tokio::test]
async fn conflicts_run_the_operation_again_and_end() {
    for (conflicts, keyed) in [(1, None), (3, Some("k")), (40, Some("k"))] {
        let world = World::new();
        (1..=conflicts).for_each(|number| world.store.fail_commit(number, conflict()));
        let answer = world.keyed("Add", json!({"Name": "a"}), keyed).await.unwrap();
        assert_eq!(answer, json!({"Count": 1}));
        assert_eq!(world.runs() as u64, conflicts + 1);
    }
    let world = World::new();
    (1..=1000).for_each(|number| world.store.fail_commit(number, conflict()));
    let error = world.call("Add", json!({"Name": "a"})).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("ServiceUnavailable", 503));
}

#[tokio::test]
async fn many_callers_of_one_record_all_succeed() {
    let store = MemoryStore::new();
    store.delay_commits(Duration::from_millis(1));
    let world = World::over(store);
    let calls = (0..300).map(|_| world.call("Add", json!({"Name": "a"})));
    let failed = join_all(calls).await.into_iter().filter(Result::is_err).count();
    assert_eq!((failed, world.count("a").await), (0, 300));
}

#[tokio::test]
async fn storage_failures_are_the_callers_error() {
    let world = World::new();
    world.store.fail_commit(1, Error::Full { path: "/data".into() });
    let error = world.call("Add", json!({"Name": "a"})).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("InternalFailure", 500));
    assert!(error.message.contains("full"), "{error}");
    assert_eq!(world.count("a").await, 0);
}

#[tokio::test]
async fn what_is_committed_is_acted_on_also_when_the_caller_is_gone() {
    let store = MemoryStore::new();
    store.delay_commits(Duration::from_millis(20));
    let world = World::over(store);
    let mut bell = world.kit.notices.subscribe("toy");
    let call = world.call("Later", json!({"Name": "n"}));
    tokio::time::timeout(Duration::from_millis(5), call).await.unwrap_err();
    bell.changed().await.unwrap();
    assert!(world.toy.acted.load(Ordering::SeqCst));
    assert_eq!(*world.queue.0.lock().unwrap(), ["-toy/work:old", "+toy/work:n"]);
    let record = world.store.get("work", "toy/work:n").await.unwrap();
    assert!(record.is_some());
}

#[tokio::test]
async fn nothing_is_acted_on_before_the_commit() {
    for crash in [Crash::BeforeWriting, Crash::AfterWriting] {
        let world = World::new();
        world.store.crash_at_commit(1, crash);
        let call = world.keyed("Later", json!({"Name": "n"}), Some("k"));
        tokio::select! {
            biased;
            () = world.store.crashed() => {}
            _ = call => panic!("answered without a commit"),
        }
        assert!(!world.toy.acted.load(Ordering::SeqCst));
        assert!(world.queue.0.lock().unwrap().is_empty());
        // After the restart the call is made again: once in all.
        let again = World::over(world.store.snapshot());
        again.keyed("Later", json!({"Name": "n"}), Some("k")).await.unwrap();
        let ran = usize::from(crash == Crash::BeforeWriting);
        assert_eq!(again.runs(), ran, "{crash:?}");
        assert!(again.store.get("work", "toy/work:n").await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_panic_is_that_calls_failure() {
    let world = World::new();
    let error = world.call("Break", json!({"Name": "x"})).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("InternalFailure", 500));
    world.call("Add", json!({"Name": "a"})).await.unwrap();
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let world = World::new();
    for operation in ["Nothing", "", "add"] {
        let error = world.call(operation, json!({})).await.unwrap_err();
        assert!(error.message.contains(operation), "{error}");
    }
    let error = world.call("Add", json!([1])).await.unwrap_err();
    assert_eq!(error.status, 400, "{error}");
    let look = world.call("Look", json!({})).await.unwrap();
    assert_eq!(look, json!({}));
}
