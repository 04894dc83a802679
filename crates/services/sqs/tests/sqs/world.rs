//! A server of SQS alone, in memory, in virtual time.

use serde_json::{Value, json};
use service::{
    AwsError, Call, Kit, OpenDoor, Principal, SeededEntropy, Service, SystemClock, WorkItem,
    WorkQueue,
};
use sqs::Sqs;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{Batch, Expect, MemoryStore, Store};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const URL: &str = "http://127.0.0.1:4566/123456789012/";
/// Where the clock starts: 2026-01-01T00:00:00Z.
pub(crate) const START_MS: i64 = 1_767_225_600_000;

/// Work as it was scheduled, by kind and key.
#[derive(Default)]
struct Work(Mutex<BTreeMap<(String, String), WorkItem>>);

impl WorkQueue for Work {
    fn scheduled(&self, items: Vec<WorkItem>) {
        let mut work = self.0.lock().unwrap();
        work.extend(items.into_iter().map(|item| ((item.kind.clone(), item.key.clone()), item)));
    }

    fn cancelled(&self, items: Vec<(String, String)>) {
        let mut work = self.0.lock().unwrap();
        for item in items {
            work.remove(&item);
        }
    }
}

pub(crate) struct World {
    pub(crate) kit: Arc<Kit>,
    pub(crate) store: MemoryStore,
    sqs: Arc<Sqs>,
    work: Arc<Work>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::over(MemoryStore::new(), START_MS, 1)
    }

    /// What a server finds that starts on the same data, now.
    pub(crate) fn restarted(&self) -> Self {
        Self::over(self.store.snapshot(), self.kit.clock.now_ms(), 2)
    }

    fn over(store: MemoryStore, now_ms: i64, seed: u64) -> Self {
        let clock = Arc::new(SystemClock::starting_at(now_ms));
        let entropy = Arc::new(SeededEntropy::new(seed));
        let kit = Kit::new(ACCOUNT, Arc::new(store.clone()), clock, entropy);
        let sqs = Arc::new(Sqs::new(&kit, "http://127.0.0.1:4566/"));
        let work = Arc::new(Work::default());
        kit.join(Arc::new(OpenDoor), work.clone(), vec![sqs.clone()]);
        Self { kit, store, sqs, work }
    }

    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        call(&self.kit, operation, input).await
    }

    /// A call that must succeed.
    pub(crate) async fn ok(&self, operation: &str, input: Value) -> Value {
        let answer = self.call(operation, input.clone()).await;
        answer.unwrap_or_else(|error| panic!("{operation} {input}: {error}"))
    }

    /// The bodies of what can be received from a queue, which stays received.
    pub(crate) async fn bodies(&self, queue: &str) -> Vec<String> {
        let mut bodies = Vec::new();
        loop {
            let input = json!({"QueueUrl": url(queue), "MaxNumberOfMessages": 10});
            let page = texts(&self.ok("ReceiveMessage", input).await);
            if page.is_empty() {
                return bodies;
            }
            bodies.extend(page);
        }
    }

    /// Runs the work that is due, each item once.
    pub(crate) async fn run_work(&self) {
        let now_ms = self.kit.clock.now_ms();
        let due: Vec<WorkItem> = {
            let work = self.work.0.lock().unwrap();
            work.values().filter(|item| item.due_ms <= now_ms).cloned().collect()
        };
        for item in due {
            let ctx = self.kit.platform_ctx(&item.region);
            let outcome = self.sqs.work(&ctx, &item).await.unwrap();
            self.store.commit(outcome.batch).await.unwrap();
            self.work.cancelled(vec![(item.kind.clone(), item.key.clone())]);
            self.work.scheduled(outcome.again.into_iter().chain(outcome.work).collect());
        }
    }

    /// Due times of all work.
    pub(crate) fn due(&self) -> Vec<i64> {
        self.work.0.lock().unwrap().values().map(|item| item.due_ms).collect()
    }

    /// How many records of a kind are stored.
    pub(crate) async fn count(&self, kind: &str) -> usize {
        self.store.scan(store::Scan::of(kind, "", 100_000)).await.unwrap().records.len()
    }

    /// Removes a record behind the service's back.
    pub(crate) async fn damage(&self, kind: &str) {
        let page = self.store.scan(store::Scan::of(kind, "", 1)).await.unwrap();
        let mut batch = Batch::new();
        batch.remove(kind, &page.records[0].key, Expect::Any);
        self.store.commit(batch).await.unwrap();
    }
}

pub(crate) async fn call(kit: &Arc<Kit>, operation: &str, input: Value) -> Result<Value, AwsError> {
    let call = Call {
        service: "sqs".to_owned(),
        operation: operation.to_owned(),
        input,
        principal: Principal::root(ACCOUNT),
        region: "us-east-1".to_owned(),
        effect_key: None,
    };
    let output = kit.caller().call(call).await?;
    check_wire(operation, &output);
    Ok(output)
}

