//! A service that counts, over the store in memory, and an IAM that writes down what it is asked.

use serde::Deserialize;
use serde_json::{Value, json};
use service::{
    Access, Authoriser, AwsError, Call, Ctx, Kit, OpenDoor, Operation, OperationFuture, Principal,
    Reply, Row, SeededEntropy, Service, SystemClock, WorkItem, WorkQueue, operation,
};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use store::{Batch, Expect, MemoryStore};
use wire::Model;

pub(crate) const ACCOUNT: &str = "123456789012";

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let operation = |name: &str| {
        json!({"http": {"method": "POST", "requestUri": "/"},
               "input": {"shape": "In"}, "output": {"shape": "Out"}, "name": name})
    };
    let names = ["Add", "Break", "Fail", "Pass", "Look", "Later"];
    let operations: serde_json::Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), operation(name))).collect();
    let text = json!({"shape": "Text"});
    let model = json!({
        "metadata": {"apiVersion": "2026-01-01", "endpointPrefix": "toy", "protocol": "json", "jsonVersion": "1.0",
            "serviceId": "Toy", "signatureVersion": "v4", "signingName": "toy", "targetPrefix": "Toy"},
        "operations": operations,
        "shapes": {
            "Text": {"type": "string"}, "Texts": {"type": "list", "member": {"shape": "Text"}},
            "Map": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
            "Pair": {"type": "structure", "members": {"Key": text, "Value": text}},
            "Pairs": {"type": "list", "member": {"shape": "Pair"}},
            "Inner": {"type": "structure", "members": {"RoleArn": text}},
            "In": {"type": "structure", "members": {"Name": text, "Tags": {"shape": "Pairs"}, "tags": {"shape": "Map"},
                "TagKeys": {"shape": "Texts"}, "RoleArn": text, "Inner": {"shape": "Inner"}}},
            "Out": {"type": "structure", "members": {"Count": {"shape": "Number"}, "Nothing": text}},
            "Number": {"type": "integer"},
        },
    });
    Model::parse(&model.to_string()).unwrap()
});

/// Counts by name.
#[derive(Default)]
pub(crate) struct Toy {
    /// How often an operation ran, whatever became of it.
    pub(crate) runs: AtomicUsize,
    /// Whether the consequences of `Later` have been acted on.
    pub(crate) acted: Arc<AtomicBool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    #[serde(default)]
    name: String,
}

macro_rules! module {
    ($name:ident, $service:ident, $ctx:ident, $input:ident, $body:expr) => {
        mod $name {
            use super::*;
            pub(crate) async fn run(
                $service: &Toy,
                $ctx: &Ctx,
                $input: Input,
            ) -> Result<Reply<Value>, AwsError> {
                $service.runs.fetch_add(1, Ordering::SeqCst);
                $body
            }
        }
    };
}

module!(add, _service, ctx, input, {
    let found = ctx.records::<u64>("toy/count").get(&input.name).await?;
    let (count, expect) = found.map_or((0, Expect::Absent), |found| (found.value, found.expect));
    let mut batch = Batch::new();
    batch.put("toy/count", input.name, &(count + 1), expect);
    Ok(Reply::with(json!({"Count": count + 1, "Nothing": null}), batch))
});
module!(break_, _service, _ctx, input, {
    assert!(input.name == "never", "a bug");
    Ok(Reply::new(json!({})))
});
module!(fail, _service, _ctx, _input, Err(AwsError::new("Refused", "no")));
module!(pass, _service, _ctx, _input, Ok(Reply::new(json!({}))));
module!(look, _service, _ctx, _input, Ok(Reply::new(json!({"Nothing": null}))));
module!(later, service, ctx, input, {
    let item = WorkItem::new("toy/work", input.name, &ctx.region, 5, &json!({}));
    let acted = service.acted.clone();
    let reply = Reply::new(json!({})).work(item).cancel("toy/work", "old").notice("toy");
    Ok(reply.after(move || acted.store(true, Ordering::SeqCst)))
});

static OPERATIONS: &[Operation<Toy>] = &[
    operation!("Add", add, "arn:aws:toy:{region}:{account}:count/{Name}"),
    operation!("Break", break_, "{Name}"),
    operation!("Fail", fail, "*"),
    operation!("Pass", pass, "{Name}", action "toy:Other", pass "RoleArn", "Inner.RoleArn"),
    operation!("Look", look, "*"),
    operation!("Later", later, "*"),
];

