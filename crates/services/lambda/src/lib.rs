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
mod later;
mod names;
mod ops;
mod records;
mod runtime;
mod sandbox;

use records::{FUNCTION, Function};
use runtime::Interpreters;
use sandbox::Pool;
use service::{
    AwsError, Ctx, Objects, Operation, OperationFuture, Service, WorkItem, WorkOutcome, operation,
};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use wire::Model;

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
    pub fn new(objects: Arc<dyn Objects>, folder: &Path, endpoint: &str) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self {
            objects,
            folder: folder.to_owned(),
            endpoint: endpoint.to_owned(),
            pool: Arc::default(),
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
    service::described!("lambda", MODEL, OPERATIONS);

    fn run<'a>(
        &'a self,
        ctx: &'a Ctx,
        operation: &str,
        input: serde_json::Value,
    ) -> OperationFuture<'a> {
        // There are no versions and aliases, whatever is asked of them.
        let qualifier = input.get("Qualifier").and_then(serde_json::Value::as_str);
        if let Some(qualifier) = qualifier.filter(|qualifier| *qualifier != "$LATEST") {
            let name = input["FunctionName"].as_str().unwrap_or_default();
            let mut named = names::parse(ctx, name);
            named.qualifier = Some(qualifier);
            let error = error::Error::NoFunction(named.arn());
            return Box::pin(async move { Err(error.into()) });
        }
        service::run(OPERATIONS, self, ctx, operation, input)
    }

    fn resource_arn(
        &self,
        ctx: &Ctx,
        operation: &str,
        input: &serde_json::Value,
    ) -> Option<String> {
        if operation == "ListFunctions" {
            return None;
        }
        let given = input.get("FunctionName").or_else(|| input.get("Resource"))?.as_str()?;
        let mut named = names::parse(ctx, given);
        // `$LATEST` is the function itself: a policy about the function must not be evaded by naming it so.
        let qualifier = input.get("Qualifier").and_then(serde_json::Value::as_str);
        named.qualifier = named.qualifier.or(qualifier).filter(|given| *given != "$LATEST");
        Some(named.arn())
    }

    async fn resource_policy(&self, ctx: &Ctx, resource: &str) -> Result<Option<String>, AwsError> {
        match names::find(ctx, resource).await {
            Ok(function) => Ok(function.value.policy()),
            Err(_) => Ok(None),
        }
    }

    async fn work(&self, ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
        later::run(self, ctx, item).await
    }

    async fn start(&self, ctx: &Ctx) -> Result<(), AwsError> {
        let functions = ctx.records::<Function>(FUNCTION).all("").await?;
        let used = functions.into_iter().map(|found| found.value.code_folder).collect();
        code::sweep(&self.folder, &used);
        Ok(())
    }
}