/// The output must come through the protocol unchanged: each member known to the model and of its type.
fn check_wire(operation: &str, output: &Value) {
    let model = sqs::model();
    let operation = model.operation(operation).expect("an operation of the model");
    if operation.output.is_none() {
        assert_eq!(*output, json!({}), "{} answers nothing", operation.name);
        return;
    }
    let answer =
        wire::encode_response(model, operation, output, "request").expect("fits its shape");
    let read = wire::decode_response(model, operation, &answer).expect("an answer");
    assert_eq!(read, *output, "{} is not what a client gets", operation.name);
}

pub(crate) fn url(queue: &str) -> String {
    format!("{URL}{queue}")
}

pub(crate) fn arn(queue: &str) -> String {
    format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{queue}")
}

/// Bodies of a receive's messages.
pub(crate) fn texts(output: &Value) -> Vec<String> {
    let messages = output["Messages"].as_array().into_iter().flatten();
    messages.map(|message| message["Body"].as_str().unwrap().to_owned()).collect()
}

/// Advances the virtual time.
pub(crate) async fn wait(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// One step of a scenario.
pub(crate) enum Step {
    /// A call, and what its output must hold. A text `=name` there takes the value for later steps, in which `$name`
    /// stands for it; `null` says that the member is absent.
    Call(&'static str, Value, Value),
    /// A call that is refused.
    Refused(&'static str, Value, &'static str, String),
    /// Time passes.
    Wait(u64),
}

/// A call of an operation on the queue `q`, or on the one that the input names.
pub(crate) fn does(operation: &'static str, input: Value, output: Value) -> Step {
    Step::Call(operation, with_queue(input), output)
}

/// The same for a refusal.
pub(crate) fn refuses(
    operation: &'static str,
    input: Value,
    code: &'static str,
    message: &str,
) -> Step {
    Step::Refused(operation, with_queue(input), code, message.to_owned())
}

fn with_queue(mut input: Value) -> Value {
    if input.get("QueueUrl").is_none() && input.get("QueueName").is_none() {
        input["QueueUrl"] = Value::from(url("q"));
    }
    input
}

/// Runs the steps in order in a new world, after the queue `q` was made.
pub(crate) async fn check(attributes: Value, steps: Vec<Step>) {
    let name = if attributes["FifoQueue"] == "true" { "q.fifo" } else { "q" };
    let world = World::new();
    world.ok("CreateQueue", json!({"QueueName": name, "Attributes": attributes})).await;
    run(&world, name, steps).await;
}

/// Runs the steps in order. `queue` is what steps that name none are about.
pub(crate) async fn run(world: &World, queue: &str, steps: Vec<Step>) {
    let mut known: BTreeMap<String, Value> = BTreeMap::new();
    known.insert(url("q"), Value::from(url(queue)));
    for (number, step) in steps.into_iter().enumerate() {
        match step {
            Step::Wait(seconds) => wait(seconds).await,
            Step::Call(operation, input, expected) => {
                let input = filled(&input, &known);
                let place = format!("step {number}: {operation} {input}");
                let output = world.call(operation, input).await;
                let output = output.unwrap_or_else(|error| panic!("{place}\nfails with {error}"));
                let holds = holds(&output, &filled(&expected, &known), &mut known);
                assert!(holds, "{place}\nhas    {output}\nwanted {expected}");
            }
            Step::Refused(operation, input, code, message) => {
                let input = filled(&input, &known);
                let place = format!("step {number}: {operation} {input}");
                let Err(error) = world.call(operation, input).await else {
                    panic!("{place}\nis not refused, wanted {code} {message}");
                };
                let mut message = Value::from(message);
                for (name, value) in &known {
                    let text = message.as_str().unwrap_or_default();
                    message = text.replace(name, value.as_str().unwrap_or_default()).into();
                }
                assert_eq!(
                    (error.code.as_str(), Value::from(error.message.as_str())),
                    (code, message),
                    "{place}"
                );
            }
        }
    }
}

/// The value with what is known put in.
fn filled(value: &Value, known: &BTreeMap<String, Value>) -> Value {
    match value {
        Value::String(text) => known.get(text).unwrap_or(value).clone(),
        Value::Array(items) => items.iter().map(|item| filled(item, known)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), filled(member, known))).collect()
        }
        other => other.clone(),
    }
}

/// Whether `value` has everything that `expected` has.
fn holds(value: &Value, expected: &Value, known: &mut BTreeMap<String, Value>) -> bool {
    match (value, expected) {
        (value, Value::String(text)) if text.starts_with('=') => {
            known.insert(format!("${}", &text[1..]), value.clone());
            true
        }
        (value, Value::String(text)) if text.starts_with('$') => known.get(text) == Some(value),
        (Value::Object(value), Value::Object(expected)) => {
            expected.iter().all(|(name, member)| match value.get(name) {
                Some(found) => holds(found, member, known),
                None => member.is_null(),
            })
        }
        (Value::Array(value), Value::Array(expected)) => {
            value.len() == expected.len()
                && value.iter().zip(expected).all(|(value, expected)| holds(value, expected, known))
        }
        _ => value == expected,
    }
}
