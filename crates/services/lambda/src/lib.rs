//! AWS Lambda: functions in Python, Node.js and as executables, run as child processes by Lambda's own Runtime API.
//!
//! **Invariant:** a function's process talks to refit by the Runtime API alone; it has its role's credentials, its own
//! environment, and nothing of the server's.
//!
//! **Invariant:** an asynchronous invocation is a durable work item: accepted is on disk.
//!
//! Not here: versions and aliases, layers, container images, event source mappings; see docs/reference/services.md.

mod code;
mod configuration;
mod error;
mod names;
mod ops;
mod records;
mod runtime;
mod sandbox;

use records::{FUNCTION, Function};
use runtime::Interpreters;
use sandbox::Pool;
use service::{
    AwsError, Ctx, Kit, Objects, Operation, OperationFuture, Row, Service, WorkItem, WorkOutcome,
    operation,
};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use wire::Model;

/// Work kind of an asynchronous invocation; the key is random.
pub(crate) const ASYNC_WORK: &str = "lambda/invoke";
// AWS: asynchronous invocation: two more tries, after one and two minutes.
const ASYNC_DELAYS_MS: [i64; 2] = [60_000, 120_000];

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_str!("../model.json")).expect("the model in this crate can be read")
});

/// The service.
pub struct Lambda {
    pub(crate) objects: Arc<dyn Objects>,
    /// Where code lies, unpacked, one folder per content.
    pub(crate) folder: PathBuf,
    /// Where functions find AWS's APIs.
    pub(crate) endpoint: String,
    pub(crate) pool: Arc<Pool>,
    pub(crate) interpreters: Interpreters,
}

impl Lambda {
    /// The service. `folder` holds unpacked code (made if it is not there); `endpoint` is the URL at which functions reach
    /// this server.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(
        kit: &Arc<Kit>,
        objects: Arc<dyn Objects>,
        folder: &Path,
        endpoint: &str,
    ) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self {
            objects,
            folder: folder.to_owned(),
            endpoint: endpoint.to_owned(),
            pool: Pool::new(kit),
            interpreters: Interpreters::default(),
        })
    }
}

static OPERATIONS: &[Operation<Lambda>] = &[
    operation!(
        "AddPermission",
        ops::add_permission,
        "arn:aws:lambda:{region}:{account}:function:{FunctionName}"
    ),
    operation!("CreateFunction", ops::create_function, "arn:aws:lambda:{region}:{account}:function:{FunctionName}", pass "Role"),
    operation!(
        "DeleteFunction",
        ops::delete_function,
        "arn:aws:lambda:{region}:{account}:function:{FunctionName}"
    ),
    operation!(
        "DeleteFunctionConcurrency",
        ops::delete_function_concurrency,
        "arn:aws:lambda:{region}:{account}:function:{FunctionName}"
    ),
    operation!(
        "GetFunction",
        ops::get_function,
        "arn:aws:lambda:{region}:{account}:function:{FunctionName}"
    ),
    operation!(
        "GetFunctionCodeSigningConfig",
        ops::get_function_code_signing_config,
        "arn:aws:lambda:{region}:{account}:function:{FunctionName}"
    ),
    operation!(
        "GetFunctionConcurrency",
        ops::get_function_concurrency,
        "arn:aws:lambda:{region}:{account}:function:{FunctionName}"
    ),
    operation!(
        "GetFunctionConfiguration",
        ops::get_function_configuration,
        "arn:aws:lambda:{region}:{account}:function:{FunctionName}"
    ),
    operation!(
        "GetPolicy",
        ops::get_policy,
        "arn:aws:lambda:{region}:{account}:function:{FunctionName}"
    ),
    operation!("Invoke", ops::invoke, "arn:aws:lambda:{region}:{account}:function:{FunctionName}", action "lambda:InvokeFunction"),
    operation!("ListFunctions", ops::list_functions, "*"),
    operation!("ListTags", ops::list_tags, "{Resource}"),
    operation!(
        "ListVersionsByFunction",
        ops::list_versions_by_function,
        "arn:aws:lambda:{region}:{account}:function:{FunctionName}"
    ),
    operation!(
        "PutFunctionConcurrency",
        ops::put_function_concurrency,
        "arn:aws:lambda:{region}:{account}:function:{FunctionName}"
    ),
    operation!(
        "RemovePermission",
        ops::remove_permission,
        "arn:aws:lambda:{region}:{account}:function:{FunctionName}"
    ),
    operation!("TagResource", ops::tag_resource, "{Resource}"),
    operation!("UntagResource", ops::untag_resource, "{Resource}"),
    operation!(
        "UpdateFunctionCode",
        ops::update_function_code,
        "arn:aws:lambda:{region}:{account}:function:{FunctionName}"
    ),
    operation!("UpdateFunctionConfiguration", ops::update_function_configuration, "arn:aws:lambda:{region}:{account}:function:{FunctionName}", pass "Role"),
];

/// Shapes and operations, for clients.
pub fn model() -> &'static Model {
    &MODEL
}

#[async_trait::async_trait]
impl Service for Lambda {
    fn name(&self) -> &'static str {
        "lambda"
    }

    fn model(&self) -> &Model {
        &MODEL
    }

    fn operation(&self, name: &str) -> Option<Row> {
        service::row(OPERATIONS, name)
    }

    fn run<'a>(
        &'a self,
        ctx: &'a Ctx,
        operation: &str,
        input: serde_json::Value,
    ) -> OperationFuture<'a> {
        service::run(OPERATIONS, self, ctx, operation, input)
    }

    async fn resource_policy(&self, ctx: &Ctx, resource: &str) -> Result<Option<String>, AwsError> {
        match names::find(ctx, resource).await {
            Ok(function) => Ok(function.value.policy()),
            Err(_) => Ok(None),
        }
    }

    async fn work(&self, ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
        let key = item.body["function"].as_str().unwrap_or_default();
        let Some(function) = ctx.records::<Function>(FUNCTION).get(key).await? else {
            tracing::warn!(function = key, "an asynchronous invocation's function is gone");
            return Ok(WorkOutcome::done());
        };
        let payload = decode_payload(&item.body["payload"]);
        let outcome = self.pool.invoke(ctx, self, &function.value, payload).await?;
        let attempt = item.body["attempt"].as_u64().unwrap_or(0) as usize;
        if !outcome.failed {
            return Ok(WorkOutcome::done());
        }
        let Some(delay_ms) = ASYNC_DELAYS_MS.get(attempt) else {
            tracing::error!(function = key, "an asynchronous invocation failed for good");
            return Ok(WorkOutcome::done());
        };
        let mut again = item.clone();
        again.body["attempt"] = serde_json::Value::from(attempt + 1);
        Ok(WorkOutcome::again(&again, ctx.kit.clock.now_ms() + delay_ms))
    }
}

fn decode_payload(payload: &serde_json::Value) -> Vec<u8> {
    use base64::Engine;
    let text = payload.as_str().unwrap_or_default();
    base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default()
}
