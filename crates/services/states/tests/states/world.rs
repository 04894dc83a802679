//! A server of Step Functions and the fakes a test gives it.

use driver::{Executions, Work};
use serde_json::{Value, json};
use service::{AwsError, Call, Kit, OpenDoor, Principal, SeededEntropy, Service, SystemClock};
use states::States;
use std::sync::Arc;
use std::time::Duration;
use store::MemoryStore;

pub(crate) const ACCOUNT: &str = "000000000000";
pub(crate) const ROLE: &str = "arn:aws:iam::000000000000:role/retrain";
/// Where the clock starts: 2026-01-01T00:00:00Z.
pub(crate) const START_MS: i64 = 1_767_225_600_000;

pub(crate) struct World {
    pub(crate) kit: Arc<Kit>,
    pub(crate) store: MemoryStore,
    pub(crate) executions: Executions,
    _work: Arc<Work>,
}

impl World {
    pub(crate) async fn new(others: Vec<Arc<dyn Service>>) -> Self {
        Self::over(MemoryStore::new(), others, Arc::new(OpenDoor)).await
    }

    /// A server over what is stored.
    pub(crate) async fn over(
        store: MemoryStore,
        others: Vec<Arc<dyn Service>>,
        authoriser: Arc<dyn service::Authoriser>,
    ) -> Self {
        let clock = Arc::new(SystemClock::starting_at(START_MS));
        let entropy = Arc::new(SeededEntropy::new(7));
        let kit = Kit::new(ACCOUNT, Arc::new(store.clone()), clock, entropy);
        let executions = Executions::new(&kit);
        let work = Work::new(&kit);
        let mut services: Vec<Arc<dyn Service>> = vec![States::new(&kit, executions.clone())];
        services.extend(others);
        kit.join(authoriser, work.clone(), services);
        executions.recover().await.unwrap();
        work.start().await.unwrap();
        Self { kit, store, executions, _work: work }
    }

    /// Calls as the account's root.
    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        let call = Call {
            service: "states".to_owned(),
            operation: operation.to_owned(),
            input,
            principal: Principal::root(ACCOUNT),
            region: "us-east-1".to_owned(),
            effect_key: None,
        };
        self.kit.caller().call(call).await
    }

    /// Calls what must succeed.
    pub(crate) async fn ok(&self, operation: &str, input: Value) -> Value {
        let answer = self.call(operation, input.clone()).await;
        answer.unwrap_or_else(|error| panic!("{operation} {input}: {error}"))
    }

    /// Creates a machine and answers its ARN.
    pub(crate) async fn machine(&self, name: &str, definition: &Value) -> String {
        let input = json!({"name": name, "definition": definition.to_string(), "roleArn": ROLE});
        let answer = self.ok("CreateStateMachine", input).await;
        answer["stateMachineArn"].as_str().unwrap().to_owned()
    }

    /// Starts an execution and answers its ARN.
    pub(crate) async fn start(&self, machine: &str, input: &Value) -> String {
        let input = json!({"stateMachineArn": machine, "input": input.to_string()});
        let answer = self.ok("StartExecution", input).await;
        answer["executionArn"].as_str().unwrap().to_owned()
    }

    /// The description of an execution once it has ended.
    pub(crate) async fn ended(&self, execution: &str) -> Value {
        for _ in 0..10_000 {
            let found = self.ok("DescribeExecution", json!({"executionArn": execution})).await;
            if found["status"] != "RUNNING" {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        panic!("{execution} does not end");
    }

    /// Runs a machine of one task and answers the description and the task's events.
    pub(crate) async fn run_task(&self, name: &str, task: Value) -> (Value, Vec<Value>) {
        let mut task = task;
        task["Type"] = json!("Task");
        task["End"] = json!(true);
        let definition = json!({"StartAt": "Task", "States": {"Task": task}});
        let machine = self.machine(name, &definition).await;
        let execution = self.start(&machine, &json!({})).await;
        let found = self.ended(&execution).await;
        (found, self.history(&execution).await)
    }

    /// All events of an execution.
    pub(crate) async fn history(&self, execution: &str) -> Vec<Value> {
        let input = json!({"executionArn": execution, "maxResults": 1000});
        let answer = self.ok("GetExecutionHistory", input).await;
        answer["events"].as_array().unwrap().clone()
    }
}

/// The types of events.
pub(crate) fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// The output of an execution.
pub(crate) fn output(found: &Value) -> Value {
    let text = found["output"].as_str().unwrap_or_else(|| panic!("no output: {found:#}"));
    serde_json::from_str(text).unwrap()
}

/// Whether `value` has everything that `expected` has; the text `*` stands for anything.
pub(crate) fn holds(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (_, Value::String(text)) if text == "*" => true,
        (Value::Object(value), Value::Object(expected)) => expected
            .iter()
            .all(|(key, member)| value.get(key).is_some_and(|found| holds(found, member))),
        (Value::Array(value), Value::Array(expected)) => {
            value.len() == expected.len() && value.iter().zip(expected).all(|(v, e)| holds(v, e))
        }
        _ => value == expected,
    }
}

/// What a step must answer.
pub(crate) enum Expect {
    /// An output that has at least these members.
    Output(Value),
    /// This error, with exactly this message.
    Error(&'static str, &'static str),
}

/// Runs the steps in order.
pub(crate) async fn check(world: &World, steps: Vec<(&str, Value, Expect)>) {
    for (number, (operation, input, expect)) in steps.into_iter().enumerate() {
        let answer = world.call(operation, input.clone()).await;
        let step = format!("step {number}: {operation} {input}");
        match (answer, expect) {
            (Ok(output), Expect::Output(expected)) => {
                assert!(holds(&output, &expected), "{step}\nhas    {output}\nwanted {expected}");
            }
            (Err(error), Expect::Error(code, message)) => {
                assert_eq!((&*error.code, &*error.message), (code, message), "{step}");
            }
            (Ok(output), Expect::Error(code, _)) => panic!("{step}\nhas {output}, wanted {code}"),
            (Err(error), Expect::Output(_)) => panic!("{step}\nfails with {error}"),
        }
    }
}
