//! What only a store on disk can get wrong: owners, formats, damage, full disks, kill -9.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead as _, BufReader, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use store::{Append, Batch, Error, Expect, Scan, SqliteStore, Store as _};

/// A directory that goes with the test.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).expect("the system provides randomness");
        Self(std::env::temp_dir().join(format!("refit-store-{}", hex::encode(bytes))))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.0);
    }
}

fn put(key: &str, value: &str) -> Batch {
    let mut batch = Batch::new();
    batch.put_indexed("k", key, &value, vec![("i", key.to_owned())], Expect::Any);
    batch
}

#[tokio::test]
async fn one_owner() {
    let directory = Directory::new();
    let store = SqliteStore::open(&directory.0).unwrap();
    match SqliteStore::open(&directory.0) {
        Err(Error::Locked { pid, .. }) => assert_eq!(pid, Some(std::process::id())),
        other => panic!("{other:?}"),
    }
    drop(store);
    SqliteStore::open(&directory.0).unwrap();
}

/// A batch that adds a row of this number to a stream.
fn row(stream: u64, number: u64) -> Batch {
    let mut batch = put(&format!("{stream}/{number}"), "x");
    batch.appends.push(Append { stream, body: number.to_string().into() });
    batch
}

/// Who commits, and how many batches before it looks at the answers.
const CALLERS: [(u64, usize); 4] = [(1, 1), (2, 1), (3, 2), (4, 7)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_alone_and_in_company_keep_their_order() {
    const COMMITS: u64 = 120;
    let directory = Directory::new();
    let store = Arc::new(SqliteStore::open(&directory.0).unwrap());
    let callers = CALLERS.map(|(stream, at_once)| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut waiting = Vec::new();
            for number in 0..COMMITS {
                waiting.push(store.commit(row(stream, number)));
                if waiting.len() >= at_once {
                    for commit in waiting.drain(..) {
                        commit.await.unwrap();
                    }
                }
            }
            for commit in waiting {
                commit.await.unwrap();
            }
        })
    });
    for caller in callers {
        caller.await.unwrap();
    }
    for (stream, _) in CALLERS {
        let rows = store.read_stream(stream).await.unwrap();
        let bodies: Vec<_> = rows.iter().map(|row| String::from_utf8_lossy(&row.body)).collect();
        assert_eq!(bodies, (0..COMMITS).map(|number| number.to_string()).collect::<Vec<_>>());
    }
}

/// One after the other, a caller's commits are written where it stands; many at once share transactions as ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_alone_waits_for_nobody() {
    let directory = Directory::new();
    let store = SqliteStore::open(&directory.0).unwrap();
    // In a task: only there may a thread be waited on.
    let asked = tokio::spawn(async move {
        let mut quick = 0;
        for number in 0..10_000 {
            let began = Instant::now();
            let mut commit = store.commit(row(1, number));
            if let Some(answer) = (&mut commit).now_or_never() {
                answer.unwrap();
                break;
            }
            commit.await.unwrap();
            quick = if began.elapsed() < Duration::from_millis(4) { quick + 1 } else { 0 };
            assert!(quick < 1000, "the disk is quick, and all is left to the thread");
        }
        let many: Vec<_> = (0..100).map(|number| store.commit(row(2, number))).collect();
        let mut late = 0;
        for mut commit in many {
            if (&mut commit).now_or_never().is_none() {
                late += 1;
                commit.await.unwrap();
            }
        }
        late
    });
    let late = asked.await.unwrap();
    assert!(late > 0, "a hundred commits were written one by one where they were asked for");
}

/// What another program may do to the log meanwhile.
const CHECKPOINTS: [Option<&str>; 3] = [None, Some("RESTART"), Some("TRUNCATE")];

