//! A scripted AWS, a recorder of progress, and scratch folders.

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use stack::{
    Aws, Diagnostic, Error, Operation, Options, PlannedCall, Progress, Project, Step, Summary,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use wire::AwsError;

/// An AWS that keeps what it is told, refuses what it is asked to refuse, and writes down every call.
#[derive(Default)]
pub(crate) struct Fake {
    calls: Mutex<Vec<(String, Value)>>,
    /// `Operation region` of every call.
    regions: Mutex<Vec<String>>,
    /// `Operation` or `Operation NAME` to the error it answers.
    refuse: Mutex<BTreeMap<String, AwsError>>,
    /// What exists: `kind NAME` to what it was made with.
    things: Mutex<BTreeMap<String, Value>>,
    /// Operations whose next answer is lost on its way, after it was done.
    lost: Mutex<Vec<String>>,
    /// Answers that win over everything.
    answers: Mutex<BTreeMap<String, Value>>,
    /// Operations that are refused so many more times, as long as what they need has not spread.
    not_yet: Mutex<BTreeMap<String, (u32, AwsError)>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test panics while it holds this")
}

impl Fake {
    pub(crate) fn things(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        lock(&self.things)
    }

    pub(crate) fn answer(&self, operation: &str, answer: Value) {
        lock(&self.answers).insert(operation.to_owned(), answer);
    }

    pub(crate) fn refuse(&self, call: &str, code: &str, message: &str) {
        let error = AwsError::new(code, message);
        lock(&self.refuse).insert(call.to_owned(), error);
    }

    /// The next call of the operation takes place, and its answer never arrives.
    pub(crate) fn lose_answer(&self, operation: &str) {
        lock(&self.lost).push(operation.to_owned());
    }

    /// The next calls of the operation are refused.
    pub(crate) fn refuse_at_first(&self, operation: &str, times: u32, code: &str, message: &str) {
        let error = AwsError::new(code, message);
        lock(&self.not_yet).insert(operation.to_owned(), (times, error));
    }

    pub(crate) fn allow(&self, call: &str) {
        lock(&self.refuse).remove(call);
    }

    /// Operations called since the last time, without the one that asks who is calling.
    pub(crate) fn take_calls(&self) -> Vec<String> {
        let calls = std::mem::take(&mut *lock(&self.calls));
        calls.into_iter().map(|(name, _)| name).filter(|name| name != "GetCallerIdentity").collect()
    }

    /// `Operation region` of the calls since the last time.
    pub(crate) fn take_regions(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.regions))
    }

    pub(crate) fn input(&self, operation: &str) -> Value {
        let calls = lock(&self.calls);
        let found = calls.iter().rev().find(|(name, _)| name == operation);
        found.unwrap_or_else(|| panic!("no {operation}")).1.clone()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        lock(&self.things).keys().cloned().collect()
    }
}

/// What is made, by which member it is named, how it is read and deleted.
const MADE: &[(&str, &str, &str, &str, &str, &str)] = &[
    ("CreateRole", "RoleName", "GetRole", "DeleteRole", "NoSuchEntity", "role"),
    (
        "PutRolePolicy",
        "PolicyName",
        "GetRolePolicy",
        "DeleteRolePolicy",
        "NoSuchEntity",
        "rolepolicy",
    ),
    ("CreateTopic", "Name", "GetTopicAttributes", "DeleteTopic", "NotFound", "topic"),
    ("CreateBucket", "Bucket", "HeadBucket", "DeleteBucket", "NoSuchBucket", "bucket"),
    ("PutObject", "Key", "HeadObject", "DeleteObject", "NoSuchKey", "object"),
    (
        "CreateStateMachine",
        "name",
        "DescribeStateMachine",
        "DeleteStateMachine",
        "StateMachineDoesNotExist",
        "machine",
    ),
    ("PutRule", "Name", "DescribeRule", "DeleteRule", "ResourceNotFoundException", "rule"),
    (
        "CreateFunction",
        "FunctionName",
        "GetFunctionConfiguration",
        "DeleteFunction",
        "ResourceNotFoundException",
        "function",
    ),
    (
        "CreateModelPackageGroup",
        "ModelPackageGroupName",
        "DescribeModelPackageGroup",
        "DeleteModelPackageGroup",
        "ValidationException",
        "group",
    ),
    ("CreateQueue", "QueueName", "GetQueueAttributes", "DeleteQueue", "QueueDoesNotExist", "queue"),
];

fn error(operation: &str, error: AwsError) -> client::Error {
    client::Error::Service { operation: operation.to_owned(), error }
}

