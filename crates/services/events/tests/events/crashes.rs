//! A server that dies at any commit: every firing and every event reaches every target once.

use crate::world::{ACCOUNT, REGION, START_MS, World, bus, calls, machine, pass, queue, role};
use serde_json::{Value, json};
use service::{Clock, OpenDoor, SystemClock};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::MemoryStore;
use store::memory::Crash;

const SECONDS: i64 = 200;

/// Lives until the end of the story; the first life dies at its `commit`-th commit. Answers how often each target was
/// called for each event time, and whether a life died.
fn story(commit: u64, crash: Crash) -> (BTreeMap<String, usize>, bool) {
    let mut store = MemoryStore::new();
    let mut now_ms = START_MS;
    let (mut life, mut has_crashed) = (0, false);
    loop {
        life += 1;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let died_ms = runtime.block_on(async {
            let clock = SystemClock::starting_at(now_ms);
            let world = World::begin(store.clone(), now_ms, life, Arc::new(OpenDoor)).await;
            if life == 1 {
                furnish(&world).await;
                store.crash_at_commit(commit, crash);
            }
            let left = u64::try_from(START_MS + SECONDS * 1000 - now_ms).unwrap_or(0) / 1000;
            tokio::select! {
                biased;
                () = store.crashed() => Some(clock.now_ms()),
                () = pass(left + 30) => None,
            }
        });
        match died_ms {
            Some(at_ms) => {
                (now_ms, has_crashed) = (at_ms, true);
                store = store.snapshot();
            }
            None => return (runtime.block_on(effects(&store)), has_crashed),
        }
    }
}

async fn furnish(world: &World) {
    world.ok("CreateEventBus", json!({"Name": "b"})).await;
    world.rule(json!({"Name": "often", "ScheduleExpression": "rate(1 minute)"}), json!([
        machine(), {"Id": "q", "Arn": queue("q")}, {"Id": "b", "Arn": bus("b"), "RoleArn": role()},
    ])).await;
    let topic = format!("arn:aws:sns:{REGION}:{ACCOUNT}:t");
    let pattern = json!({"source": ["aws.events"]}).to_string();
    world
        .rule(
            json!({"Name": "on", "EventBusName": "b", "EventPattern": pattern}),
            json!([{"Id": "t", "Arn": topic}]),
        )
        .await;
}

async fn effects(store: &MemoryStore) -> BTreeMap<String, usize> {
    let mut effects = BTreeMap::new();
    for call in calls(store).await {
        let input = &call["input"];
        let text = ["input", "MessageBody", "Message"]
            .iter()
            .find_map(|member| input[*member].as_str())
            .unwrap();
        let event: Value = serde_json::from_str(text).unwrap();
        *effects.entry(format!("{} {}", call["service"], event["time"])).or_insert(0) += 1;
    }
    effects
}

#[test]
fn every_firing_reaches_every_target_once() {
    let (calm, _) = story(u64::MAX / 2, Crash::BeforeWriting);
    assert_eq!(calm.len(), 9, "{calm:?}");
    assert!(calm.values().all(|times| *times == 1));
    for crash in [Crash::BeforeWriting, Crash::AfterWriting] {
        let mut commit = 1;
        loop {
            let (stormy, has_crashed) = story(commit, crash);
            assert_eq!(stormy, calm, "a crash at commit {commit}, {crash:?}");
            if !has_crashed {
                break;
            }
            commit += 1;
        }
        assert!(commit > 15, "{commit} commits");
    }
}
