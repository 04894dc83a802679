//! A server without services: a kit in virtual time, a world outside that survives crashes, and lives of the driver.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use driver::{
    CANCEL_TASK_WORK, CancelledTask, Executions, StartSpec, TaskFailure, TaskHandler, TaskReporter,
    TaskRequest, Work,
};
use engine::{Data, Identity, MachineKind, TaskKind};
use serde_json::{Value, json};
use service::{
    AwsError, Clock, Ctx, Kit, OpenDoor, OperationFuture, Row, SeededEntropy, Service, SystemClock,
    WorkItem, WorkOutcome,
};
use store::Store;
use wire::Model;

pub(crate) const ORIGIN_MS: i64 = 1_700_000_000_000;
pub(crate) const ACCOUNT: &str = "000000000000";
pub(crate) const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
pub(crate) const EXECUTION: &str = "arn:aws:states:us-east-1:000000000000:execution:m:x";

/// What is outside of the server: it goes on while the server is down, and takes no request twice.
#[derive(Default)]
pub(crate) struct World {
    /// By effect key: when the request first came, and how often it did.
    pub(crate) requests: Mutex<BTreeMap<String, (i64, u32)>>,
    /// Tokens given out, with the time at which they are given back.
    pub(crate) tokens: Mutex<BTreeMap<String, (i64, bool)>>,
    /// Jobs told to stop.
    pub(crate) cancelled: Mutex<Vec<String>>,
    /// Status changes announced by work that ran.
    pub(crate) announced: Mutex<Vec<String>>,
    /// What work of kind `states/test` shall do, and when it ran.
    pub(crate) runs: Mutex<Vec<(String, i64)>>,
}

/// The task handler and the service behind work items: a `states` service that calls nobody.
pub(crate) struct Hands {
    pub(crate) world: Arc<World>,
    pub(crate) clock: Arc<dyn Clock>,
}

fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let text = r#"{"metadata": {"protocol": "json"}, "operations": {}, "shapes": {}}"#;
        Model::parse(text).unwrap()
    })
}

#[async_trait::async_trait]
impl TaskHandler for Hands {
    /// Parameters say what happens: `{"after": seconds, "error": name}`; the output is `{"done": effect key}`.
    async fn perform(
        &self,
        request: TaskRequest,
        reporter: TaskReporter,
    ) -> Result<Data, TaskFailure> {
        let now_ms = self.clock.now_ms();
        let first_ms = {
            let mut requests = self.world.requests.lock().unwrap();
            let entry = requests.entry(request.effect_key.clone()).or_insert((now_ms, 0));
            entry.1 += 1;
            entry.0
        };
        let parameters = request.task.parameters.value().clone();
        let after_ms = (parameters["after"].as_f64().unwrap_or(0.0) * 1000.0) as i64;
        match request.task.kind {
            TaskKind::Sync => {
                if !request.submitted {
                    reporter.submitted(json!({ "JobName": "j" }).into()).await;
                }
            }
            TaskKind::WaitForTaskToken => {
                let token = parameters["token"].as_str().unwrap().to_owned();
                let mut tokens = self.world.tokens.lock().unwrap();
                tokens.entry(token).or_insert((first_ms + after_ms, false));
                return Ok(json!({ "MessageId": "1" }).into());
            }
            TaskKind::Request | TaskKind::Lambda | TaskKind::Activity => {}
        }
        let wait_ms = u64::try_from(first_ms + after_ms - now_ms).unwrap_or(0);
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        assert!(parameters["panic"] != true, "the handler was told to panic");
        match parameters["error"].as_str() {
            Some(error) => Err(TaskFailure::new(error, "told to")),
            None => Ok(json!({ "done": request.task.key.to_string() }).into()),
        }
    }

    fn status_changed(&self, execution: &driver::ExecutionRecord) -> Vec<WorkItem> {
        let status = execution.status.word();
        let key = format!("{} {status}", execution.identity.name);
        vec![WorkItem::new("states/statusChange", key, "us-east-1", 0, &())]
    }
}

#[async_trait::async_trait]
impl Service for Hands {
    fn name(&self) -> &'static str {
        "states"
    }

    fn model(&self) -> &Model {
        model()
    }

    fn operation(&self, _name: &str) -> Option<Row> {
        None
    }

    fn run<'a>(&'a self, _ctx: &'a Ctx, _operation: &str, _input: Value) -> OperationFuture<'a> {
        unreachable!("there are no operations")
    }

    async fn work(&self, ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
        match &*item.kind {
            CANCEL_TASK_WORK => {
                let task: CancelledTask = serde_json::from_value(item.body.clone()).unwrap();
                self.world.cancelled.lock().unwrap().push(task.effect_key);
                Ok(WorkOutcome::done())
            }
            "states/statusChange" => {
                self.world.announced.lock().unwrap().push(item.key.clone());
                Ok(WorkOutcome::done())
            }
            _ => self.test_work(ctx, item).await,
        }
    }
}