#[async_trait]
impl Aws for Fake {
    async fn call(
        &self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, client::Error> {
        tokio::task::yield_now().await;
        let lost = lock(&self.lost).iter().position(|name| name == operation);
        if let Some(at) = lost {
            lock(&self.lost).remove(at);
            self.call(service, operation, input).await?;
            return Err(client::Error::TimedOut {
                operation: operation.to_owned(),
                endpoint: "http://fake".to_owned(),
            });
        }
        lock(&self.calls).push((operation.to_owned(), input.clone()));
        if let Some(answer) = lock(&self.answers).get(operation) {
            return Ok(answer.clone());
        }
        if let Some((times, refusal)) = lock(&self.not_yet).get_mut(operation)
            && *times > 0
        {
            *times -= 1;
            return Err(error(operation, refusal.clone()));
        }
        let refuse = lock(&self.refuse).clone();
        let by_name = input.as_object().into_iter().flatten().filter_map(|(_, v)| v.as_str());
        let by_name = { by_name }.find_map(|name| refuse.get(&format!("{operation} {name}")));
        if let Some(refusal) = by_name.or_else(|| refuse.get(operation)) {
            return Err(error(operation, refusal.clone()));
        }
        if operation == "GetCallerIdentity" {
            assert_eq!(service, "sts");
            return Ok(json!({
                "Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/admin", "UserId": "AIDA",
            }));
        }
        let mut things = lock(&self.things);
        for (create, member, read, delete, gone, kind) in MADE {
            let named = |input: &Value| {
                let arn =
                    ["stateMachineArn", "TopicArn", "QueueUrl"].iter().find_map(|m| input.get(*m));
                let name = input.get(*member).or(arn).and_then(Value::as_str).unwrap_or_default();
                let name = name.rsplit([':', '/']).next().unwrap_or_default();
                format!("{kind} {name}")
            };
            if operation == *create {
                let key = named(&input);
                let puts = operation.starts_with("Put");
                if !puts && things.contains_key(&key) {
                    return Err(error(
                        operation,
                        AwsError::new("AlreadyExists", format!("{key} exists")),
                    ));
                }
                things.insert(key, input.clone());
                return Ok(made(operation, &input));
            }
            if operation == *read || operation == *delete {
                let key = named(&input);
                let there = if operation == *delete {
                    things.remove(&key)
                } else {
                    things.get(&key).cloned()
                };
                let Some(thing) = there else {
                    let refusal = AwsError::new(*gone, format!("{key} does not exist"));
                    return Err(error(operation, refusal));
                };
                return Ok(if operation == *read { seen(&thing) } else { json!({}) });
            }
        }
        Ok(json!({}))
    }

    fn region(&self) -> String {
        "us-east-1".to_owned()
    }
}

/// The same AWS as it is called in one region.
struct Regional {
    fake: Arc<Fake>,
    region: String,
}

impl Fake {
    /// Whether something is refused only at first.
    fn takes_its_time(&self) -> bool {
        !lock(&self.not_yet).is_empty()
    }
}

#[async_trait]
impl Aws for Regional {
    async fn call(
        &self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, client::Error> {
        lock(&self.fake.regions).push(format!("{operation} {}", self.region));
        self.fake.call(service, operation, input).await
    }

    fn region(&self) -> String {
        self.region.clone()
    }

    fn in_region(&self, region: &str) -> Option<Arc<dyn Aws>> {
        Some(Arc::new(Self { fake: self.fake.clone(), region: region.to_owned() }))
    }

    fn is_eventually_consistent(&self) -> bool {
        self.fake.takes_its_time()
    }
}

fn made(operation: &str, input: &Value) -> Value {
    let name = |member: &str| input[member].as_str().unwrap_or_default().to_owned();
    match operation {
        "CreateRole" => json!({ "Role": {
            "Arn": format!("arn:aws:iam::123456789012:role/{}", name("RoleName")),
            "RoleId": "AROA", "CreateDate": 1_700_000_000.0 } }),
        "CreateTopic" => {
            json!({ "TopicArn": format!("arn:aws:sns:us-east-1:123456789012:{}", name("Name")) })
        }
        "CreateQueue" => {
            json!({ "QueueUrl": format!("http://queue/123456789012/{}", name("QueueName")) })
        }
        "CreateStateMachine" => json!({
            "stateMachineArn": format!("arn:aws:states:us-east-1:123456789012:stateMachine:{}", name("name")),
            "creationDate": 1_700_000_000.0 }),
        "PutObject" => json!({ "ETag": "\"abc\"" }),
        "CreateFunction" => json!({
            "FunctionArn": format!("arn:aws:lambda:us-east-1:123456789012:function:{}", name("FunctionName")),
            "State": "Active", "Version": "$LATEST", "CodeSha256": "sha" }),
        _ => json!({}),
    }
}

/// What a read of a thing answers.
fn seen(thing: &Value) -> Value {
    match thing.get("RoleName") {
        Some(name) => {
            json!({ "Role": { "RoleName": name, "Description": thing.get("Description") } })
        }
        None => json!({}),
    }
}

/// Writes down what a run tells.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) planned: Vec<Step>,
    pub(crate) calls: Vec<PlannedCall>,
    pub(crate) lines: Vec<String>,
    pub(crate) notes: Vec<Diagnostic>,
}

impl Progress for Recorder {
    fn planned(&mut self, step: &Step) {
        self.planned.push(step.clone());
    }

