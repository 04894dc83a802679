//! The services and loops of a server, joined; over any store, clock, randomness and runner.

use crate::report::Failure;
use crate::server::{REGION, aws};
use driver::{Executions, Work};
use iam::Iam;
use runner::Runner;
use runner::resources::Resources;
use service::{Kit, Service};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use store::Blobs;

/// What a server is made of.
pub(crate) struct Parts {
    /// Store, clock and randomness; not joined yet.
    pub(crate) kit: Arc<Kit>,
    /// Where jobs run.
    pub(crate) runner: Arc<dyn Runner>,
    /// Where objects' contents lie.
    pub(crate) blobs: Blobs,
    /// The data directory.
    pub(crate) home: PathBuf,
    /// Where functions' code lies.
    pub(crate) functions: PathBuf,
    /// What runs a built-in algorithm.
    pub(crate) algorithm_argv: Vec<OsString>,
    /// Where jobs and functions reach the server.
    pub(crate) url: String,
    /// What jobs may use of the machine.
    pub(crate) capacity: Resources,
    /// Services that calls go on to.
    pub(crate) forwarded: Vec<Arc<dyn Service>>,
    /// The program that e-mails are piped to.
    pub(crate) sendmail: Option<PathBuf>,
    /// For how many days executions are kept after their end.
    pub(crate) keep_executions_days: u32,
}

/// A joined server that has not recovered yet.
pub(crate) struct Composed {
    pub(crate) kit: Arc<Kit>,
    pub(crate) iam: Arc<Iam>,
    pub(crate) objects: Arc<s3::S3>,
    pub(crate) executions: Executions,
    pub(crate) work: Arc<Work>,
}

/// Builds every service with the ports it needs, and joins them.
pub(crate) fn compose(parts: Parts) -> Result<Composed, Failure> {
    let kit = parts.kit;
    let iam = Iam::new(&kit);
    let objects = s3::S3::new(kit.clone(), parts.blobs);
    let executions = Executions::new(&kit);
    let work = Work::new(&kit);
    let url = parts.url.as_str();
    let sagemaker = Arc::new(sagemaker::Sagemaker::new(
        parts.runner,
        objects.clone(),
        parts.algorithm_argv,
        url,
        parts.capacity,
        &parts.home,
    ));
    let own: Vec<Arc<dyn Service>> = vec![
        iam.clone(),
        Arc::new(iam::Sts::new(iam.clone())),
        objects.clone(),
        states::States::keeping(
            states::Tasks::new(&kit).with_objects(objects.clone()),
            executions.clone(),
            parts.keep_executions_days,
        ),
        Arc::new(events::Events),
        Arc::new(scheduler::Scheduler),
        Arc::new(cloudwatch::Cloudwatch::default()),
        Arc::new(ecr::Ecr),
        sagemaker.clone(),
        Arc::new(sagemaker::Runtime::new(sagemaker)),
        Arc::new(logs::Logs::default()),
        Arc::new(sns::Sns::new(parts.sendmail)),
        Arc::new(sqs::Sqs::new(&kit, url)),
        Arc::new(lambda::Lambda::new(objects.clone(), &parts.functions, url)?),
    ];
    // What refit has itself is never forwarded: a later service of the same name takes its place.
    let services = parts.forwarded.into_iter().chain(own).collect();
    kit.join(iam.clone(), work.clone(), services);
    Ok(Composed { kit, iam, objects, executions, work })
}

impl Composed {
    /// Brings back what ran before, and begins to run what is due.
    pub(crate) async fn recover(&self) -> Result<(), Failure> {
        for service in self.kit.services() {
            service.start(&self.kit.platform_ctx(REGION)).await.map_err(aws)?;
        }
        self.executions.recover().await?;
        self.work.start().await?;
        Ok(())
    }
}
