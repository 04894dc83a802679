//! A server of IAM and STS alone, in memory, with a clock that tests turn.

use iam::{Iam, Sts};
use serde_json::Value;
use service::{AwsError, Call, Clock, Kit, Principal, SeededEntropy, WorkItem, WorkQueue};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::MemoryStore;

pub(crate) const ACCOUNT: &str = "123456789012";

/// Where the clock starts: 2026-01-01T00:00:00Z.
pub(crate) const START_MS: i64 = 1_767_225_600_000;

pub(crate) struct Hands(AtomicI64);

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

pub(crate) struct World {
    pub(crate) kit: Arc<Kit>,
    pub(crate) iam: Arc<Iam>,
    pub(crate) store: MemoryStore,
    clock: Arc<Hands>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::over(MemoryStore::new(), 1)
    }

    /// The same data as a restarted server finds it.
    pub(crate) fn restarted(&self) -> Self {
        let world = Self::over(self.store.snapshot(), 2);
        world.clock.0.store(self.clock.now_ms(), Ordering::SeqCst);
        world
    }

    fn over(store: MemoryStore, seed: u64) -> Self {
        let clock = Arc::new(Hands(AtomicI64::new(START_MS)));
        let entropy = Arc::new(SeededEntropy::new(seed));
        let kit = Kit::new(ACCOUNT, Arc::new(store.clone()), clock.clone(), entropy);
        let iam = Iam::new(&kit);
        let services: Vec<Arc<dyn service::Service>> =
            vec![iam.clone(), Arc::new(Sts::new(iam.clone()))];
        kit.join(iam.clone(), Arc::new(NoQueue), services);
        Self { kit, iam, store, clock }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    /// Calls as the account's root.
    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.call_as(&Principal::root(ACCOUNT), operation, input).await
    }

    pub(crate) async fn call_as(
        &self,
        principal: &Principal,
        operation: &str,
        input: Value,
    ) -> Result<Value, AwsError> {
        let sts = ["AssumeRole", "GetCallerIdentity", "GetSessionToken", "GetAccessKeyInfo"];
        let service = if sts.contains(&operation) { "sts" } else { "iam" };
        let call = Call {
            service: service.to_owned(),
            operation: operation.to_owned(),
            input,
            principal: principal.clone(),
            region: "us-east-1".to_owned(),
            effect_key: None,
        };
        let output = self.kit.caller().call(call).await?;
        check_wire(service, operation, &output);
        Ok(output)
    }

    /// Calls that must succeed, as the account's root.
    pub(crate) async fn set_up(&self, calls: &[(&str, Value)]) {
        for (operation, input) in calls {
            let answer = self.call(operation, input.clone()).await;
            answer.unwrap_or_else(|error| panic!("{operation} {input}: {error}"));
        }
    }
}

/// The output must come through the protocol unchanged: each member known to the model and of its type.
fn check_wire(service: &str, operation: &str, output: &Value) {
    let model = if service == "sts" { iam::sts_model() } else { iam::model() };
    let operation = model.operation(operation).expect("an operation of the model");
    let answer =
        wire::encode_response(model, operation, output, "request").expect("fits its shape");
    let read = wire::decode_response(model, operation, &answer).expect("an answer");
    assert_eq!(read, *output, "{} is not what a client gets", operation.name);
}

/// What a step must answer.
pub(crate) enum Expect {
    /// An output that has at least these members (lists: exactly these elements).
    Output(Value),
    /// This error, with exactly this message.
    Error(&'static str, u16, &'static str),
}

/// Runs the steps in order in a new world, as the account's root.
pub(crate) async fn check(steps: Vec<(&str, Value, Expect)>) {
    let world = World::new();
    for (number, (operation, input, expect)) in steps.into_iter().enumerate() {
        let answer = world.call(operation, input.clone()).await;
        let step = format!("step {number}: {operation} {input}");
        match (answer, expect) {
            (Ok(output), Expect::Output(expected)) => {
                assert!(holds(&output, &expected), "{step}\nhas    {output}\nwanted {expected}");
            }
            (Err(error), Expect::Error(code, status, message)) => {
                let found = (error.code.as_str(), error.status, error.message.as_str());
                assert_eq!(found, (code, status, message), "{step}");
            }
            (Ok(output), Expect::Error(code, ..)) => panic!("{step}\nhas {output}, wanted {code}"),
            (Err(error), Expect::Output(_)) => panic!("{step}\nfails with {error}"),
        }
    }
}

/// Whether `value` has everything that `expected` has.
pub(crate) fn holds(value: &Value, expected: &Value) -> bool {
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

/// A trust policy for a service.
pub(crate) fn trusts_service(service: &str) -> String {
    serde_json::json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]})
    .to_string()
}

/// A trust policy for identities.
pub(crate) fn trusts(arn: &str) -> String {
    serde_json::json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}]})
    .to_string()
}

/// A policy with one statement.
pub(crate) fn statement(effect: &str, action: &str, resource: &str) -> String {
    serde_json::json!({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Action": action, "Resource": resource}]})
    .to_string()
}
