//! The SageMaker runtime: requests to endpoints.

mod forward;
mod invoke_endpoint;
mod invoke_endpoint_async;

use crate::Sagemaker;
use service::{AwsError, Ctx, Operation, Service, WorkItem, WorkOutcome, operation};
use std::sync::{Arc, LazyLock};
use wire::Model;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_str!("../model_runtime.json"))
        .expect("the model in this crate can be read")
});

/// The service that answers `InvokeEndpoint`.
pub struct Runtime {
    pub(crate) sagemaker: Arc<Sagemaker>,
}

impl Runtime {
    /// The runtime of the endpoints of `sagemaker`.
    pub fn new(sagemaker: Arc<Sagemaker>) -> Self {
        Self { sagemaker }
    }
}

static OPERATIONS: &[Operation<Runtime>] = &[
    operation!(
        "InvokeEndpoint",
        invoke_endpoint,
        "arn:aws:sagemaker:{region}:{account}:endpoint/{EndpointName}"
    ),
    operation!(
        "InvokeEndpointAsync",
        invoke_endpoint_async,
        "arn:aws:sagemaker:{region}:{account}:endpoint/{EndpointName}"
    ),
];

/// Shapes and operations, for clients.
pub fn runtime_model() -> &'static Model {
    &MODEL
}

#[async_trait::async_trait]
impl Service for Runtime {
    service::by_table!("sagemaker-runtime", MODEL, OPERATIONS);

    fn iam_prefix(&self) -> &'static str {
        "sagemaker"
    }

    async fn work(&self, ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
        match item.kind.as_str() {
            invoke_endpoint_async::WORK => invoke_endpoint_async::work(self, ctx, item).await,
            other => Err(service::unknown_kind(other)),
        }
    }
}