impl Hands {
    /// Bodies say what happens: `{"seconds": run time, "every": seconds until the next, "times": count, "fail": times}`.
    async fn test_work(&self, ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
        self.world.runs.lock().unwrap().push((item.key.clone(), ctx.now_ms - ORIGIN_MS));
        if let Some(seconds) = item.body["seconds"].as_u64() {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
        assert!(item.body["panic"] != true || item.attempts > 0, "the item was told to panic");
        if u64::from(item.attempts) < item.body["fail"].as_u64().unwrap_or(0) {
            return Err(AwsError::fault("InternalFailure", "told to", 500));
        }
        let mut outcome = WorkOutcome::done();
        let times = item.body["times"].as_u64().unwrap_or(1);
        if times > 1 {
            let every_ms = item.body["every"].as_i64().unwrap_or(1) * 1000;
            let mut again = WorkItem { due_ms: item.due_ms + every_ms, ..item.clone() };
            again.body["times"] = (times - 1).into();
            outcome.again = Some(again);
        }
        outcome.batch.put("test", format!("{}-{times}", item.key), &ctx.now_ms, store::Expect::Any);
        Ok(outcome)
    }
}

/// One life of the server, from start to crash.
pub(crate) struct Life {
    pub(crate) kit: Arc<Kit>,
    pub(crate) executions: Executions,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Life {
    pub(crate) async fn begin(store: Arc<dyn Store>, world: &Arc<World>, now_ms: i64) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::starting_at(now_ms));
        let entropy = Arc::new(SeededEntropy::new(1));
        let kit = Kit::new(ACCOUNT, store, clock.clone(), entropy);
        let work = Work::new(&kit);
        let executions = Executions::new(&kit);
        let hands = Arc::new(Hands { world: world.clone(), clock: clock.clone() });
        kit.join(Arc::new(OpenDoor), work.clone(), vec![hands.clone()]);
        executions.join(hands);
        executions.recover().await.unwrap();
        work.start().await.unwrap();
        Self { kit, executions, clock }
    }

    pub(crate) async fn fresh() -> (Self, Arc<World>, store::MemoryStore) {
        let store = store::MemoryStore::new();
        let world = Arc::new(World::default());
        (Self::begin(Arc::new(store.clone()), &world, ORIGIN_MS).await, world, store)
    }

    pub(crate) fn spec(
        &self,
        name: &str,
        definition: &str,
        input: Value,
        kind: MachineKind,
    ) -> StartSpec {
        let execution_arn = format!("arn:aws:states:us-east-1:{ACCOUNT}:execution:m:{name}");
        StartSpec {
            identity: Identity {
                execution_arn: execution_arn.into(),
                name: name.into(),
                state_machine_arn: MACHINE.into(),
                state_machine_name: "m".into(),
                role_arn: "arn:aws:iam::000000000000:role/r".into(),
                state_machine_alias_arn: None,
                state_machine_version_arn: None,
                kind,
                input: input.into(),
                start_ms: self.clock.now_ms(),
            },
            definition: driver::Definition::new(definition),
            attributes: Arc::new(Value::Null),
        }
    }

    /// Starts a Standard execution as the dispatcher does.
    pub(crate) async fn start(
        &self,
        name: &str,
        definition: &str,
        input: Value,
    ) -> Result<(), store::Error> {
        let spec = self.spec(name, definition, input, MachineKind::Standard);
        self.commit(self.executions.start(spec).unwrap()).await
    }

    /// Commits what starts an execution as the dispatcher does.
    pub(crate) async fn commit(&self, start: driver::Start) -> Result<(), store::Error> {
        let mut batch = start.batch;
        for item in &start.work {
            batch.put("work", item.record_key(), item, store::Expect::Any);
        }
        self.kit.store.commit(batch).await?;
        (start.after)();
        self.kit.queue().scheduled(start.work);
        Ok(())
    }

    /// Gives tokens back when their time has come, until all are.
    pub(crate) async fn give_tokens_back(&self, world: &World) {
        loop {
            let next = {
                let tokens = world.tokens.lock().unwrap();
                let open = tokens.iter().filter(|(_, (_, answered))| !answered);
                open.map(|(token, (at_ms, _))| (*at_ms, token.clone())).min()
            };
            let Some((at_ms, token)) = next else {
                tokio::time::sleep(Duration::from_millis(500)).await;
                continue;
            };
            let wait_ms = u64::try_from(at_ms - self.clock.now_ms()).unwrap_or(0);
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            let answer = self.executions.task_succeeded(&token, json!({ "token": 1 }).into()).await;
            if answer.is_ok() || matches!(answer, Err(driver::Error::TaskTimedOut)) {
                world.tokens.lock().unwrap().get_mut(&token).unwrap().1 = true;
            }
        }
    }
}

/// A whole machine of the top-level fields given.
pub(crate) fn machine(start_at: &str, states: Value) -> String {
    json!({ "StartAt": start_at, "States": states }).to_string()
}
