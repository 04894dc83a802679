//! A server of SNS, a queue service that keeps what it gets, and the work items in the store.

use serde_json::{Value, json};
use service::{
    Access, Authoriser, AwsError, Call, Clock, Ctx, Kit, OpenDoor, OperationFuture, Principal,
    Reply, Row, SeededEntropy, Service, WorkItem, WorkQueue,
};
use sns::Sns;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use store::{Batch, Expect, MemoryStore, Scan, Store};
use wire::Model;

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:t";
pub(crate) const FIFO: &str = "arn:aws:sns:us-east-1:123456789012:t.fifo";
pub(crate) const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:q";

pub(crate) struct Hands(pub(crate) AtomicI64);

impl Clock for Hands {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Stands in for SQS and Lambda: what it takes is stored as a record, so that effects count.
pub(crate) struct Taker {
    name: &'static str,
    model: Model,
    pub(crate) refuses: Mutex<Vec<AwsError>>,
    count: AtomicU64,
}

impl Taker {
    fn new(name: &'static str, operation: &str) -> Arc<Self> {
        let http = json!({"method": "POST", "requestUri": "/"});
        let model = json!({
            "metadata": {"apiVersion": "2026-01-01", "endpointPrefix": name, "protocol": "json", "jsonVersion": "1.0",
                "serviceId": name, "signatureVersion": "v4", "signingName": name, "targetPrefix": name},
            "operations": {operation: {"name": operation, "http": http, "input": {"shape": "Any"}}},
            "shapes": {"Any": {"type": "structure", "members": {}}},
        });
        let model = Model::parse(&model.to_string()).unwrap();
        Arc::new(Self { name, model, refuses: Mutex::default(), count: AtomicU64::new(0) })
    }
}

#[async_trait::async_trait]
impl Service for Taker {
    fn name(&self) -> &'static str {
        self.name
    }
    fn model(&self) -> &Model {
        &self.model
    }
    fn operation(&self, _: &str) -> Option<Row> {
        Some(Row { name: "", action: "take:Any", resource: "*", pass_roles: &[] })
    }
    fn run<'a>(&'a self, ctx: &'a Ctx, _: &str, mut input: Value) -> OperationFuture<'a> {
        let refusal = self.refuses.lock().unwrap().pop();
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        input["as"] = json!([ctx.principal.arn, ctx.principal.source_arn, ctx.region]);
        let mut batch = Batch::new();
        batch.put("taken", format!("{}/{number:06}", self.name), &input, Expect::Any);
        Box::pin(async move { refusal.map_or_else(|| Ok(Reply::with(json!({}), batch)), Err) })
    }
}

/// Admits everybody, and writes down the resources it is asked about.
#[derive(Default)]
pub(crate) struct Door(pub(crate) Mutex<Vec<(String, Option<String>)>>);

#[async_trait::async_trait]
impl Authoriser for Door {
    async fn authorise(&self, access: &Access<'_>) -> Result<(), AwsError> {
        let asked = (access.resource.to_owned(), access.resource_policy.clone());
        self.0.lock().unwrap().push(asked);
        Ok(())
    }
    async fn assume(
        &self,
        role: &str,
        service: &str,
        session: &str,
        source: Option<&str>,
    ) -> Result<Principal, AwsError> {
        OpenDoor.assume(role, service, session, source).await
    }
    async fn credentials(
        &self,
        session: &Principal,
        seconds: i64,
    ) -> Result<Vec<(String, String)>, AwsError> {
        OpenDoor.credentials(session, seconds).await
    }
}

struct NoQueue;

impl WorkQueue for NoQueue {
    fn scheduled(&self, _: Vec<WorkItem>) {}
    fn cancelled(&self, _: Vec<(String, String)>) {}
}

