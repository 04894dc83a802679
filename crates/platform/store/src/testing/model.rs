//! Random batches and questions, put to two stores that must agree.

use std::sync::Arc;

use super::Subject;
use crate::{Append, Batch, Error, Expect, Put, Remove, Scan, Store};

/// A repeatable sequence (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len() as u64) as usize]
    }
}

const KINDS: [&str; 2] = ["k", "k/x"];
const KEYS: [&str; 9] = ["", "a", "a/", "a/b", "a%", "ab", "b", "é", "\u{10ffff}"];
const INDEX_KEYS: [&str; 6] = ["", "1", "1:", "1:2", "2", "\u{10ffff}"];
const NAMES: [&str; 2] = ["i", "j"];

/// One change; expectations are chosen by what the store at hand holds.
#[derive(Debug, Clone)]
enum Change {
    Put {
        kind: &'static str,
        key: &'static str,
        body: String,
        index: Vec<(&'static str, String)>,
        expect: Wish,
    },
    Remove {
        kind: &'static str,
        key: &'static str,
        expect: Wish,
    },
    Check {
        kind: &'static str,
        key: &'static str,
        expect: Wish,
    },
    RemovePrefix {
        kind: &'static str,
        prefix: &'static str,
    },
    Append {
        stream: u64,
        body: String,
    },
    Drop {
        stream: u64,
    },
}

#[derive(Debug, Clone, Copy)]
enum Wish {
    Any,
    Absent,
    Present,
    Stale,
}

/// Puts `steps` random steps to both stores.
pub(super) async fn compare(left: &dyn Subject, right: &dyn Subject, seed: u64, steps: u64) {
    let mut random = Random(seed);
    let mut stores = (left.open(), right.open());
    for step in 0..steps {
        let what = format!("seed {seed}, step {step}");
        match random.below(20) {
            0 => {
                drop(stores);
                stores = (left.open(), right.open());
            }
            1..=8 => compare_scan(&stores, &mut random, &what).await,
            9 => compare_log(&stores, &mut random, &what).await,
            _ => {
                let count = 1 + random.below(4);
                let changes: Vec<Change> = (0..count).map(|_| change(&mut random, step)).collect();
                let answers = (run(&*stores.0, &changes).await, run(&*stores.1, &changes).await);
                assert_eq!(answers.0, answers.1, "{what}: {changes:?}");
            }
        }
    }
}

fn change(random: &mut Random, step: u64) -> Change {
    let (kind, key) = (random.of(&KINDS), random.of(&KEYS));
    let stream = random.below(4);
    let body = format!("\"{step}.{}\"", random.below(1000));
    match random.below(12) {
        0..=5 => {
            let expect = wish(random);
            let entries = random.below(3);
            let mut index = Vec::new();
            for _ in 0..entries {
                let entry = (random.of(&NAMES), random.of(&INDEX_KEYS).to_owned());
                if !index.contains(&entry) {
                    index.push(entry);
                }
            }
            Change::Put { kind, key, body, index, expect }
        }
        6 | 7 => Change::Remove { kind, key, expect: wish(random) },
        8 => Change::Check { kind, key, expect: wish(random) },
        9 => Change::RemovePrefix { kind, prefix: key },
        10 => Change::Append { stream, body },
        _ => Change::Drop { stream },
    }
}

fn wish(random: &mut Random) -> Wish {
    match random.below(8) {
        0 => Wish::Absent,
        1 | 2 => Wish::Present,
        3 => Wish::Stale,
        _ => Wish::Any,
    }
}

async fn run(store: &dyn Store, changes: &[Change]) -> Result<(), (String, String)> {
    let mut batch = Batch::new();
    for change in changes.iter().cloned() {
        match change {
            Change::Put { kind, key, body, index, expect } => {
                let expect = expectation(store, kind, key, expect).await;
                let (kind, key, body) = (kind.to_owned(), key.to_owned(), body.into_bytes());
                batch.puts.push(Put { kind, key, body, index, expect });
            }
            Change::Remove { kind, key, expect } => {
                let expect = expectation(store, kind, key, expect).await;
                batch.removes.push(Remove { kind: kind.to_owned(), key: key.to_owned(), expect });
            }
            Change::Check { kind, key, expect } => {
                let expect = expectation(store, kind, key, expect).await;
                batch.checks.push((kind.to_owned(), key.to_owned(), expect));
            }
            Change::RemovePrefix { kind, prefix } => {
                batch.remove_prefixes.push((kind.to_owned(), prefix.to_owned()));
            }
            Change::Append { stream, body } => {
                batch.appends.push(Append { stream, body: body.into_bytes() });
            }
            Change::Drop { stream } => batch.drop_streams.push(stream),
        }
    }
    match store.commit(batch).await {
        Ok(()) => Ok(()),
        Err(Error::Conflict { kind, key }) => Err((kind, key)),
        Err(error) => panic!("{error}"),
    }
}

async fn expectation(store: &dyn Store, kind: &str, key: &str, wish: Wish) -> Expect {
    let found = store.get(kind, key).await.expect("reading works").map(|record| record.version);
    match (wish, found) {
        (Wish::Any, _) => Expect::Any,
        (Wish::Absent, _) => Expect::Absent,
        (Wish::Present, Some(version)) => Expect::Version(version),
        (Wish::Stale, Some(version)) => Expect::Version(version.wrapping_sub(1)),
        (Wish::Present | Wish::Stale, None) => Expect::Version(1),
    }
}

async fn compare_scan(stores: &(Arc<dyn Store>, Arc<dyn Store>), random: &mut Random, what: &str) {
    let kind = random.of(&KINDS);
    let index = (random.below(2) == 0).then(|| random.of(&NAMES));
    let prefix = if index.is_some() { random.of(&INDEX_KEYS) } else { random.of(&KEYS) };
    let prefix = if random.below(2) == 0 { "" } else { prefix };
    let limit = 1 + random.below(4) as usize;
    let reverse = random.below(2) == 0;
    let mut after: Option<String> =
        (index.is_none() && random.below(3) == 0).then(|| random.of(&KEYS).to_owned());
    loop {
        let scan = Scan { kind, index, prefix, after: after.as_deref(), limit, reverse };
        let left = stores.0.scan(scan.clone()).await.expect("listing works");
        let right = stores.1.scan(scan.clone()).await.expect("listing works");
        let plain = |page: &crate::Page| -> Vec<_> {
            page.records.iter().map(|record| (record.key.clone(), record.body.clone())).collect()
        };
        assert_eq!(plain(&left), plain(&right), "{what}: {scan:?}");
        assert_eq!(left.next, right.next, "{what}: {scan:?}");
        match left.next {
            Some(next) => after = Some(next),
            None => return,
        }
    }
}

async fn compare_log(stores: &(Arc<dyn Store>, Arc<dyn Store>), random: &mut Random, what: &str) {
    let mut rows = (Vec::new(), Vec::new());
    stores.0.replay(&mut |row| rows.0.push(row)).await.expect("replaying works");
    stores.1.replay(&mut |row| rows.1.push(row)).await.expect("replaying works");
    assert_eq!(rows.0, rows.1, "{what}: replay");
    let stream = random.below(4);
    let left = stores.0.read_stream(stream).await.expect("reading works");
    let right = stores.1.read_stream(stream).await.expect("reading works");
    assert_eq!(left, right, "{what}: stream {stream}");
}
