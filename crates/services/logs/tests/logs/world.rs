//! A server of CloudWatch Logs alone, in memory, with a clock that tests turn.

use logs::Logs;
use serde_json::{Value, json};
use service::{
    Authoriser, AwsError, Call, Clock, Kit, OpenDoor, Principal, SeededEntropy, Service, WorkItem,
    WorkQueue,
};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use store::{
    Batch, CommitFuture, Error, Expect as Version, LogRow, MemoryStore, Page, Record, Scan, Store,
};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "us-east-1";

/// Where the clock starts: 2026-01-01T00:00:00Z.
pub(crate) const START_MS: i64 = 1_767_225_600_000;
pub(crate) const HOUR_MS: i64 = 3_600_000;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

struct Hands(AtomicI64);

impl Clock for Hands {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

struct NoQueue;

impl WorkQueue for NoQueue {
    fn scheduled(&self, _: Vec<WorkItem>) {}
    fn cancelled(&self, _: Vec<(String, String)>) {}
}

/// A store that counts what passes through it.
#[derive(Clone)]
struct Counted {
    store: Arc<dyn Store>,
    bytes_written: Arc<AtomicUsize>,
    records_read: Arc<AtomicUsize>,
    fails_next: Arc<Mutex<Option<Error>>>,
}

#[async_trait::async_trait]
impl Store for Counted {
    fn commit(&self, batch: Batch) -> CommitFuture {
        let bytes: usize = batch.puts.iter().map(|put| put.body.len()).sum();
        self.bytes_written.fetch_add(bytes, Ordering::SeqCst);
        if let Some(error) = self.fails_next.lock().unwrap().take() {
            return Box::pin(std::future::ready(Err(error)));
        }
        self.store.commit(batch)
    }

    async fn get(&self, kind: &str, key: &str) -> Result<Option<Record>, Error> {
        self.records_read.fetch_add(1, Ordering::SeqCst);
        self.store.get(kind, key).await
    }

    async fn scan(&self, scan: Scan<'_>) -> Result<Page, Error> {
        let page = self.store.scan(scan).await?;
        self.records_read.fetch_add(page.records.len(), Ordering::SeqCst);
        Ok(page)
    }

    async fn replay(&self, visit: &mut (dyn FnMut(LogRow) + Send)) -> Result<(), Error> {
        self.store.replay(visit).await
    }

    async fn read_stream(&self, stream: u64) -> Result<Vec<LogRow>, Error> {
        self.store.read_stream(stream).await
    }
}

pub(crate) struct World {
    pub(crate) kit: Arc<Kit>,
    store: Counted,
    clock: Arc<Hands>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::guarded_by(Arc::new(OpenDoor))
    }

    pub(crate) fn guarded_by(authoriser: Arc<dyn Authoriser>) -> Self {
        Self::made_of(Arc::new(MemoryStore::new()), authoriser)
    }

    pub(crate) fn over(store: Arc<dyn Store>) -> Self {
        Self::made_of(store, Arc::new(OpenDoor))
    }

    fn made_of(store: Arc<dyn Store>, authoriser: Arc<dyn Authoriser>) -> Self {
        let store = Counted {
            store,
            bytes_written: Arc::default(),
            records_read: Arc::default(),
            fails_next: Arc::default(),
        };
        let clock = Arc::new(Hands(AtomicI64::new(START_MS)));
        let entropy = Arc::new(SeededEntropy::new(1));
        let kit = Kit::new(ACCOUNT, Arc::new(store.clone()), clock.clone(), entropy);
        kit.join(authoriser, Arc::new(NoQueue), vec![Arc::new(Logs::default())]);
        Self { kit, store, clock }
    }

    /// A world with these groups and streams in it.
    pub(crate) async fn with(streams: &[(&str, &str)]) -> Self {
        let world = Self::new();
        world.make(streams).await;
        world
    }

