//! The store in memory: for tests, rehearsals and anything that need not outlive the process.
//!
//! It can be told to fail, to be full and to "crash": see [`MemoryStore::fail_commit`], [`MemoryStore::fill`] and
//! [`MemoryStore::crash_at_commit`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::keys::{id_cursor, prefix_end, read_id_cursor};
use crate::{Batch, CommitFuture, Error, Expect, LogRow, Page, Put, Record, Scan, Store};

/// Where a "crash" happens; see [`MemoryStore::crash_at_commit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// The commit is lost.
    BeforeWriting,
    /// The commit is durable, but nobody is told.
    AfterWriting,
}

/// Everything in memory behind one lock. Clones share the same content.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    content: Content,
    faults: Faults,
}

#[derive(Debug, Default)]
struct Faults {
    /// Commits so far, failed ones included.
    commits: u64,
    failures: BTreeMap<u64, Error>,
    crash: Option<(u64, Crash)>,
    crashed: bool,
    is_full: bool,
    bell: Arc<tokio::sync::Notify>,
    delay: Duration,
    is_behind: bool,
}

/// What is stored.
#[derive(Debug, Clone, Default)]
struct Content {
    version: u64,
    kinds: HashMap<String, Kind>,
    /// Numbers of all records; a new one gets the next after the greatest, as in the other implementation.
    ids: BTreeSet<i64>,
    next_row: u64,
    rows: BTreeMap<u64, LogRow>,
    streams: HashMap<u64, Vec<u64>>,
}

#[derive(Debug, Clone, Default)]
struct Kind {
    records: BTreeMap<String, Stored>,
    indexes: HashMap<&'static str, BTreeSet<(String, i64)>>,
    /// Keys of records by their numbers.
    keys: HashMap<i64, String>,
}

#[derive(Debug, Clone)]
struct Stored {
    id: i64,
    version: u64,
    body: Arc<[u8]>,
    index: Vec<(&'static str, String)>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// A store of its own with a copy of what is durable now: what a restart would find.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        let content = self.lock().content.clone();
        Self { shared: Arc::new(Mutex::new(Shared { content, faults: Faults::default() })) }
    }

    /// Commits asked for so far, failed ones included.
    pub fn commits(&self) -> u64 {
        self.lock().faults.commits
    }

    /// Makes the `number`-th commit from now fail with `error`; 1 is the next one.
    pub fn fail_commit(&self, number: u64, error: Error) {
        let mut shared = self.lock();
        let at = shared.faults.commits + number;
        shared.faults.failures.insert(at, error);
    }

    /// Makes every commit fail as on a full disk, or lets them work again.
    pub fn fill(&self, is_full: bool) {
        self.lock().faults.is_full = is_full;
    }

    /// "Crashes" at the `number`-th commit from now (1 is the next one): that commit and all later ones never resolve,
    /// and of them at most that one is written. Reads go on working.
    pub fn crash_at_commit(&self, number: u64, crash: Crash) {
        let mut shared = self.lock();
        let at = shared.faults.commits + number;
        shared.faults.crash = Some((at, crash));
    }

    /// True once the crash asked for has happened.
    pub fn has_crashed(&self) -> bool {
        self.lock().faults.crashed
    }

    /// Resolves when the crash asked for happens.
    pub async fn crashed(&self) {
        let bell = self.lock().faults.bell.clone();
        if !self.has_crashed() {
            bell.notified().await;
        }
    }

    /// Makes it say that more is waiting than should be, or no more.
    pub fn fall_behind(&self, is_behind: bool) {
        self.lock().faults.is_behind = is_behind;
    }

    /// Lets every commit take this long (on tokio's clock) until it resolves.
    pub fn delay_commits(&self, delay: Duration) {
        self.lock().faults.delay = delay;
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait::async_trait]
impl Store for MemoryStore {
    fn is_behind(&self) -> bool {
        self.lock().faults.is_behind
    }

    fn commit(&self, batch: Batch) -> CommitFuture {
        let mut shared = self.lock();
        shared.faults.commits += 1;
        let number = shared.faults.commits;
        if shared.faults.crashed {
            return Box::pin(std::future::pending());
        }
        if let Some((at, crash)) = shared.faults.crash
            && at == number
        {
            shared.faults.crashed = true;
            shared.faults.bell.notify_one();
            if crash == Crash::AfterWriting {
                // Whether the expectations held is told to nobody either.
                let _untold = shared.content.commit(batch);
            }
            return Box::pin(std::future::pending());
        }
        let result = match shared.faults.failures.remove(&number) {
            Some(error) => Err(error),
            None if shared.faults.is_full => Err(Error::Full { path: "memory".into() }),
            None => shared.content.commit(batch),
        };
        let delay = shared.faults.delay;
        if delay.is_zero() {
            return Box::pin(std::future::ready(result));
        }
        Box::pin(async move {
            tokio::time::sleep(delay).await;
            result
        })
    }

