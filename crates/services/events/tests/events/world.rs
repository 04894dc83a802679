//! A server of EventBridge alone, with targets that write down what they get.

use driver::Work;
use events::Events;
use serde_json::{Value, json};
use service::{
    Authoriser, AwsError, Ctx, Kit, OpenDoor, OperationFuture, Principal, Reply, Row,
    SeededEntropy, Service, SystemClock,
};
use std::sync::{Arc, LazyLock, Mutex};
use store::{Batch, Expect as Version, MemoryStore, Scan, Store};
use wire::Model;

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "us-east-1";
/// 2026-01-01T00:00:00Z.
pub(crate) const START_MS: i64 = 1_767_225_600_000;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let operation = |name: &str| json!({"name": name, "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "Input"}});
    let model = json!({
        "metadata": {"protocol": "json"},
        "operations": {
            "StartExecution": operation("StartExecution"), "Invoke": operation("Invoke"),
            "Publish": operation("Publish"), "SendMessage": operation("SendMessage"),
        },
        "shapes": {"Input": {"type": "structure", "members": {}}},
    });
    Model::parse(&model.to_string()).unwrap()
});

/// Refusals to come, per service: how often, and with what.
pub(crate) type Refusals = Arc<Mutex<Vec<(&'static str, u32, AwsError)>>>;

/// A service that other services' targets are: it commits what it is given.
struct Target(&'static str, Refusals);

#[async_trait::async_trait]
impl Service for Target {
    fn name(&self) -> &'static str {
        self.0
    }

    fn model(&self) -> &Model {
        &MODEL
    }

    fn operation(&self, name: &str) -> Option<Row> {
        let name = ["StartExecution", "Invoke", "Publish", "SendMessage"]
            .into_iter()
            .find(|known| *known == name)?;
        Some(Row { name, action: "", resource: "*", pass_roles: &[] })
    }

    fn run<'a>(&'a self, ctx: &'a Ctx, operation: &str, input: Value) -> OperationFuture<'a> {
        let operation = operation.to_owned();
        Box::pin(async move {
            for (service, times, error) in self.1.lock().unwrap().iter_mut() {
                if *service == self.0 && *times > 0 {
                    *times -= 1;
                    return Err(error.clone());
                }
            }
            let call = json!({
                "service": self.0, "operation": operation, "input": input, "at": ctx.now_ms,
                "by": ctx.principal.arn, "for": ctx.principal.source_arn,
            });
            let mut batch = Batch::new();
            batch.put("test/call", ctx.uuid(), &call, Version::Absent);
            Ok(Reply::with(json!({}), batch))
        })
    }
}

/// One life of the server.
pub(crate) struct World {
    pub(crate) kit: Arc<Kit>,
    pub(crate) store: MemoryStore,
    pub(crate) refusals: Refusals,
    _work: Arc<Work>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::begin(MemoryStore::new(), START_MS, 1, Arc::new(OpenDoor)).await
    }

    pub(crate) async fn guarded_by(authoriser: Arc<dyn Authoriser>) -> Self {
        Self::begin(MemoryStore::new(), START_MS, 1, authoriser).await
    }

    pub(crate) async fn begin(
        store: MemoryStore,
        now_ms: i64,
        seed: u64,
        authoriser: Arc<dyn Authoriser>,
    ) -> Self {
        let clock = Arc::new(SystemClock::starting_at(now_ms));
        let entropy = Arc::new(SeededEntropy::new(seed));
        let kit = Kit::new(ACCOUNT, Arc::new(store.clone()), clock, entropy);
        let work = Work::new(&kit);
        let refusals = Refusals::default();
        let mut services: Vec<Arc<dyn Service>> = vec![Arc::new(Events)];
        for name in ["states", "lambda", "sns", "sqs"] {
            services.push(Arc::new(Target(name, refusals.clone())));
        }
        kit.join(authoriser, work.clone(), services);
        Events.start(&kit.platform_ctx(REGION)).await.unwrap();
        work.start().await.unwrap();
        Self { kit, store, refusals, _work: work }
    }

    /// Calls as the account's root; checks that the output is what the model says.
    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        let ctx = self.kit.ctx(Principal::root(ACCOUNT), REGION);
        let output = ctx.call("events", operation, input).await?;
        let shape = events::model().operation(operation).unwrap();
        let unknown = wire::unknown_members(events::model(), shape, &output);
        assert!(unknown.is_empty(), "{operation}: {unknown:?} in {output}");
        Ok(output)
    }

    pub(crate) async fn ok(&self, operation: &str, input: Value) -> Value {
        let answer = self.call(operation, input.clone()).await;
        answer.unwrap_or_else(|error| panic!("{operation} {input}: {error:?}"))
    }

    /// A rule with these targets.
    pub(crate) async fn rule(&self, rule: Value, targets: Value) {
        let named = json!({"Rule": rule["Name"], "Targets": targets, "EventBusName": rule.get("EventBusName").unwrap_or(&json!("default"))});
        self.ok("PutRule", rule).await;
        if targets.as_array().is_some_and(|targets| !targets.is_empty()) {
            self.ok("PutTargets", named).await;
        }
    }

    /// What targets got, by time.
    pub(crate) async fn calls(&self) -> Vec<Value> {
        calls(&self.store).await
    }

    /// How many records there are.
    pub(crate) async fn count(&self, kind: &str) -> usize {
        self.store.scan(Scan::of(kind, "", 1_000_000)).await.unwrap().records.len()
    }
}

pub(crate) async fn calls(store: &MemoryStore) -> Vec<Value> {
    let page = store.scan(Scan::of("test/call", "", 1_000_000)).await.unwrap();
    let mut calls: Vec<Value> =
        page.records.iter().map(|record| serde_json::from_slice(&record.body).unwrap()).collect();
    calls.sort_by_key(|call| call["at"].as_i64());
    calls
}

pub(crate) fn queue(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

pub(crate) fn machine() -> Value {
    json!({
        "Id": "machine", "Arn": format!("arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:m"),
        "RoleArn": role(),
    })
}

pub(crate) fn role() -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/r")
}

pub(crate) fn bus(name: &str) -> String {
    format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{name}")
}

/// Lets virtual time pass.
pub(crate) async fn pass(seconds: u64) {
    tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn targets_can_be_called() {
    let world = World::new().await;
    let ctx = world.kit.ctx(Principal::root(ACCOUNT), REGION);
    ctx.call("sqs", "SendMessage", json!({"MessageBody": "x"})).await.unwrap();
    assert_eq!(world.calls().await.len(), 1);
}