async fn zeros_end_the_log(checkpoint: Option<&str>) {
    const COMMITS: usize = 60;
    let (directory, crashed) = (Directory::new(), Directory::new());
    let store = SqliteStore::open(&directory.0).unwrap();
    for number in 0..COMMITS {
        if let Some(checkpoint) = checkpoint.filter(|_| [20, 40].contains(&number)) {
            let other = rusqlite::Connection::open(directory.file("refit.db")).unwrap();
            let pragma = format!("PRAGMA wal_checkpoint({checkpoint})");
            let busy: i64 = other.query_row(&pragma, [], |row| row.get(0)).unwrap();
            assert_eq!(busy, 0);
        }
        store.commit(put(&number.to_string(), "x")).await.unwrap();
    }
    std::fs::create_dir_all(&crashed.0).unwrap();
    for name in ["refit.db", "refit.db-wal"] {
        std::fs::copy(directory.file(name), crashed.file(name)).unwrap();
    }
    let log = std::fs::read(crashed.file("refit.db-wal")).unwrap();
    assert!(log.ends_with(&[0; 4096]), "no room was made ahead, {checkpoint:?}");
    let after = SqliteStore::open(&crashed.0).unwrap();
    let page = after.scan(Scan::of("k", "", 2 * COMMITS)).await.unwrap();
    assert_eq!(page.records.len(), COMMITS, "{checkpoint:?}");
    after.commit(put("more", "x")).await.unwrap();
}

#[tokio::test]
async fn zeros_ahead_of_the_log_are_its_end_after_a_crash() {
    for checkpoint in CHECKPOINTS {
        zeros_end_the_log(checkpoint).await;
    }
}