    async fn get(&self, kind: &str, key: &str) -> Result<Option<Record>, Error> {
        Ok(self.lock().content.get(kind, key).map(|stored| stored.record(key)))
    }

    async fn scan(&self, scan: Scan<'_>) -> Result<Page, Error> {
        let shared = self.lock();
        let Some(kind) = shared.content.kinds.get(scan.kind) else { return Ok(Page::default()) };
        Ok(match scan.index {
            None => kind.scan_keys(&scan),
            Some(name) => kind.scan_index(name, &scan),
        })
    }

    async fn replay(&self, visit: &mut (dyn FnMut(LogRow) + Send)) -> Result<(), Error> {
        let rows: Vec<LogRow> = self.lock().content.rows.values().cloned().collect();
        rows.into_iter().for_each(visit);
        Ok(())
    }

    async fn read_stream(&self, stream: u64) -> Result<Vec<LogRow>, Error> {
        let shared = self.lock();
        let rows = shared.content.streams.get(&stream).into_iter().flatten();
        Ok(rows.filter_map(|row| shared.content.rows.get(row).cloned()).collect())
    }
}

impl Content {
    fn get(&self, kind: &str, key: &str) -> Option<&Stored> {
        self.kinds.get(kind)?.records.get(key)
    }

    fn commit(&mut self, batch: Batch) -> Result<(), Error> {
        self.check(&batch)?;
        self.version += 1;
        for (kind, prefix) in batch.remove_prefixes {
            self.remove_prefix(&kind, &prefix);
        }
        for remove in batch.removes {
            if let Some(kind) = self.kinds.get_mut(&remove.kind)
                && let Some(id) = kind.remove(&remove.key)
            {
                self.ids.remove(&id);
            }
        }
        for put in batch.puts {
            self.put(put);
        }
        for append in batch.appends {
            let row = LogRow { stream: append.stream, body: append.body.into() };
            self.next_row += 1;
            self.streams.entry(row.stream).or_default().push(self.next_row);
            self.rows.insert(self.next_row, row);
        }
        for stream in batch.drop_streams {
            for row in self.streams.remove(&stream).unwrap_or_default() {
                self.rows.remove(&row);
            }
        }
        Ok(())
    }

    fn check(&self, batch: &Batch) -> Result<(), Error> {
        for (kind, key, expect) in batch.expectations() {
            let found = self.get(kind, key).map(|stored| stored.version);
            if !expect.holds(found) {
                return Err(Error::Conflict { kind: kind.to_owned(), key: key.to_owned() });
            }
        }
        Ok(())
    }

    fn put(&mut self, put: Put) {
        let version = self.version;
        if !self.kinds.contains_key(&put.kind) {
            self.kinds.insert(put.kind.clone(), Kind::default());
        }
        let kind = self.kinds.get_mut(&put.kind).expect("inserted above when it was missing");
        let before = kind.remove(&put.key);
        let id = before.unwrap_or_else(|| self.ids.last().map_or(1, |last| last + 1));
        self.ids.insert(id);
        for (name, index_key) in &put.index {
            kind.indexes.entry(name).or_default().insert((index_key.clone(), id));
        }
        kind.keys.insert(id, put.key.clone());
        let stored = Stored { id, version, body: put.body.into(), index: put.index };
        kind.records.insert(put.key, stored);
    }

    fn remove_prefix(&mut self, kind: &str, prefix: &str) {
        let Some(kind) = self.kinds.get_mut(kind) else { return };
        let range = (Bound::Included(prefix), Bound::Unbounded);
        let keys: Vec<String> = kind
            .records
            .range::<str, _>(range)
            .map(|(key, _)| key)
            .take_while(|key| key.starts_with(prefix))
            .cloned()
            .collect();
        for key in keys {
            if let Some(id) = kind.remove(&key) {
                self.ids.remove(&id);
            }
        }
    }
}

impl Kind {
    /// Answers the number that the record had.
    fn remove(&mut self, key: &str) -> Option<i64> {
        let old = self.records.remove(key)?;
        for (name, index_key) in old.index {
            if let Some(entries) = self.indexes.get_mut(name) {
                entries.remove(&(index_key, old.id));
            }
        }
        self.keys.remove(&old.id);
        Some(old.id)
    }

