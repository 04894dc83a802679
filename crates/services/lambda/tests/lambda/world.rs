//! A server of Lambda, with stand-ins for the services that it calls.

use lambda::Lambda;
use serde_json::{Value, json};
use service::{
    Access, Authoriser, AwsError, Call, Ctx, Kit, ObjectInfo, Objects, OpenDoor, OperationFuture,
    Principal, Reply, Row, SeededEntropy, Service, SystemClock, WorkItem, WorkOutcome, WorkQueue,
};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use store::MemoryStore;
use wire::Model;

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "us-east-1";
pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/worker";

/// A service that writes down what it is asked, and answers as told.
pub(crate) struct Fake {
    name: &'static str,
    model: Model,
    pub(crate) calls: Mutex<Vec<(String, Value, Principal, String)>>,
    pub(crate) refuses: Mutex<Vec<AwsError>>,
}

impl Fake {
    fn new(name: &'static str, operations: &[&'static str]) -> Arc<Self> {
        let operation = |name: &&'static str| {
            let http = json!({"method": "POST", "requestUri": "/"});
            ((*name).to_owned(), json!({"name": name, "http": http, "input": {"shape": "Any"}}))
        };
        let operations: serde_json::Map<_, _> = operations.iter().map(operation).collect();
        let model = json!({
            "metadata": {"apiVersion": "2026-01-01", "endpointPrefix": name, "protocol": "json", "jsonVersion": "1.0",
                "serviceId": name, "signatureVersion": "v4", "signingName": name, "targetPrefix": name},
            "operations": operations, "shapes": {"Any": {"type": "structure", "members": {}}},
        });
        let model = Model::parse(&model.to_string()).unwrap();
        Arc::new(Self { name, model, calls: Mutex::default(), refuses: Mutex::default() })
    }
}

#[async_trait::async_trait]
impl Service for Fake {
    fn name(&self) -> &'static str {
        self.name
    }
    fn model(&self) -> &Model {
        &self.model
    }
    fn operation(&self, _: &str) -> Option<Row> {
        Some(Row { name: "", action: "fake:Any", resource: "*", pass_roles: &[] })
    }
    fn run<'a>(&'a self, ctx: &'a Ctx, operation: &str, input: Value) -> OperationFuture<'a> {
        let call = (operation.to_owned(), input, ctx.principal.clone(), ctx.region.clone());
        self.calls.lock().unwrap().push(call);
        let refusal = self.refuses.lock().unwrap().pop();
        Box::pin(async move { refusal.map_or_else(|| Ok(Reply::new(json!({}))), Err) })
    }
}

/// Objects in a folder: the key is the file's name.
struct Folder(PathBuf);

#[async_trait::async_trait]
impl Objects for Folder {
    async fn list(&self, _: &Principal, _: &str, _: &str) -> Result<Vec<ObjectInfo>, AwsError> {
        Ok(Vec::new())
    }
    async fn file(&self, _: &Principal, bucket: &str, key: &str) -> Result<PathBuf, AwsError> {
        let path = self.0.join(key);
        if bucket == "code" && path.is_file() {
            return Ok(path);
        }
        Err(AwsError::fault("NoSuchKey", "The specified key does not exist.", 404))
    }
    async fn put_file(
        &self,
        _: &Principal,
        _: &str,
        _: &str,
        _: &Path,
    ) -> Result<String, AwsError> {
        Err(AwsError::not_implemented("put_file"))
    }
}

/// What was asked: action, resource, resource policy, condition keys.
pub(crate) type Asked = (String, String, Option<String>, Vec<(String, Vec<String>)>);

/// Lets everybody in, and writes down what it is asked. Roles named `gone` cannot be assumed.
#[derive(Default)]
pub(crate) struct Door {
    pub(crate) asked: Mutex<Vec<Asked>>,
}

#[async_trait::async_trait]
impl Authoriser for Door {
    async fn authorise(&self, access: &Access<'_>) -> Result<(), AwsError> {
        let (action, resource) = (access.action.to_owned(), access.resource.to_owned());
        let more = (access.resource_policy.clone(), access.context.clone());
        self.asked.lock().unwrap().push((action, resource, more.0, more.1));
        Ok(())
    }
    async fn assume(
        &self,
        role: &str,
        service: &str,
        session: &str,
        source: Option<&str>,
    ) -> Result<Principal, AwsError> {
        if role.ends_with("/gone") {
            return Err(AwsError::new("AccessDenied", "no such role"));
        }
        OpenDoor.assume(role, service, session, source).await
    }
    async fn credentials(
        &self,
        session: &Principal,
        _: i64,
    ) -> Result<Vec<(String, String)>, AwsError> {
        Ok(vec![("AWS_ACCESS_KEY_ID".to_owned(), format!("ASIA/{}", session.arn))])
    }
}

#[derive(Default)]
pub(crate) struct Queue(Mutex<Vec<WorkItem>>);

impl WorkQueue for Queue {
    fn scheduled(&self, items: Vec<WorkItem>) {
        self.0.lock().unwrap().extend(items);
    }
    fn cancelled(&self, _: Vec<(String, String)>) {}
}