#[async_trait::async_trait]
impl Service for Toy {
    fn name(&self) -> &'static str {
        "toy"
    }
    fn model(&self) -> &Model {
        &MODEL
    }
    fn operation(&self, name: &str) -> Option<Row> {
        service::row(OPERATIONS, name)
    }
    fn run<'a>(&'a self, ctx: &'a Ctx, operation: &str, input: Value) -> OperationFuture<'a> {
        service::run(OPERATIONS, self, ctx, operation, input)
    }
    async fn resource_policy(&self, _: &Ctx, resource: &str) -> Result<Option<String>, AwsError> {
        Ok(resource.ends_with("/guarded").then(|| "policy".to_owned()))
    }
}

/// What IAM was asked: action, resource, condition keys, resource policy.
pub(crate) type Asked = (String, String, Vec<(String, Vec<String>)>, Option<String>);

/// Writes down what it is asked, and admits while told to.
pub(crate) struct Clerk {
    pub(crate) asked: Mutex<Vec<Asked>>,
    pub(crate) admits: AtomicBool,
}

#[async_trait::async_trait]
impl Authoriser for Clerk {
    async fn authorise(&self, access: &Access<'_>) -> Result<(), AwsError> {
        self.asked.lock().unwrap().push((
            access.action.to_owned(),
            access.resource.to_owned(),
            access.context.clone(),
            access.resource_policy.clone(),
        ));
        if self.admits.load(Ordering::SeqCst) {
            Ok(())
        } else {
            Err(AwsError::new("AccessDenied", "no"))
        }
    }
    async fn assume(
        &self,
        role: &str,
        service: &str,
        session: &str,
        source_arn: Option<&str>,
    ) -> Result<Principal, AwsError> {
        OpenDoor.assume(role, service, session, source_arn).await
    }
    async fn credentials(
        &self,
        session: &Principal,
        seconds: i64,
    ) -> Result<Vec<(String, String)>, AwsError> {
        OpenDoor.credentials(session, seconds).await
    }
}

/// Writes down what is armed.
#[derive(Default)]
pub(crate) struct Queue(pub(crate) Mutex<Vec<String>>);

impl WorkQueue for Queue {
    fn scheduled(&self, items: Vec<WorkItem>) {
        self.0.lock().unwrap().extend(items.iter().map(|item| format!("+{}", item.record_key())));
    }
    fn cancelled(&self, items: Vec<(String, String)>) {
        self.0.lock().unwrap().extend(items.iter().map(|(kind, key)| format!("-{kind}:{key}")));
    }
}

pub(crate) struct World {
    pub(crate) kit: Arc<Kit>,
    pub(crate) store: MemoryStore,
    pub(crate) toy: Arc<Toy>,
    pub(crate) clerk: Arc<Clerk>,
    pub(crate) queue: Arc<Queue>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::over(MemoryStore::new())
    }

    pub(crate) fn over(store: MemoryStore) -> Self {
        let clock = Arc::new(SystemClock::wall());
        let kit =
            Kit::new(ACCOUNT, Arc::new(store.clone()), clock, Arc::new(SeededEntropy::new(1)));
        let (toy, queue) = (Arc::new(Toy::default()), Arc::new(Queue::default()));
        let clerk = Arc::new(Clerk { asked: Mutex::default(), admits: AtomicBool::new(true) });
        kit.join(clerk.clone(), queue.clone(), vec![toy.clone()]);
        Self { kit, store, toy, clerk, queue }
    }

    /// Calls as a user, so that IAM is asked.
    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.keyed(operation, input, None).await
    }

    pub(crate) async fn keyed(
        &self,
        operation: &str,
        input: Value,
        effect_key: Option<&str>,
    ) -> Result<Value, AwsError> {
        let call = Call {
            service: "toy".to_owned(),
            operation: operation.to_owned(),
            input,
            principal: Principal::user(ACCOUNT, "/", "ann"),
            region: "eu-west-1".to_owned(),
            effect_key: effect_key.map(str::to_owned),
        };
        self.kit.caller().call(call).await
    }

    pub(crate) async fn count(&self, name: &str) -> u64 {
        let ctx = self.kit.platform_ctx("eu-west-1");
        let found = ctx.records::<u64>("toy/count").get(name).await.unwrap();
        found.map_or(0, |found| found.value)
    }

    pub(crate) fn runs(&self) -> usize {
        self.toy.runs.load(Ordering::SeqCst)
    }
}
