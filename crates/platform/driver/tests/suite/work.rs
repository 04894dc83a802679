//! Work runs when it is due, once, and what it decides counts only if the item is still the one that ran.

use std::sync::Arc;
use std::time::Duration;

use crate::common::{Life, ORIGIN_MS, World};
use serde_json::{Value, json};
use service::WorkItem;
use store::{Batch, Error, Expect, Store as _};

fn item(key: &str, due_seconds: i64, body: Value) -> WorkItem {
    WorkItem::new("states/test", key, "us-east-1", ORIGIN_MS + due_seconds * 1000, &body)
}

async fn schedule(life: &Life, items: &[WorkItem]) {
    let mut batch = Batch::new();
    for item in items {
        batch.put("work", item.record_key(), item, Expect::Any);
    }
    life.kit.store.commit(batch).await.unwrap();
    life.kit.queue().scheduled(items.to_vec());
}

async fn cancel(life: &Life, key: &str) {
    let mut batch = Batch::new();
    batch.remove("work", format!("states/test:{key}"), Expect::Any);
    life.kit.store.commit(batch).await.unwrap();
    life.kit.queue().cancelled(vec![("states/test".to_owned(), key.to_owned())]);
}

fn runs(world: &World) -> Vec<(String, i64)> {
    world.runs.lock().unwrap().iter().map(|(key, ms)| (key.clone(), ms / 1000)).collect()
}

fn wanted(list: &[(&str, i64)]) -> Vec<(String, i64)> {
    list.iter().map(|(key, seconds)| ((*key).to_owned(), *seconds)).collect()
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

async fn left(life: &Life) -> usize {
    life.kit.store.scan(store::Scan::of("work", "", 100)).await.unwrap().records.len()
}

#[tokio::test(start_paused = true)]
async fn runs_when_due_and_once() {
    let (life, world, _) = Life::fresh().await;
    schedule(
        &life,
        &[item("b", 20, json!({})), item("a", 10, json!({})), item("c", -5, json!({}))],
    )
    .await;
    // Announced twice: still one run.
    life.kit.queue().scheduled(vec![item("a", 10, json!({}))]);
    pass(5).await;
    assert_eq!(runs(&world), wanted(&[("c", 0)]));
    pass(100).await;
    assert_eq!(runs(&world), wanted(&[("c", 0), ("a", 10), ("b", 20)]));
    assert_eq!(left(&life).await, 0);
}

#[tokio::test(start_paused = true)]
async fn runs_again_when_it_says_so() {
    let (life, world, _) = Life::fresh().await;
    schedule(&life, &[item("a", 10, json!({ "every": 60, "times": 3 }))]).await;
    pass(1000).await;
    assert_eq!(runs(&world), wanted(&[("a", 10), ("a", 70), ("a", 130)]));
    assert_eq!(left(&life).await, 0);
    assert!(life.kit.store.get("test", "a-1").await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn cancelled_and_replaced() {
    let (life, world, _) = Life::fresh().await;
    let slow = json!({ "seconds": 30 });
    schedule(&life, &[item("cancelled", 10, json!({})), item("running", 10, slow.clone())]).await;
    schedule(&life, &[item("replaced", 10, slow), item("moved", 10, json!({}))]).await;
    pass(5).await;
    cancel(&life, "cancelled").await;
    schedule(&life, &[item("moved", 50, json!({}))]).await;
    pass(15).await;
    // Both run now: what these runs decide must not count.
    cancel(&life, "running").await;
    schedule(&life, &[item("replaced", 60, json!({ "times": 1 }))]).await;
    pass(25).await;
    assert!(life.kit.store.get("test", "running-1").await.unwrap().is_none());
    assert!(life.kit.store.get("test", "replaced-1").await.unwrap().is_none());
    assert_eq!(left(&life).await, 2, "the new ones are still there");
    pass(100).await;
    let expected = wanted(&[("running", 10), ("replaced", 10), ("moved", 50), ("replaced", 60)]);
    assert_eq!(runs(&world), expected);
    assert!(life.kit.store.get("test", "replaced-1").await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn one_at_a_time_per_key_and_others_go_on() {
    let (life, world, _) = Life::fresh().await;
    schedule(&life, &[item("long", 0, json!({ "seconds": 3600 }))]).await;
    pass(1).await;
    schedule(&life, &[item("long", 1, json!({})), item("short", 1, json!({}))]).await;
    pass(100).await;
    assert_eq!(runs(&world), wanted(&[("long", 0), ("short", 1)]));
    pass(4000).await;
    assert_eq!(runs(&world), wanted(&[("long", 0), ("short", 1), ("long", 3600)]));
}

#[tokio::test(start_paused = true)]
async fn failures_are_tried_again_with_growing_delays() {
    let (life, world, _) = Life::fresh().await;
    schedule(&life, &[item("a", 0, json!({ "fail": 11 })), item("p", 7, json!({ "panic": true }))])
        .await;
    pass(3600).await;
    let seconds: Vec<i64> =
        runs(&world).into_iter().filter(|(key, _)| key == "a").map(|(_, at)| at).collect();
    assert_eq!(seconds, [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811, 1111]);
    assert!(runs(&world).ends_with(&wanted(&[("a", 1111)])));
    assert_eq!(runs(&world).iter().filter(|(key, _)| key == "p").count(), 2);
    assert_eq!(left(&life).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_loses_nothing() {
    let (life, world, store) = Life::fresh().await;
    schedule(&life, &[item("a", 10, json!({}))]).await;
    for number in 1..=3 {
        store.fail_commit(number, Error::Full { path: "/".into() });
    }
    pass(60).await;
    // What a run has done outside is not done again because the disk was full.
    assert_eq!(runs(&world), wanted(&[("a", 10)]));
    assert!(life.kit.store.get("test", "a-1").await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_restart_loses_nothing() {
    let (life, world, store) = Life::fresh().await;
    schedule(&life, &[item("a", 10, json!({})), item("b", 20, json!({ "seconds": 60 }))]).await;
    schedule(&life, &[item("c", 200, json!({}))]).await;
    pass(30).await;
    let life = Life::begin(Arc::new(store.snapshot()), &world, ORIGIN_MS + 100_000).await;
    pass(200).await;
    // The first life goes on in this test: what counts is what the second one ran.
    let second: Vec<_> = runs(&world).into_iter().filter(|(_, at)| *at >= 100).collect();
    assert_eq!(second, wanted(&[("b", 100), ("c", 200), ("c", 200)]));
    assert_eq!(left(&life).await, 0);
}

#[tokio::test(start_paused = true)]
async fn unreadable_and_unknown_items_harm_nobody() {
    let (life, world, store) = Life::fresh().await;
    let mut batch = Batch::new();
    batch.put("work", "x", &"not an item", Expect::Any);
    let lost = WorkItem::new("nobody/test", "k", "us-east-1", ORIGIN_MS, &());
    batch.put("work", lost.record_key(), &lost, Expect::Any);
    store.commit(batch).await.unwrap();
    let again = Life::begin(Arc::new(store.snapshot()), &world, ORIGIN_MS).await;
    schedule(&again, &[item("a", 1, json!({}))]).await;
    pass(10).await;
    assert_eq!(runs(&world), wanted(&[("a", 1)]));
    assert_eq!(left(&again).await, 2, "they wait for somebody who knows them");
    drop(life);
}