    fn scan_keys(&self, scan: &Scan<'_>) -> Page {
        let (lower, upper) = range(scan, scan.prefix.to_owned(), prefix_end, str::to_owned);
        if is_empty(&lower, &upper) {
            return Page::default();
        }
        let found = self.records.range((lower, upper));
        let found = found.map(|(key, stored)| (key.clone(), stored.record(key)));
        page(scan, found)
    }

    fn scan_index(&self, name: &str, scan: &Scan<'_>) -> Page {
        let Some(entries) = self.indexes.get(name) else { return Page::default() };
        let at = |index_key: &str| (index_key.to_owned(), i64::MIN);
        let end = |prefix: &str| prefix_end(prefix).map(|end| at(&end));
        let Some((lower, upper)) = index_range(scan, at(scan.prefix), end) else {
            return Page::default();
        };
        if is_empty(&lower, &upper) {
            return Page::default();
        }
        let found = entries.range((lower, upper)).filter_map(|(index_key, id)| {
            let key = self.keys.get(id)?;
            let record = self.records.get(key)?.record(key);
            Some((id_cursor(index_key, *id), record))
        });
        page(scan, found)
    }
}

impl Stored {
    fn record(&self, key: &str) -> Record {
        Record { key: key.to_owned(), version: self.version, body: self.body.clone() }
    }
}

impl Expect {
    /// Whether it holds of a record with this version (`None`: there is no record).
    pub(crate) fn holds(self, found: Option<u64>) -> bool {
        match self {
            Self::Any => true,
            Self::Absent => found.is_none(),
            Self::Version(version) => found == Some(version),
        }
    }
}

type Bounds<T> = (Bound<T>, Bound<T>);

/// Where a listing begins and ends, both ascending, whatever its direction.
fn range<T>(
    scan: &Scan<'_>,
    start: T,
    end: impl Fn(&str) -> Option<T>,
    place: impl Fn(&str) -> T,
) -> Bounds<T>
where
    T: Ord,
{
    let mut lower = Bound::Included(start);
    let mut upper = end(scan.prefix).map_or(Bound::Unbounded, Bound::Excluded);
    if let Some(place) = scan.after.map(place) {
        narrow(&mut lower, &mut upper, place, scan.reverse);
    }
    (lower, upper)
}

/// As [`range`] for an index; `None` when the cursor is none of ours.
fn index_range(
    scan: &Scan<'_>,
    start: (String, i64),
    end: impl Fn(&str) -> Option<(String, i64)>,
) -> Option<Bounds<(String, i64)>> {
    let mut lower = Bound::Included(start);
    let mut upper = end(scan.prefix).map_or(Bound::Unbounded, Bound::Excluded);
    if let Some(cursor) = scan.after {
        let (index_key, id) = read_id_cursor(cursor)?;
        let place = (index_key.to_owned(), id);
        narrow(&mut lower, &mut upper, place, scan.reverse);
    }
    Some((lower, upper))
}

/// Resumes strictly after `place`, which may lie outside the range.
fn narrow<T: Ord>(lower: &mut Bound<T>, upper: &mut Bound<T>, place: T, reverse: bool) {
    if reverse {
        let beyond = matches!(upper, Bound::Excluded(end) if place >= *end);
        if !beyond {
            *upper = Bound::Excluded(place);
        }
    } else {
        let before = matches!(lower, Bound::Included(start) if place < *start);
        if !before {
            *lower = Bound::Excluded(place);
        }
    }
}

/// Whether no key can lie between: `BTreeMap::range` panics on such bounds.
fn is_empty<T: Ord>(lower: &Bound<T>, upper: &Bound<T>) -> bool {
    match (lower, upper) {
        (Bound::Included(from) | Bound::Excluded(from), Bound::Excluded(to)) => from >= to,
        _ => false,
    }
}

/// Takes a page from what was found in ascending order.
fn page(scan: &Scan<'_>, found: impl DoubleEndedIterator<Item = (String, Record)>) -> Page {
    let limit = scan.limit.max(1);
    let mut taken: Vec<(String, Record)> = if scan.reverse {
        found.rev().take(limit.saturating_add(1)).collect()
    } else {
        found.take(limit.saturating_add(1)).collect()
    };
    let more = taken.len() > limit;
    taken.truncate(limit);
    let next = taken.last().filter(|_| more).map(|(cursor, _)| cursor.clone());
    Page { records: taken.into_iter().map(|(_, record)| record).collect(), next }
}
