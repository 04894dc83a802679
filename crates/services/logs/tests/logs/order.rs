//! Whatever the order of appends, reads are in the order of time: compared with a sorted list.

use crate::world::{START_MS, World, messages};
use serde_json::{Value, json};
use std::sync::Arc;
use store::SqliteStore;

/// A small generator of numbers, the same for a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// An event as it was put: time, the stream, how manieth.
type Put = (i64, &'static str, usize);

/// Appends at random and keeps account. `disorder_ms`: how far an append may lie before the latest.
async fn fill(
    world: &World,
    dice: &mut Dice,
    streams: &[&'static str],
    disorder_ms: u64,
) -> Vec<Put> {
    let mut all: Vec<Put> = Vec::new();
    let mut latest_ms = 0;
    for _ in 0..60 {
        let stream = streams[dice.below(streams.len() as u64) as usize];
        let back_ms = if dice.below(3) == 0 { dice.below(disorder_ms + 1) as i64 } else { 0 };
        let mut ms = (latest_ms - back_ms).max(0);
        let mut events = Vec::new();
        for _ in 0..=dice.below(12) {
            let size = if dice.below(8) == 0 { 7_000 } else { 10 };
            events.push((ms, format!("{}{}", all.len(), " ".repeat(size))));
            all.push((ms, stream, all.len()));
            ms += dice.below(4) as i64;
        }
        latest_ms = latest_ms.max(events.last().unwrap().0);
        let events: Vec<(i64, &str)> = events.iter().map(|(ms, m)| (*ms, m.as_str())).collect();
        world.put("g", stream, &events).await;
    }
    all
}

fn numbers(page: &Value) -> Vec<usize> {
    messages(page).iter().map(|message| message.trim_end().parse().unwrap()).collect()
}

/// Reads all pages, forwards or backwards.
async fn read_all(
    world: &World,
    stream: &str,
    range: (i64, i64),
    limit: u64,
    head: bool,
) -> Vec<usize> {
    let mut input = json!({
        "logGroupName": "g", "logStreamName": stream, "limit": limit, "startFromHead": head,
        "startTime": START_MS + range.0, "endTime": START_MS + range.1,
    });
    let mut all = Vec::new();
    loop {
        let page = world.call("GetLogEvents", input.clone()).await.unwrap();
        let found = numbers(&page);
        if found.is_empty() {
            return all;
        }
        if head {
            all.extend(found);
        } else {
            all.splice(0..0, found);
        }
        let token = if head { "nextForwardToken" } else { "nextBackwardToken" };
        input["nextToken"] = page[token].clone();
    }
}

async fn filter_all(world: &World, range: (i64, i64), limit: u64) -> Vec<usize> {
    let mut input = json!({
        "logGroupName": "g", "limit": limit,
        "startTime": START_MS + range.0, "endTime": START_MS + range.1 - 1,
    });
    let mut all = Vec::new();
    loop {
        let page = world.call("FilterLogEvents", input.clone()).await.unwrap();
        all.extend(numbers(&page));
        match page.get("nextToken") {
            Some(token) => input["nextToken"] = token.clone(),
            None => return all,
        }
    }
}

#[tokio::test]
async fn reads_are_in_the_order_of_time() {
    for seed in 0..18 {
        compare(&World::new(), seed).await;
    }
}

/// On disk, as in memory.
#[tokio::test]
async fn reads_from_disk_are_in_the_order_of_time() {
    let name = format!("refit-logs-{}", std::process::id());
    let directory = std::env::temp_dir().join(name);
    let store = SqliteStore::open(&directory).unwrap();
    compare(&World::over(Arc::new(store)), 5).await;
    std::fs::remove_dir_all(&directory).unwrap();
}

/// Fills the world at random and compares what reads answer with what was put.
async fn compare(world: &World, seed: u64) {
    let mut dice = Dice(seed);
    let streams: &[&'static str] = if seed.is_multiple_of(2) { &["s"] } else { &["s", "s/1", "t"] };
    let groups: Vec<(&str, &str)> = streams.iter().map(|stream| ("g", *stream)).collect();
    world.make(&groups).await;
    let disorder_ms = [0, 5, 200][seed as usize % 3];
    let mut all = fill(world, &mut dice, streams, disorder_ms).await;
    // A stable sort: what has the same time stays as it arrived.
    all.sort_by_key(|(ms, stream, _)| (*ms, *stream));
    let end_ms = all.last().unwrap().0 + 1;
    for _ in 0..3 {
        let from = dice.below(end_ms as u64) as i64;
        let range = (from, from + dice.below(end_ms as u64 + 10) as i64);
        let limit = 1 + dice.below(40);
        let wanted = |of: Option<&str>| -> Vec<usize> {
            all.iter()
                .filter(|(ms, stream, _)| {
                    (range.0..range.1).contains(ms) && of.is_none_or(|of| of == *stream)
                })
                .map(|(_, _, number)| *number)
                .collect()
        };
        let case = format!("seed {seed}, {range:?}, {limit} at a time");
        for stream in streams {
            for head in [true, false] {
                let found = read_all(world, stream, range, limit, head).await;
                assert_eq!(found, wanted(Some(stream)), "{case}, {stream}, from head {head}");
            }
        }
        assert_eq!(filter_all(world, range, limit).await, wanted(None), "{case}, filtered");
    }
}