pub(crate) struct World {
    pub(crate) kit: Arc<Kit>,
    pub(crate) store: MemoryStore,
    pub(crate) clock: Arc<Hands>,
    pub(crate) sns: Arc<Sns>,
    pub(crate) sqs: Arc<Taker>,
    pub(crate) door: Arc<Door>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::over(MemoryStore::new(), 1_767_225_600_000)
    }

    pub(crate) fn over(store: MemoryStore, now_ms: i64) -> Self {
        let clock = Arc::new(Hands(AtomicI64::new(now_ms)));
        let entropy = Arc::new(SeededEntropy::new(3 + store.commits()));
        let kit = Kit::new(ACCOUNT, Arc::new(store.clone()), clock.clone(), entropy);
        let sns = Arc::new(Sns::new(None));
        let (sqs, lambda) = (Taker::new("sqs", "SendMessage"), Taker::new("lambda", "Invoke"));
        sqs.count.store(store.commits() * 1000, Ordering::SeqCst);
        let door = Arc::new(Door::default());
        kit.join(door.clone(), Arc::new(NoQueue), vec![sns.clone(), sqs.clone(), lambda]);
        Self { kit, store, clock, sns, sqs, door }
    }

    /// With a topic and its queue subscribed with these attributes.
    pub(crate) async fn with(attributes: Value) -> Self {
        let world = Self::new();
        world.ok("CreateTopic", json!({"Name": "t"})).await;
        world.subscribe(TOPIC, "sqs", QUEUE, attributes).await;
        world
    }

    pub(crate) async fn subscribe(
        &self,
        topic: &str,
        protocol: &str,
        endpoint: &str,
        attributes: Value,
    ) -> String {
        let input = json!({"TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint, "Attributes": attributes});
        let answer = self.ok("Subscribe", input).await;
        answer["SubscriptionArn"].as_str().unwrap().to_owned()
    }

    /// Calls as a user, and checks that the answer fits the model.
    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        let call = Call {
            service: "sns".to_owned(),
            operation: operation.to_owned(),
            input,
            principal: Principal::user(ACCOUNT, "/", "ann"),
            region: "us-east-1".to_owned(),
            effect_key: None,
        };
        let output = self.kit.caller().call(call).await?;
        let model = sns::model();
        let unknown = wire::unknown_members(model, model.operation(operation).unwrap(), &output);
        assert!(unknown.is_empty(), "{operation}: {unknown:?}");
        Ok(output)
    }

    pub(crate) async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input.clone())
            .await
            .unwrap_or_else(|e| panic!("{operation} {input}: {e}"))
    }

    pub(crate) async fn refused(&self, operation: &str, input: Value) -> (String, String) {
        let error = self.call(operation, input.clone()).await.err();
        let error = error.unwrap_or_else(|| panic!("{operation} takes {input}"));
        (error.code, error.message)
    }

    pub(crate) async fn publish(&self, text: &str) -> Value {
        self.ok("Publish", json!({"TopicArn": TOPIC, "Message": text})).await
    }

    /// The stored work items.
    pub(crate) async fn items(&self) -> Vec<WorkItem> {
        let page = self.store.scan(Scan::of("work", "", 10_000)).await.unwrap();
        page.records.iter().map(|r| serde_json::from_slice(&r.body).unwrap()).collect()
    }

    /// Runs an item and commits what it decided, as the driver does. `false`: it failed and stays.
    pub(crate) async fn run(&self, item: &WorkItem) -> bool {
        let ctx = self.kit.platform_ctx(&item.region);
        let Ok(outcome) = self.sns.work(&ctx, item).await else { return false };
        let mut batch = outcome.batch;
        match &outcome.again {
            Some(again) => batch.put("work", again.record_key(), again, Expect::Any),
            None => batch.remove("work", item.record_key(), Expect::Any),
        };
        self.store.commit(batch).await.unwrap();
        outcome.notices.iter().for_each(|topic| self.kit.notices.ring(topic));
        true
    }

    /// Runs what is due until nothing is.
    pub(crate) async fn run_due(&self) {
        loop {
            let now_ms = self.clock.now_ms();
            let due: Vec<_> =
                self.items().await.into_iter().filter(|i| i.due_ms <= now_ms).collect();
            if due.is_empty() {
                return;
            }
            for item in due {
                self.run(&item).await;
            }
        }
    }

    pub(crate) fn pass(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// What has been taken, in order.
    pub(crate) async fn taken(&self) -> Vec<Value> {
        let page = self.store.scan(Scan::of("taken", "", 10_000)).await.unwrap();
        page.records.iter().map(|r| serde_json::from_slice(&r.body).unwrap()).collect()
    }

    /// The texts that queues have, without their envelopes.
    pub(crate) async fn texts(&self) -> Vec<String> {
        let taken = self.taken().await;
        let text = |taken: &Value| {
            let body = taken["MessageBody"].as_str().unwrap();
            let envelope: Value = serde_json::from_str(body).unwrap_or_default();
            envelope["Message"].as_str().unwrap_or(body).to_owned()
        };
        taken.iter().map(text).collect()
    }

    pub(crate) async fn count(&self, kind: &str) -> usize {
        self.store.scan(Scan::of(kind, "", 10_000)).await.unwrap().records.len()
    }
}