    fn calls(&mut self, _step: &Step, calls: &[PlannedCall]) {
        self.calls.extend_from_slice(calls);
    }

    fn done(&mut self, step: &Step, _took: Duration) {
        self.lines.push(format!("{} {}", step.operation.word(), step.name));
    }

    fn failed(&mut self, step: &Step, why: &Diagnostic) {
        self.lines.push(format!("failed {} {}: {}", step.operation.word(), step.name, why.message));
    }

    fn note(&mut self, diagnostic: &Diagnostic) {
        self.notes.push(diagnostic.clone());
    }
}

impl Recorder {
    /// Everything planned that is not `same`, as `operation name`, sorted.
    pub(crate) fn plan(&self) -> Vec<String> {
        let changes = self.planned.iter().filter(|step| step.operation != Operation::Same);
        let mut plan: Vec<String> =
            changes.map(|step| format!("{} {}", step.operation.word(), step.name)).collect();
        plan.sort();
        plan
    }
}

/// A folder with a project, and an AWS.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) aws: Arc<Fake>,
    pub(crate) options: Options,
}

impl Place {
    pub(crate) fn new(yaml: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("stack-test-{}-{count}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("it works in tests");
        let aws = Arc::new(Fake::default());
        let regional = Regional { fake: aws.clone(), region: "us-east-1".to_owned() };
        let options = Options::new("dev", folder.join("state"), Arc::new(regional));
        let place = Self { folder, aws, options };
        place.write("Pulumi.yaml", yaml);
        place
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        std::fs::create_dir_all(path.parent().expect("it works in tests"))
            .expect("it works in tests");
        std::fs::write(path, text).expect("it works in tests");
    }

    pub(crate) fn project(&self) -> Project {
        Project::load(&self.folder).expect("it works in tests")
    }

    pub(crate) async fn up(&self) -> (Result<Summary, Error>, Recorder) {
        let mut recorder = Recorder::default();
        let result = self.project().up(&self.options, &mut recorder).await;
        (result, recorder)
    }

    pub(crate) async fn preview(&self) -> (Result<Summary, Error>, Recorder) {
        let mut recorder = Recorder::default();
        let result = self.project().preview(&self.options, &mut recorder).await;
        (result, recorder)
    }

    /// The calls that would be made, as `Operation input`, and those of deleting everything.
    pub(crate) async fn calls(&mut self) -> [Vec<String>; 2] {
        self.options.shows_calls = true;
        let text = |call: &PlannedCall| {
            let note = call.note.map(|note| format!(" {note}")).unwrap_or_default();
            format!("{} {}{note}", call.operation, call.input)
        };
        let (mut made, mut deleted) = (Recorder::default(), Recorder::default());
        self.project().preview(&self.options, &mut made).await.expect("deployable");
        let _ = self.project().preview_destroy(&self.options, &mut deleted).await;
        [made, deleted].map(|recorder| recorder.calls.iter().map(text).collect())
    }

    pub(crate) async fn destroy(&self) -> (Result<Summary, Error>, Recorder) {
        let mut recorder = Recorder::default();
        let result = self.project().destroy(&self.options, &mut recorder).await;
        (result, recorder)
    }

    pub(crate) fn state(&self) -> Value {
        let project = self.project();
        let path = self.folder.join(format!("state/.pulumi/stacks/{}/dev.json", project.name()));
        serde_json::from_str(&std::fs::read_to_string(path).expect("it works in tests"))
            .expect("it works in tests")
    }

    pub(crate) fn edit_state(&self, edit: impl FnOnce(&mut Value)) {
        let mut state = self.state();
        edit(&mut state);
        let path =
            self.folder.join(format!("state/.pulumi/stacks/{}/dev.json", self.project().name()));
        std::fs::write(path, state.to_string()).expect("it works in tests");
    }

    pub(crate) fn resources(&self) -> Map<String, Value> {
        let resources = self.project().resources(&self.options).expect("it works in tests");
        resources
            .into_iter()
            .map(|resource| (resource.name, Value::Object(resource.outputs)))
            .collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// What is wrong, as `line:column message`, and the hint.
pub(crate) fn faults(diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics
        .iter()
        .map(|found| {
            let place = found
                .place
                .as_ref()
                .map_or_else(|| "-".to_owned(), |p| format!("{}:{}", p.line, p.column));
            let hint = found.hint.as_ref().map(|hint| format!(" [{hint}]")).unwrap_or_default();
            format!("{place} {}{hint}", found.message)
        })
        .collect()
}

/// The example of the repository.
pub(crate) fn weather() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/weather")
}