/// A folder that goes with its test.
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("refit-lambda-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) struct World {
    pub(crate) kit: Arc<Kit>,
    pub(crate) lambda: Arc<Lambda>,
    pub(crate) door: Arc<Door>,
    pub(crate) logs: Arc<Fake>,
    pub(crate) sqs: Arc<Fake>,
    pub(crate) sns: Arc<Fake>,
    queue: Arc<Queue>,
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new();
        let clock = Arc::new(SystemClock::wall());
        let store = Arc::new(MemoryStore::new());
        let kit = Kit::new(ACCOUNT, store, clock, Arc::new(SeededEntropy::new(7)));
        let objects = Arc::new(Folder(folder.path().to_owned()));
        let functions = folder.path().join("functions");
        let lambda = Arc::new(Lambda::new(objects, &functions, "http://127.0.0.1:9").unwrap());
        let logs = Fake::new("logs", &["CreateLogGroup", "CreateLogStream", "PutLogEvents"]);
        let (sqs, sns) = (Fake::new("sqs", &["SendMessage"]), Fake::new("sns", &["Publish"]));
        let (door, queue) = (Arc::new(Door::default()), Arc::new(Queue::default()));
        let services: Vec<Arc<dyn Service>> =
            vec![lambda.clone(), logs.clone(), sqs.clone(), sns.clone()];
        kit.join(door.clone(), queue.clone(), services);
        Self { kit, lambda, door, logs, sqs, sns, queue, folder }
    }

    /// Calls as a user, and checks that the answer fits the model.
    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.call_as(Principal::user(ACCOUNT, "/", "ann"), operation, input).await
    }

    pub(crate) async fn call_as(
        &self,
        principal: Principal,
        operation: &str,
        input: Value,
    ) -> Result<Value, AwsError> {
        let call = Call {
            service: "lambda".to_owned(),
            operation: operation.to_owned(),
            input,
            principal,
            region: REGION.to_owned(),
            effect_key: None,
        };
        let output = self.kit.caller().call(call).await?;
        let model = lambda::model();
        let unknown = wire::unknown_members(model, model.operation(operation).unwrap(), &output);
        assert!(unknown.is_empty(), "{operation}: {unknown:?}");
        Ok(output)
    }

    /// Creates a function of one file.
    pub(crate) async fn create(
        &self,
        name: &str,
        runtime: &str,
        file: &str,
        text: &str,
        more: Value,
    ) {
        let mut input = json!({
            "FunctionName": name, "Runtime": runtime, "Handler": "main.handler", "Role": ROLE, "Timeout": 10,
            "Code": {"ZipFile": service::base64_text(&archive(&[(file, text)]))},
        });
        input.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        self.call("CreateFunction", input).await.unwrap();
    }

    /// A Python function whose handler is `text`.
    pub(crate) async fn python(&self, name: &str, text: &str) {
        self.create(name, "python3.12", "main.py", text, json!({})).await;
    }

    /// Invokes and answers payload, whether it failed, and the log's tail.
    pub(crate) async fn invoke(&self, name: &str, payload: &Value) -> (Value, bool, String) {
        let payload = service::base64_text(payload.to_string().as_bytes());
        let input = json!({"FunctionName": name, "Payload": payload, "LogType": "Tail"});
        let answer = self.call("Invoke", input).await.unwrap();
        assert_eq!(answer["StatusCode"], 200);
        let failed = answer.get("FunctionError").is_some();
        let payload = serde_json::from_slice(&bytes(&answer["Payload"])).unwrap();
        (payload, failed, String::from_utf8(bytes(&answer["LogResult"])).unwrap())
    }

    /// Takes what was scheduled.
    pub(crate) fn scheduled(&self) -> Vec<WorkItem> {
        std::mem::take(&mut *self.queue.0.lock().unwrap())
    }

    /// Runs a work item as if now were `now_ms`.
    pub(crate) async fn work(&self, item: &WorkItem, now_ms: i64) -> Result<WorkOutcome, AwsError> {
        let ctx = Ctx { now_ms, ..self.kit.platform_ctx(&item.region) };
        self.lambda.work(&ctx, item).await
    }

    /// The folders of unpacked code.
    pub(crate) fn code_folders(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join("functions")).unwrap();
        let folders = entries.flatten().filter(|entry| entry.path().is_dir());
        folders.map(|entry| entry.file_name().into_string().unwrap()).collect()
    }
}

pub(crate) fn bytes(base64_text: &Value) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(base64_text.as_str().unwrap()).unwrap()
}

/// A zip of executable files.
pub(crate) fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
        zip.start_file(*name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Whether a program runs on this machine; says loudly what is not tested without it.
pub(crate) fn has(program: &str) -> bool {
    let ran = std::process::Command::new(program).arg("--version").output();
    let is_there = ran.is_ok_and(|output| output.status.success());
    if !is_there {
        eprintln!("SKIPPED: {program} is not on this machine, so functions in it are not tested");
    }
    is_there
}