#[tokio::test]
async fn newer_formats_are_left_alone() {
    let directory = Directory::new();
    drop(SqliteStore::open(&directory.0).unwrap());
    let connection = rusqlite::Connection::open(directory.file("refit.db")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    match SqliteStore::open(&directory.0) {
        Err(Error::Newer { found: 99, known: 2, .. }) => {}
        other => panic!("{other:?}"),
    }
}

/// Records and index entries as format 1 had them.
const FORMAT_1: &str = "
    PRAGMA application_id = 0x72666974;
    CREATE TABLE records (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL,
        version INTEGER NOT NULL, body ANY NOT NULL, entries TEXT, UNIQUE (kind, key)) STRICT;
    CREATE TABLE record_index (kind TEXT NOT NULL, name TEXT NOT NULL, index_key TEXT NOT NULL,
        key TEXT NOT NULL, PRIMARY KEY (kind, name, index_key, key)) STRICT, WITHOUT ROWID;
    CREATE TABLE log (id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, body BLOB) STRICT;
    CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO counters VALUES ('version', 7);
    INSERT INTO records VALUES
        (1, 'k', 'b', 3, '1', '[[\"i\",\"2\"],[\"j\",\"x\"]]'), (2, 'k', 'a', 4, '2', '[[\"i\",\"1\"]]'),
        (5, 'other', 'a', 5, '3', NULL);
    INSERT INTO record_index VALUES ('k', 'i', '2', 'b'), ('k', 'j', 'x', 'b'), ('k', 'i', '1', 'a');
    INSERT INTO log VALUES (1, 9, x'31');
    PRAGMA user_version = 1;
";

#[tokio::test]
async fn the_former_format_is_brought_forward() {
    let directory = Directory::new();
    std::fs::create_dir_all(&directory.0).unwrap();
    let connection = rusqlite::Connection::open(directory.file("refit.db")).unwrap();
    connection.execute_batch(FORMAT_1).unwrap();
    drop(connection);
    let by_i = || Scan { index: Some("i"), ..Scan::of("k", "", 9) };
    // The second time there is nothing left to do.
    for _ in 0..2 {
        let store = SqliteStore::open(&directory.0).unwrap();
        let found = store.get("k", "b").await.unwrap().unwrap();
        assert_eq!((found.version, &*found.body), (3, &b"1"[..]));
        assert_eq!(store.get("other", "a").await.unwrap().unwrap().version, 5);
        let keys: Vec<_> = store.scan(by_i()).await.unwrap().records;
        let keys: Vec<_> = keys.iter().map(|record| record.key.as_str()).collect();
        assert_eq!(keys, ["a", "b"]);
        assert_eq!(store.read_stream(9).await.unwrap().len(), 1);
    }
    // What was indexed before is known to be: the old entries go with the record.
    let store = SqliteStore::open(&directory.0).unwrap();
    let mut batch = Batch::new();
    batch.remove("k", "b", Expect::Version(3));
    store.commit(batch).await.unwrap();
    assert_eq!(store.scan(by_i()).await.unwrap().records.len(), 1);
    let by_j = Scan { index: Some("j"), ..Scan::of("k", "", 9) };
    assert_eq!(store.scan(by_j).await.unwrap().records.len(), 0);
    drop(store);
    let connection = rusqlite::Connection::open(directory.file("refit.db")).unwrap();
    let left: i64 =
        connection.query_row("SELECT count(*) FROM record_index", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn room_is_used_again() {
    let directory = Directory::new();
    let store = SqliteStore::open(&directory.0).unwrap();
    let mut sizes = Vec::new();
    for round in 0..6 {
        for number in 0..40 {
            let mut batch = Batch::new();
            for item in 0..25 {
                // Different keys each time, as executions have them.
                batch.extend(put(&format!("{round}/{number}/{item}"), &"x".repeat(1500)));
            }
            batch.appends.push(Append { stream: number, body: vec![b'x'; 150_000] });
            store.commit(batch).await.unwrap();
        }
        let mut batch = Batch::new();
        batch.remove_prefixes.push(("k".to_owned(), format!("{round}/")));
        batch.drop_streams.extend(0..40);
        store.commit(batch).await.unwrap();
        let connection = rusqlite::Connection::open(directory.file("refit.db")).unwrap();
        sizes.push(
            connection
                .query_row("SELECT page_count FROM pragma_page_count()", [], |row| {
                    row.get::<_, i64>(0)
                })
                .unwrap(),
        );
    }
    assert!(sizes[5] <= sizes[1] + sizes[1] / 5, "pages after each round: {sizes:?}");
}

#[tokio::test]
async fn damage_is_said() {
    // Something else than a database.
    let directory = Directory::new();
    std::fs::create_dir_all(&directory.0).unwrap();
    std::fs::write(directory.file("refit.db"), vec![b'?'; 8192]).unwrap();
    let opened = SqliteStore::open(&directory.0);
    assert!(matches!(opened, Err(Error::Corrupt { .. })), "{opened:?}");

    // A page overwritten while the server was down, after a crash.
    let directory = Directory::new();
    let store = SqliteStore::open(&directory.0).unwrap();
    for number in 0..200 {
        store.commit(put(&number.to_string(), &"x".repeat(300))).await.unwrap();
    }
    drop(store);
    std::fs::write(directory.file("refit.lock"), "1\n").unwrap();
    let mut file =
        std::fs::OpenOptions::new().write(true).open(directory.file("refit.db")).unwrap();
    let pages = file.metadata().unwrap().len() / 4096;
    for page in 1..pages {
        file.seek(std::io::SeekFrom::Start(page * 4096)).unwrap();
        file.write_all(&[0x5a; 512]).unwrap();
    }
    drop(file);
    let opened = SqliteStore::open(&directory.0);
    assert!(matches!(opened, Err(Error::Corrupt { .. })), "{opened:?}");
}

#[tokio::test]
async fn people_can_read_the_file() {
    let directory = Directory::new();
    let store = SqliteStore::open(&directory.0).unwrap();
    store.commit(put("a", "text")).await.unwrap();
    let connection = rusqlite::Connection::open(directory.file("refit.db")).unwrap();
    let found: String = connection
        .query_row("SELECT body ->> '$' FROM records WHERE key = 'a'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(found, "text");
    let kind: String = connection
        .query_row("SELECT kind FROM readable WHERE key = 'a'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kind, "k");
}

#[tokio::test]
async fn dropping_waits_for_what_was_asked_for() {
    let directory = Directory::new();
    let store = SqliteStore::open(&directory.0).unwrap();
    let mut asked = Vec::new();
    for number in 0..500 {
        asked.push(store.commit(put(&number.to_string(), "x")));
    }
    drop(store);
    for future in asked {
        future.await.unwrap();
    }
    let store = SqliteStore::open(&directory.0).unwrap();
    assert!(store.get("k", "499").await.unwrap().is_some());
}

/// Rows of ended executions and the write-ahead log do not pile up, however long the server is busy.
#[tokio::test]
async fn what_is_done_with_is_removed_while_busy() {
    let directory = Directory::new();
    let store = SqliteStore::open(&directory.0).unwrap();
    let body = vec![b'x'; 1 << 20];
    let mut waiting = Vec::new();
    for stream in 0..160 {
        let mut batch = Batch::new();
        let row = |body| Append { stream, body };
        batch.appends.push(row(body.clone()));
        batch.appends.extend((0..99).map(|_| row(b"row".to_vec())));
        waiting.push(store.commit(batch));
        waiting.push(store.commit(Batch { drop_streams: vec![stream], ..Batch::new() }));
        if waiting.len() > 16 {
            for commit in waiting.drain(..) {
                commit.await.unwrap();
            }
        }
    }
    for commit in waiting {
        commit.await.unwrap();
    }
    let megabytes =
        |name| std::fs::metadata(directory.file(name)).map_or(0, |file| file.len() >> 20);
    let (log, database) = (megabytes("refit.db-wal"), megabytes("refit.db"));
    assert!(log < 140, "the write-ahead log has {log} MiB");
    let connection = rusqlite::Connection::open(directory.file("refit.db")).unwrap();
    let rows: u64 = connection
        .query_row("SELECT count(*) FROM log", [], |row| row.get::<_, i64>(0))
        .unwrap()
        .try_into()
        .unwrap();
    assert!(rows < 5000, "{rows} rows are left");
    assert!(database < 140, "the database has {database} MiB");
}

const CHILD: &str = "REFIT_STORE_TEST_CHILD";

/// Writes until it is killed, and says what was made durable. Only a part of the next test.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_of_the_kill_test() {
    let Some(directory) = std::env::var_os(CHILD) else { return };
    // In a task: commits are written by whoever asks, too.
    tokio::spawn(write_until_killed(PathBuf::from(directory))).await.unwrap();
}

async fn write_until_killed(directory: PathBuf) {
    let store = SqliteStore::open(&directory).unwrap();
    let mut number: u64 = 0;
    for round in 0.. {
        let mut waiting = Vec::new();
        // Several at once, then one after the other for a while.
        for _ in 0..if round % 10 == 0 { 7 } else { 1 } {
            number += 1;
            let mut batch = put("last", &number.to_string());
            batch.extend(put(&format!("{number}"), "x"));
            batch.appends.push(Append { stream: number % 5, body: number.to_string().into() });
            if number.is_multiple_of(50) {
                batch.drop_streams.push(4);
            }
            waiting.push((number, store.commit(batch)));
        }
        for (number, commit) in waiting {
            commit.await.unwrap();
            // Directly, as the test harness captures `println!`; in one write, as a kill may come between two.
            std::io::stderr().write_all(format!("durable {number}\n").as_bytes()).unwrap();
        }
    }
}

#[tokio::test]
async fn kill_minus_nine() {
    let directory = Directory::new();
    for round in 1..=3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_of_the_kill_test", "--nocapture"])
            .env(CHILD, &directory.0)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut durable: u64 = 0;
        let mut kill_at = 150 * round;
        // Reads on after the kill: what had been said by then counts.
        while let Some(Ok(line)) = lines.next() {
            if let Some(number) = line.strip_prefix("durable ") {
                durable = number.parse().unwrap();
            }
            if durable >= kill_at {
                child.kill().unwrap();
                kill_at = u64::MAX;
            }
        }
        child.wait().unwrap();
        assert!(durable >= 150 * round);
        check_after_kill(&directory.0, durable).await;
    }
}

async fn check_after_kill(directory: &Path, durable: u64) {
    let store = SqliteStore::open(directory).unwrap();
    for number in 1..=durable {
        let found = store.get("k", &number.to_string()).await.unwrap();
        assert!(found.is_some(), "{number} was answered and is lost");
    }
    let last = store.get("k", "last").await.unwrap().unwrap();
    let last: u64 = serde_json::from_slice::<String>(&last.body).unwrap().parse().unwrap();
    assert!(last >= durable);
    // A batch is whole: the last one's row is there, and nothing that came after it.
    assert!(store.get("k", &last.to_string()).await.unwrap().is_some());
    let mut rows = Vec::new();
    store
        .replay(&mut |row| {
            let number: u64 = String::from_utf8_lossy(&row.body).parse().unwrap();
            rows.push((row.stream, number));
        })
        .await
        .unwrap();
    assert!(rows.iter().all(|(stream, number)| number % 5 == *stream));
    let newest = rows.iter().map(|(_, number)| *number).max().unwrap();
    assert!(newest >= last.saturating_sub(5), "newest row {newest}, last record {last}");
}
