//! What the port promises, promise by promise.

use std::sync::Arc;

use super::Subject;
use crate::{Append, Batch, Error, Expect, LogRow, Page, Put, Remove, Scan, Store};

fn put(kind: &str, key: &str, body: &str, expect: Expect) -> Batch {
    indexed(kind, key, body, &[], expect)
}

fn indexed(
    kind: &str,
    key: &str,
    body: &str,
    index: &[(&'static str, &str)],
    expect: Expect,
) -> Batch {
    let index = index.iter().map(|(name, key)| (*name, (*key).to_owned())).collect();
    let put = Put { kind: kind.to_owned(), key: key.to_owned(), body: body.into(), index, expect };
    Batch { puts: vec![put], ..Batch::new() }
}

fn append(stream: u64, body: &str) -> Batch {
    Batch { appends: vec![Append { stream, body: body.into() }], ..Batch::new() }
}

async fn commit(store: &dyn Store, batch: Batch) {
    store.commit(batch).await.expect("the commit succeeds");
}

async fn conflicts(store: &dyn Store, batch: Batch, kind: &str, key: &str) {
    match store.commit(batch).await {
        Err(Error::Conflict { kind: found_kind, key: found_key }) => {
            assert_eq!((&*found_kind, &*found_key), (kind, key), "which record conflicts");
        }
        other => panic!("a conflict on {kind} {key} was expected, not {other:?}"),
    }
}

async fn body(store: &dyn Store, kind: &str, key: &str) -> Option<String> {
    let record = store.get(kind, key).await.expect("reading works")?;
    Some(String::from_utf8(record.body.to_vec()).expect("the test wrote text"))
}

async fn version(store: &dyn Store, kind: &str, key: &str) -> u64 {
    store.get(kind, key).await.expect("reading works").expect("the record is there").version
}

async fn scan(store: &dyn Store, scan: Scan<'_>) -> Page {
    store.scan(scan).await.expect("listing works")
}

/// The keys of all pages of `size`, which must be full but for the last.
async fn keys(store: &dyn Store, question: Scan<'_>, size: usize) -> Vec<String> {
    let mut keys = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let question = Scan { after: after.as_deref(), limit: size, ..question.clone() };
        let page = scan(store, question).await;
        let full = page.records.len() == size;
        keys.extend(page.records.into_iter().map(|record| record.key));
        match page.next {
            Some(next) => {
                assert!(full, "only the last page may be short");
                after = Some(next);
            }
            None => return keys,
        }
    }
}

async fn log(store: &dyn Store) -> Vec<(u64, String)> {
    let mut rows = Vec::new();
    store.replay(&mut |row| rows.push(readable(row))).await.expect("replaying works");
    rows
}

fn readable(row: LogRow) -> (u64, String) {
    (row.stream, String::from_utf8(row.body.to_vec()).expect("the test wrote text"))
}

pub(super) async fn expectations(subject: &dyn Subject) {
    let store = &*subject.open();
    assert_eq!(body(store, "a", "x").await, None);
    conflicts(store, put("a", "x", "0", Expect::Version(1)), "a", "x").await;
    commit(store, put("a", "x", "1", Expect::Absent)).await;
    conflicts(store, put("a", "x", "2", Expect::Absent), "a", "x").await;
    let first = version(store, "a", "x").await;
    commit(store, put("a", "x", "3", Expect::Version(first))).await;
    conflicts(store, put("a", "x", "4", Expect::Version(first)), "a", "x").await;
    commit(store, put("a", "x", "5", Expect::Any)).await;
    assert_eq!(body(store, "a", "x").await.as_deref(), Some("5"));

    let mut removal = Batch::new();
    removal.remove("a", "x", Expect::Version(first));
    conflicts(store, removal.clone(), "a", "x").await;
    removal.removes[0].expect = Expect::Version(version(store, "a", "x").await);
    commit(store, removal.clone()).await;
    conflicts(store, removal, "a", "x").await;
    let mut again = Batch::new();
    again.remove("a", "x", Expect::Any);
    commit(store, again).await;

    let check = ("a".to_owned(), "x".to_owned(), Expect::Version(1));
    conflicts(store, Batch { checks: vec![check], ..Batch::new() }, "a", "x").await;
    let check = ("a".to_owned(), "x".to_owned(), Expect::Absent);
    commit(store, Batch { checks: vec![check], ..Batch::new() }).await;
    commit(store, Batch::new()).await;
}

pub(super) async fn all_or_nothing(subject: &dyn Subject) {
    let store = &*subject.open();
    commit(store, indexed("a", "kept", "1", &[("i", "1")], Expect::Any)).await;
    commit(store, append(1, "kept")).await;
    let mut batch = indexed("a", "new", "1", &[("i", "2")], Expect::Absent);
    batch.remove("a", "kept", Expect::Any);
    batch.remove_prefixes.push(("a".to_owned(), "k".to_owned()));
    batch.appends.push(Append { stream: 2, body: b"new".to_vec() });
    batch.drop_streams.push(1);
    batch.checks.push(("a".to_owned(), "missing".to_owned(), Expect::Version(7)));
    conflicts(store, batch, "a", "missing").await;
    assert_eq!(keys(store, Scan::of("a", "", 10), 10).await, ["kept"]);
    let by_index = Scan { index: Some("i"), ..Scan::of("a", "", 10) };
    assert_eq!(keys(store, by_index, 10).await, ["kept"]);
    assert_eq!(log(store).await, [(1, "kept".to_owned())]);
}

pub(super) async fn order_within_a_batch(subject: &dyn Subject) {
    let store = &*subject.open();
    commit(store, put("a", "p/1", "old", Expect::Any)).await;
    commit(store, put("a", "p/2", "old", Expect::Any)).await;
    let mut batch = put("a", "p/1", "first", Expect::Any);
    batch.extend(put("a", "p/1", "last", Expect::Any));
    batch.removes.push(Remove { kind: "a".into(), key: "p/1".into(), expect: Expect::Any });
    batch.remove_prefixes.push(("a".to_owned(), "p/".to_owned()));
    batch.appends.push(Append { stream: 5, body: b"x".to_vec() });
    batch.drop_streams.push(5);
    commit(store, batch).await;
    assert_eq!(keys(store, Scan::of("a", "", 10), 10).await, ["p/1"]);
    assert_eq!(body(store, "a", "p/1").await.as_deref(), Some("last"));
    assert_eq!(log(store).await, []);

    let mut batch = put("a", "twice", "1", Expect::Absent);
    batch.extend(put("a", "twice", "2", Expect::Absent));
    commit(store, batch).await;
    assert_eq!(body(store, "a", "twice").await.as_deref(), Some("2"));
}

pub(super) async fn versions(subject: &dyn Subject) {
    let store = subject.open();
    let mut last = 0;
    for round in 0..6 {
        commit(&*store, put("a", "x", "1", Expect::Any)).await;
        let now = version(&*store, "a", "x").await;
        assert!(now > last, "a version is never used again");
        last = now;
        if round % 2 == 1 {
            let mut removal = Batch::new();
            removal.remove("a", "x", Expect::Any);
            commit(&*store, removal).await;
        }
    }
    drop(store);
    let store = subject.open();
    commit(&*store, put("a", "x", "1", Expect::Any)).await;
    assert!(version(&*store, "a", "x").await > last, "nor after a restart");
}

pub(super) async fn listing_by_key(subject: &dyn Subject) {
    let store = &*subject.open();
    for key in ["b", "a", "ab", "a/1", "a/2", "a/3", "ä", "A"] {
        commit(store, put("k", key, key, Expect::Any)).await;
        commit(store, put("other", key, key, Expect::Any)).await;
    }
    let all = ["A", "a", "a/1", "a/2", "a/3", "ab", "b", "ä"];
    let below = ["a/1", "a/2", "a/3"];
    for size in 1..10 {
        for (prefix, wanted) in [("", &all[..]), ("a/", &below[..]), ("c", &[][..])] {
            let forward = Scan::of("k", prefix, 1);
            assert_eq!(keys(store, forward.clone(), size).await, wanted, "{prefix:?} {size}");
            let backward = Scan { reverse: true, ..forward };
            let reversed: Vec<&str> = wanted.iter().rev().copied().collect();
            assert_eq!(keys(store, backward, size).await, reversed, "{prefix:?} {size}");
        }
    }
    // Cursors are places, not records: they may lie anywhere.
    for (prefix, after, reverse, wanted) in [
        ("a/", Some("0"), false, &below[..]),
        ("a/", Some("z"), false, &[]),
        ("a/", Some("a/20"), false, &["a/3"]),
        ("a/", Some("z"), true, &["a/3", "a/2", "a/1"]),
        ("a/", Some("0"), true, &[]),
        ("a/", Some("a/"), true, &[]),
        ("", Some(""), true, &[]),
    ] {
        let question = Scan { after, reverse, ..Scan::of("k", prefix, 10) };
        let found: Vec<_> =
            scan(store, question).await.records.into_iter().map(|record| record.key).collect();
        assert_eq!(found, wanted, "{prefix:?} after {after:?} reverse {reverse}");
    }
    assert_eq!(scan(store, Scan::of("k", "", 0)).await.records.len(), 1, "a limit is at least 1");
    assert_eq!(scan(store, Scan::of("none", "", 5)).await.records.len(), 0);
    assert_eq!(scan(store, Scan::of("k", "", usize::MAX)).await.records.len(), all.len());
}

pub(super) async fn listing_by_index(subject: &dyn Subject) {
    let store = &*subject.open();
    // Equal index keys, an index key that is the beginning of another, and the cursor's own separator.
    for (key, index_key) in
        [("r1", "m:2"), ("r2", "m:1"), ("r3", "m:1"), ("r4", "m:10"), ("r5", "n"), ("a:6", "m:1")]
    {
        let entries = [("by", index_key), ("other", "m:1")];
        commit(store, indexed("k", key, key, &entries, Expect::Any)).await;
    }
    commit(store, put("k", "not indexed", "", Expect::Any)).await;
    commit(store, indexed("other", "x", "", &[("by", "m:1")], Expect::Any)).await;
    let below_m = ["r2", "r3", "a:6", "r4", "r1"];
    let all = ["r2", "r3", "a:6", "r4", "r1", "r5"];
    for size in 1..8 {
        for (prefix, wanted) in
            [("", &all[..]), ("m:", &below_m[..]), ("m:1", &below_m[..4]), ("o", &[])]
        {
            let forward = Scan { index: Some("by"), ..Scan::of("k", prefix, 1) };
            assert_eq!(keys(store, forward.clone(), size).await, wanted, "{prefix:?} {size}");
            let backward = Scan { reverse: true, ..forward };
            let reversed: Vec<&str> = wanted.iter().rev().copied().collect();
            assert_eq!(keys(store, backward, size).await, reversed, "{prefix:?} {size}");
        }
    }
    for hostile in ["", "x", "x:m", ":m:1"] {
        for reverse in [false, true] {
            let question =
                Scan { index: Some("by"), after: Some(hostile), reverse, ..Scan::of("k", "", 9) };
            assert_eq!(scan(store, question).await.records.len(), 0, "no cursor: {hostile:?}");
        }
    }
    let unknown = Scan { index: Some("none"), ..Scan::of("k", "", 9) };
    assert_eq!(scan(store, unknown).await.records.len(), 0);
}

pub(super) async fn index_follows_the_record(subject: &dyn Subject) {
    let store = &*subject.open();
    let by = |name| Scan { index: Some(name), ..Scan::of("k", "", 9) };
    commit(store, indexed("k", "r", "1", &[("a", "1"), ("b", "1"), ("b", "2")], Expect::Any)).await;
    assert_eq!(keys(store, by("b"), 9).await, ["r", "r"]);
    commit(store, indexed("k", "r", "2", &[("b", "2"), ("c", "1")], Expect::Any)).await;
    assert_eq!(keys(store, by("a"), 9).await, [""; 0]);
    assert_eq!(keys(store, by("b"), 9).await, ["r"]);
    assert_eq!(keys(store, by("c"), 9).await, ["r"]);
    let mut removal = Batch::new();
    removal.remove("k", "r", Expect::Any);
    commit(store, removal).await;
    for name in ["a", "b", "c"] {
        assert_eq!(keys(store, by(name), 9).await, [""; 0], "{name}");
    }
    commit(store, indexed("k", "r", "1", &[("a", "1")], Expect::Any)).await;
    let prefixes = vec![("k".to_owned(), String::new())];
    commit(store, Batch { remove_prefixes: prefixes, ..Batch::new() }).await;
    assert_eq!(keys(store, by("a"), 9).await, [""; 0]);
}

pub(super) async fn prefixes_with_special_characters(subject: &dyn Subject) {
    let special = [
        "%",
        "_",
        "\\",
        "*",
        "?",
        "[a]",
        "'",
        "\"",
        ";",
        "\0",
        "\n",
        "~",
        "\u{7f}",
        "é",
        "\u{d7ff}",
        "\u{e000}",
        "\u{ffff}",
        "\u{10ffff}",
    ];
    let store = &*subject.open();
    for prefix in special {
        let body = prefix.len().to_string();
        commit(store, indexed("k", prefix, &body, &[("i", prefix)], Expect::Any)).await;
        let longer = format!("{prefix}x");
        commit(store, indexed("k", &longer, &body, &[("i", &longer)], Expect::Any)).await;
    }
    commit(store, put("k", "plain", "", Expect::Any)).await;
    for prefix in special {
        let wanted = [prefix.to_owned(), format!("{prefix}x")];
        assert_eq!(keys(store, Scan::of("k", prefix, 1), 1).await, wanted, "{prefix:?}");
        let by_index = Scan { index: Some("i"), ..Scan::of("k", prefix, 1) };
        assert_eq!(keys(store, by_index, 1).await, wanted, "{prefix:?}");
    }
    for prefix in special {
        let before = keys(store, Scan::of("k", "", 1), 100).await.len();
        let remove_prefixes = vec![("k".to_owned(), prefix.to_owned())];
        commit(store, Batch { remove_prefixes, ..Batch::new() }).await;
        let left = keys(store, Scan::of("k", "", 1), 100).await;
        assert_eq!(left.len(), before - 2, "{prefix:?}");
    }
    assert_eq!(keys(store, Scan::of("k", "", 1), 100).await, ["plain"]);
}

pub(super) async fn bodies_come_back_unchanged(subject: &dyn Subject) {
    let store = &*subject.open();
    let large = vec![b'x'; 3 << 20];
    for (key, body) in [
        ("empty", &b""[..]),
        ("number", b"1"),
        ("zero byte", b"{\"a\":\"\0\"}"),
        ("not text", &[0xff, 0xfe, 0]),
        ("large", &large),
    ] {
        let mut batch = put("k", key, "", Expect::Any);
        batch.puts[0].body = body.to_vec();
        batch.appends.push(Append { stream: 1, body: body.to_vec() });
        commit(store, batch).await;
        let found = store.get("k", key).await.expect("reading works").expect("it is there");
        assert!(*found.body == *body, "{key}");
        let rows = store.read_stream(1).await.expect("reading works");
        assert!(rows.last().is_some_and(|row| *row.body == *body), "{key}");
    }
}

pub(super) async fn streams(subject: &dyn Subject) {
    let store = &*subject.open();
    let large = u64::MAX - 3;
    for (stream, text) in [(1, "a"), (large, "b"), (1, "c"), (2, "d"), (1, "e")] {
        commit(store, append(stream, text)).await;
    }
    let row = |stream, text: &str| (stream, text.to_owned());
    let all = [row(1, "a"), row(large, "b"), row(1, "c"), row(2, "d"), row(1, "e")];
    assert_eq!(log(store).await, all);
    let read = |stream| async move {
        let rows = store.read_stream(stream).await.expect("reading works");
        rows.into_iter().map(|row| readable(row).1).collect::<Vec<_>>()
    };
    assert_eq!(read(1).await, ["a", "c", "e"]);
    assert_eq!(read(9).await, [""; 0]);
    commit(store, Batch { drop_streams: vec![1, 9], ..Batch::new() }).await;
    assert_eq!(read(1).await, [""; 0]);
    assert_eq!(log(store).await, [row(large, "b"), row(2, "d")]);
    commit(store, append(1, "again")).await;
    assert_eq!(read(1).await, ["again"]);

    // Enough to make an implementation tidy up behind itself.
    for stream in 100..160 {
        let rows = (0..100).map(|_| Append { stream, body: b"row".to_vec() });
        commit(store, Batch { appends: rows.collect(), ..Batch::new() }).await;
    }
    for stream in 100..159 {
        commit(store, Batch { drop_streams: vec![stream], ..Batch::new() }).await;
    }
    commit(store, append(2, "late")).await;
    assert_eq!(read(159).await.len(), 100);
    assert_eq!(read(120).await.len(), 0);
    assert_eq!(read(2).await, ["d", "late"]);
    assert_eq!(log(store).await.len(), 4 + 100);
}

pub(super) async fn reopen(subject: &dyn Subject) {
    let store = subject.open();
    commit(&*store, indexed("k", "r", "1", &[("i", "1")], Expect::Any)).await;
    commit(&*store, append(1, "dropped")).await;
    commit(&*store, append(2, "kept")).await;
    commit(&*store, Batch { drop_streams: vec![1], ..Batch::new() }).await;
    let before = version(&*store, "k", "r").await;
    drop(store);
    drop(subject.open());
    let store = subject.open();
    assert_eq!(version(&*store, "k", "r").await, before);
    let by_index = Scan { index: Some("i"), ..Scan::of("k", "", 9) };
    assert_eq!(keys(&*store, by_index, 9).await, ["r"]);
    assert_eq!(log(&*store).await, [(2, "kept".to_owned())]);
    commit(&*store, append(1, "new")).await;
    commit(&*store, append(2, "more")).await;
    drop(store);
    let store = subject.open();
    let row = |stream, text: &str| (stream, text.to_owned());
    assert_eq!(log(&*store).await, [row(2, "kept"), row(1, "new"), row(2, "more")]);
    commit(&*store, put("k", "r", "2", Expect::Version(before))).await;
}

pub(super) async fn commits_take_their_place_when_called(subject: &dyn Subject) {
    let store = &*subject.open();
    let mut later = Vec::new();
    for number in 0..50 {
        let mut batch = put("k", "last", &number.to_string(), Expect::Any);
        batch.extend(append(1, &number.to_string()));
        later.push(store.commit(batch));
    }
    // Waiting in another order changes nothing, and neither does not waiting at all.
    let last = later.pop().expect("50 were made");
    drop(later.pop());
    last.await.expect("the commit succeeds");
    for future in later.into_iter().rev() {
        future.await.expect("the commit succeeds");
    }
    assert_eq!(body(store, "k", "last").await.as_deref(), Some("49"));
    let rows = store.read_stream(1).await.expect("reading works");
    let numbers: Vec<_> = rows.into_iter().map(|row| readable(row).1).collect();
    let wanted: Vec<_> = (0..50).map(|number| number.to_string()).collect();
    assert_eq!(numbers, wanted);
}

/// Several writers add to one counter; each sees its own commits, and none gets lost.
pub(super) async fn concurrent_writers(subject: &dyn Subject) {
    let store = subject.open();
    commit(&*store, put("k", "counter", "0", Expect::Any)).await;
    let mut tasks = Vec::new();
    for stream in 0..4 {
        tasks.push(tokio::spawn(count(store.clone(), stream)));
    }
    for task in tasks {
        task.await.expect("the writer does not panic");
    }
    assert_eq!(body(&*store, "k", "counter").await.as_deref(), Some("100"));
    assert_eq!(log(&*store).await.len(), 100);
}

async fn count(store: Arc<dyn Store>, stream: u64) {
    let mut done: usize = 0;
    while done < 25 {
        let found = store.get("k", "counter").await.expect("reading works").expect("it is there");
        let value: u64 = serde_json::from_slice(&found.body).expect("the test wrote a number");
        let next = (value + 1).to_string();
        let mut batch = put("k", "counter", &next, Expect::Version(found.version));
        batch.extend(append(stream, "row"));
        match store.commit(batch).await {
            Ok(()) => done += 1,
            Err(Error::Conflict { .. }) => continue,
            Err(error) => panic!("{error}"),
        }
        let seen = store.get("k", "counter").await.expect("reading works").expect("it is there");
        assert!(seen.version > found.version, "a resolved commit is seen");
        assert_eq!(store.read_stream(stream).await.expect("reading works").len(), done);
    }
}
