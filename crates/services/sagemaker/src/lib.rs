//! Amazon SageMaker: jobs that really run, endpoints, models, and the model registry.
//!
//! **Invariant:** a job is one durable work item. Its handler may be run again from the start at any moment (a crash, an
//! upgrade) and picks up where the record and the runner say the job is: downloads are repeated, a running process is
//! found again, an upload overwrites itself, and the end is recorded once.
//!
//! **Invariant:** a job reads and writes objects with its own role's permissions, never with the server's.
//!
//! What is not here stands in docs/reference/services.md.

mod algorithms;
mod announce;
mod endpoint;
mod error;
mod images;
mod instance_types;
mod job;
mod jobs;
mod lifecycle;
mod listing;
mod models;
mod nouns;
mod operations;
mod ops;
mod packages;
mod places;
mod records;
mod runtime;
mod search;
mod serving;
mod tags;
mod trials;
mod tuning;

pub use runtime::{Runtime, runtime_model};

use runner::Runner;
use runner::resources::Resources;
use service::{AwsError, Ctx, Objects, Service, WorkItem, WorkOutcome};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, LazyLock};
use wire::Model;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_str!("../model.json")).expect("the model in this crate can be read")
});

/// The service.
pub struct Sagemaker {
    pub(crate) runner: Arc<dyn Runner>,
    pub(crate) objects: Arc<dyn Objects>,
    /// Program and first arguments that run a built-in algorithm.
    pub(crate) algorithm_argv: Vec<OsString>,
    /// Where jobs find AWS's APIs.
    pub(crate) endpoint: String,
    /// What jobs may use of the machine, given out in arrival order.
    pub(crate) places: places::Places,
    /// What runs which image.
    pub(crate) images: images::Images,
    /// What an instance type has.
    pub(crate) instance_types: instance_types::InstanceTypes,
    /// The Python environments of scripts.
    pub(crate) environments: Arc<runner::environments::Environments>,
    /// When the environments were last looked through, Unix milliseconds.
    pub(crate) tidied_ms: AtomicI64,
    /// The data directory.
    pub(crate) home: PathBuf,
    /// Where the jobs' folders lie.
    pub(crate) jobs: PathBuf,
    /// Which processes answer the requests of which endpoint.
    pub(crate) routes: endpoint::routes::Routes,
}

impl Sagemaker {
    /// The service over a runner and object storage. `algorithm_argv` is usually this binary and `algorithm`;
    /// `endpoint` is the URL at which jobs reach this server; `capacity` is what jobs may use of the machine;
    /// `home` is the data directory, with the tables that users extend and the Python environments.
    pub fn new(
        runner: Arc<dyn Runner>,
        objects: Arc<dyn Objects>,
        algorithm_argv: Vec<OsString>,
        endpoint: &str,
        capacity: Resources,
        home: &Path,
    ) -> Self {
        Self {
            runner,
            objects,
            algorithm_argv,
            endpoint: endpoint.to_owned(),
            places: places::Places::new(capacity),
            images: images::Images::new(home.join("images.json")),
            instance_types: instance_types::InstanceTypes::new(home.join("instance-types.json")),
            environments: Arc::new(runner::environments::Environments::new(
                home.join("environments"),
            )),
            tidied_ms: AtomicI64::new(0),
            home: home.to_owned(),
            jobs: home.join("jobs"),
            routes: endpoint::routes::Routes::new(),
        }
    }
}

/// Shapes and operations, for clients.
pub fn model() -> &'static Model {
    &MODEL
}

#[async_trait::async_trait]
impl Service for Sagemaker {
    service::by_table!("sagemaker", MODEL, operations::OPERATIONS);

    async fn start(&self, ctx: &Ctx) -> Result<(), AwsError> {
        job::recover(self, ctx).await
    }

    async fn work(&self, ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
        match item.kind.as_str() {
            job::WORK => job::run(self, ctx, item).await,
            endpoint::WORK => endpoint::run(self, ctx, item).await,
            tuning::WORK => tuning::run(self, ctx, item).await,
            job::SWEEP => job::sweep(self, ctx, item).await,
            announce::WORK => announce::run(ctx, item).await,
            other => Err(service::unknown_kind(other)),
        }
    }
}