    /// Makes these groups and streams.
    pub(crate) async fn make(&self, streams: &[(&str, &str)]) {
        for (group, stream) in streams {
            let made = self.call("CreateLogGroup", json!({"logGroupName": group})).await;
            assert!(made.is_ok() || made.unwrap_err().code == "ResourceAlreadyExistsException");
            let input = json!({"logGroupName": group, "logStreamName": stream});
            self.call("CreateLogStream", input).await.unwrap();
        }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    pub(crate) fn advance_ms(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// Calls as the account's root.
    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.call_as(Principal::root(ACCOUNT), operation, input).await
    }

    pub(crate) async fn call_as(
        &self,
        principal: Principal,
        operation: &str,
        input: Value,
    ) -> Result<Value, AwsError> {
        let output = self.kit.caller().call(call(principal, operation, input)).await?;
        check_wire(operation, &output);
        Ok(output)
    }

    /// Appends events `(ms after START_MS, message)`.
    pub(crate) async fn put(&self, group: &str, stream: &str, events: &[(i64, &str)]) -> Value {
        let events: Vec<Value> = events
            .iter()
            .map(|(ms, message)| json!({"timestamp": START_MS + ms, "message": message}))
            .collect();
        let input = json!({"logGroupName": group, "logStreamName": stream, "logEvents": events});
        self.call("PutLogEvents", input).await.unwrap()
    }

    /// Runs the work that is due until none is, as the driver does; answers how many runs it took.
    pub(crate) async fn run_due_work(&self) -> usize {
        for runs in 0..1_000 {
            let page = self.store.scan(Scan::of("work", "", 100)).await.unwrap();
            let due = page.records.iter().find_map(|record| {
                let item: WorkItem = serde_json::from_slice(&record.body).unwrap();
                (item.due_ms <= self.now_ms()).then_some((record, item))
            });
            let Some((record, item)) = due else { return runs };
            let ctx = self.kit.platform_ctx(&item.region);
            let outcome = Logs::default().work(&ctx, &item).await.unwrap();
            let mut batch = outcome.batch;
            let version = Version::Version(record.version);
            match outcome.again {
                Some(again) => batch.put("work", &record.key, &again, version),
                None => batch.remove("work", &record.key, version),
            };
            self.store.commit(batch).await.unwrap();
        }
        panic!("the work never ends");
    }

    /// How many records of a kind there are.
    pub(crate) async fn count(&self, kind: &str) -> usize {
        self.store.scan(Scan::of(kind, "", 1_000_000)).await.unwrap().records.len()
    }

    /// Bytes written and records read since the last time this was asked.
    pub(crate) fn costs(&self) -> (usize, usize) {
        let taken = |counter: &AtomicUsize| counter.swap(0, Ordering::SeqCst);
        (taken(&self.store.bytes_written), taken(&self.store.records_read))
    }

    /// Makes the next commit fail.
    pub(crate) fn fail_next_commit(&self, error: Error) {
        *self.store.fails_next.lock().unwrap() = Some(error);
    }
}

pub(crate) fn call(principal: Principal, operation: &str, input: Value) -> Call {
    Call {
        service: "logs".to_owned(),
        operation: operation.to_owned(),
        input,
        principal,
        region: REGION.to_owned(),
        effect_key: None,
    }
}

/// The output must come through the protocol unchanged: each member known to the model and of its type.
fn check_wire(operation: &str, output: &Value) {
    let operation = logs::model().operation(operation).expect("an operation of the model");
    let answer = wire::encode_response(logs::model(), operation, output, "request").expect("fits");
    let read = wire::decode_response(logs::model(), operation, &answer).expect("an answer");
    assert_eq!(read, *output, "{} is not what a client gets", operation.name);
}

/// What a step must answer.
pub(crate) enum Expect {
    /// An output that has at least these members (lists: exactly these elements).
    Output(Value),
    /// This error, with exactly this message.
    Error(&'static str, &'static str),
    /// `InvalidParameterException` whose message holds this.
    Invalid(&'static str),
}

pub(crate) const NO_GROUP: Expect =
    Expect::Error("ResourceNotFoundException", "The specified log group does not exist.");
pub(crate) const NO_STREAM: Expect =
    Expect::Error("ResourceNotFoundException", "The specified log stream does not exist.");

/// Nothing but success is expected.
pub(crate) fn done() -> Expect {
    Expect::Output(json!({}))
}

/// Runs the steps in order, as the account's root.
pub(crate) async fn check(world: &World, steps: Vec<(&str, Value, Expect)>) {
    for (number, (operation, input, expect)) in steps.into_iter().enumerate() {
        let answer = world.call(operation, input.clone()).await;
        let step = format!("step {number}: {operation} {input}");
        match (answer, expect) {
            (Ok(output), Expect::Output(expected)) => {
                assert!(holds(&output, &expected), "{step}\nhas    {output}\nwanted {expected}");
            }
            (Err(error), Expect::Error(code, message)) => {
                let found = (error.code.as_str(), error.status, error.message.as_str());
                assert_eq!(found, (code, 400, message), "{step}");
            }
            (Err(error), Expect::Invalid(part)) => {
                assert_eq!(error.code, "InvalidParameterException", "{step}: {error}");
                assert!(error.message.contains(part), "{step}: {error}");
            }
            (Ok(output), _) => panic!("{step}\nhas {output}, wanted an error"),
            (Err(error), Expect::Output(_)) => panic!("{step}\nfails with {error}"),
        }
    }
}

/// Whether `value` has everything that `expected` has.
fn holds(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Object(value), Value::Object(expected)) => expected
            .iter()
            .all(|(key, member)| value.get(key).is_some_and(|found| holds(found, member))),
        (Value::Array(value), Value::Array(expected)) => {
            value.len() == expected.len() && value.iter().zip(expected).all(|(v, e)| holds(v, e))
        }
        _ => value == expected,
    }
}

/// The messages of a page.
pub(crate) fn messages(page: &Value) -> Vec<String> {
    let events = page["events"].as_array().unwrap();
    events.iter().map(|event| event["message"].as_str().unwrap().to_owned()).collect()
}
