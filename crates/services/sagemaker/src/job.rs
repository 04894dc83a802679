//! Running a job: the handler of its work item, from admission to the recorded end.

mod config;
mod finish;
mod input;
mod log;
mod metrics;
mod spec;
mod transform;

use crate::jobs;
use crate::records::{Job, JobKind, Status};
use crate::{Sagemaker, announce};
use runner::{Exit, ExitReason, JobState};
use service::{AwsError, Ctx, Found, Principal, WorkItem, WorkOutcome};
use store::Batch;

pub(crate) use spec::processors_of;

/// Work kind of a job; the key is `noun/region/name`.
pub(crate) const WORK: &str = "sagemaker/job";

/// Why a job failed, in the words of its FailureReason.
pub(crate) struct Failure(pub(crate) String);

impl Failure {
    /// The user's fault.
    pub(crate) fn client(text: impl std::fmt::Display) -> Self {
        Self(format!("ClientError: {text}"))
    }

    /// refit's or the machine's fault.
    pub(crate) fn internal(text: impl std::fmt::Display) -> Self {
        Self(format!("InternalServerError: {text}"))
    }
}

/// The job's id with the runner.
pub(crate) fn runner_id(job: &Job) -> String {
    format!("{}.{}.{}", job.kind.noun(), job.region, job.name)
}

/// The bell that rings when a job is asked to stop.
pub(crate) fn stop_bell(job: &Job) -> String {
    format!("stop {}", job.arn)
}

/// Runs the job from wherever it is to its end.
pub(crate) async fn run(
    service: &Sagemaker,
    ctx: &Ctx,
    item: &WorkItem,
) -> Result<WorkOutcome, AwsError> {
    let kind: JobKind = serde_json::from_value(item.body.clone()).map_err(|error| {
        AwsError::fault("InternalFailure", format!("{}: {error}", item.key), 500)
    })?;
    let record_key =
        item.key.strip_prefix(kind.noun()).unwrap_or(&item.key).trim_start_matches('/');
    let Some(found) = ctx.records::<Job>(kind.records()).get(record_key).await? else {
        return Ok(WorkOutcome::done());
    };
    let job = found.value;
    if job.status.is_terminal() {
        return Ok(WorkOutcome::done());
    }
    tracing::info!(job = job.name, kind = kind.noun(), "job begins or goes on");
    let run = Run { service, ctx, kind, key: record_key.to_owned(), id: runner_id(&job) };
    let end = run.drive(&job).await?;
    run.end(end).await
}

/// How a job ended.
enum End {
    /// By itself, well; the artefact lies there.
    Completed { artifacts: Option<String> },
    /// Not well.
    Failed(String),
    /// On request or for its time limit; whatever it had written has been uploaded.
    Stopped { artifacts: Option<String>, secondary: &'static str },
}

/// One run of one job.
struct Run<'a> {
    service: &'a Sagemaker,
    ctx: &'a Ctx,
    kind: JobKind,
    key: String,
    id: String,
}

impl Run<'_> {
    /// Brings the job to its end. Errors are refit's own and make the work item run again; what is the job's fault is an [`End`].
    async fn drive(&self, job: &Job) -> Result<End, AwsError> {
        match self.prepare_and_run(job).await? {
            Ok(end) => Ok(end),
            Err(Failure(reason)) => Ok(End::Failed(reason)),
        }
    }

    async fn prepare_and_run(&self, job: &Job) -> Result<Result<End, Failure>, AwsError> {
        let state = self.service.runner.state(&self.id).await.map_err(runner_error)?;
        let principal = match self.principal(job).await {
            Ok(principal) => principal,
            Err(failure) => return Ok(Err(failure)),
        };
        let _place = if state == JobState::Unknown {
            let Some(place) = self.admission(job).await? else {
                return Ok(Ok(End::Stopped { artifacts: None, secondary: "Stopped" }));
            };
            self.update(|job, now_ms| {
                job.started_ms.get_or_insert(now_ms);
                job.enter("Downloading", "Downloading input data", now_ms);
            })
            .await?;
            if let Err(failure) = self.start(job, &principal).await {
                return Ok(Err(failure));
            }
            Some(place)
        } else {
            // It runs already: it had its place before the server was restarted.
            let wanted = processors_of(self.service, job);
            self.service.processors.clone().try_acquire_many_owned(wanted).ok()
        };
        let message = "Training image download completed. Training in progress.";
        self.update(|job, now_ms| job.enter("Training", message, now_ms)).await?;
        let exit = self.follow().await?;
        Ok(self.upload(job, &principal, &exit).await)
    }

    /// Waits for the job's turn on the machine; `None` when it was stopped meanwhile.
    async fn admission(
        &self,
        job: &Job,
    ) -> Result<Option<tokio::sync::OwnedSemaphorePermit>, AwsError> {
        let mut stopped = self.ctx.kit.notices.subscribe(&stop_bell(job));
        let wanted = processors_of(self.service, job);
        let processors = &self.service.processors;
        if let Ok(place) = processors.clone().try_acquire_many_owned(wanted) {
            return Ok(self.still_wanted().await?.then_some(place));
        }
        self.update(|job, now_ms| {
            job.enter("Pending", "Waiting for processors of this machine", now_ms);
        })
        .await?;
        let mut place = std::pin::pin!(processors.clone().acquire_many_owned(wanted));
        loop {
            if !self.still_wanted().await? {
                return Ok(None);
            }
            tokio::select! {
                place = &mut place => {
                    let place = place.map_err(runner_error)?;
                    return Ok(self.still_wanted().await?.then_some(place));
                }
                _ = stopped.changed() => {}
            }
        }
    }

    async fn still_wanted(&self) -> Result<bool, AwsError> {
        Ok(self.load().await?.is_some_and(|found| found.value.status == Status::InProgress))
    }

    /// Fills the job's folder and starts it.
    async fn start(&self, job: &Job, principal: &Principal) -> Result<(), Failure> {
        let runner = &self.service.runner;
        let folder = runner.prepare(&self.id).await.map_err(Failure::internal)?;
        let engine = spec::engine_of(self.ctx, job).await?;
        match self.kind {
            JobKind::Training => {
                config::write(job, &folder).map_err(Failure::internal)?;
                input::channels(self.service, principal, job, &folder).await?;
            }
            JobKind::Transform => {
                transform::prepare(self.service, self.ctx, principal, job, &folder).await?;
            }
        }
        let spec = spec::spec(self.service, self.ctx, principal, job, &self.id, engine).await?;
        runner.start(&spec).await.map_err(Failure::internal)
    }

    /// Delivers the job's log while it runs; answers how it ended.
    async fn follow(&self) -> Result<Exit, AwsError> {
        let mut delivery = log::Delivery::open(self).await?;
        loop {
            let has_more = self
                .service
                .runner
                .wait_log(&self.id, delivery.offset())
                .await
                .map_err(runner_error)?;
            if !has_more {
                break;
            }
            delivery.deliver(self).await?;
        }
        self.service.runner.wait(&self.id).await.map_err(runner_error)
    }

    /// Uploads what the job left and says how it ended.
    async fn upload(&self, job: &Job, principal: &Principal, exit: &Exit) -> Result<End, Failure> {
        let folder = self.service.runner.prepare(&self.id).await.map_err(Failure::internal)?;
        let message = "Uploading generated training model";
        self.update(|job, now_ms| job.enter("Uploading", message, now_ms))
            .await
            .map_err(|error| Failure::internal(error.message))?;
        if !exit.is_success() && exit.reason == ExitReason::Exited {
            return Err(finish::failure(exit, &folder));
        }
        if let ExitReason::Lost | ExitReason::SpawnFailed(_) = exit.reason {
            return Err(finish::failure(exit, &folder));
        }
        let artifacts = match self.kind {
            JobKind::Training => finish::upload(self.service, principal, job, &folder).await?,
            JobKind::Transform => {
                transform::upload(self.service, principal, job, &folder).await?;
                None
            }
        };
        Ok(match exit.reason {
            ExitReason::Stopped => End::Stopped { artifacts, secondary: "Stopped" },
            ExitReason::MaxRuntimeExceeded => {
                End::Stopped { artifacts, secondary: "MaxRuntimeExceeded" }
            }
            _ => End::Completed { artifacts },
        })
    }

    /// The session the job acts with.
    async fn principal(&self, job: &Job) -> Result<Principal, Failure> {
        let role = spec::role_of(self.ctx, job).await?;
        let session = "SageMaker";
        let caller = self.ctx.kit.caller();
        caller.assume_for(&role, jobs::PRINCIPAL, session, &job.arn).await.map_err(|error| {
            Failure::client(format!("cannot assume the role {role}: {}", error.message))
        })
    }

    /// Records the end, forgets what only the run needed, and tells everybody.
    async fn end(&self, end: End) -> Result<WorkOutcome, AwsError> {
        let mut outcome = WorkOutcome::done();
        let now_ms = self.ctx.kit.clock.now_ms();
        if let Some(found) = self.load().await? {
            let mut job = found.value;
            match end {
                End::Completed { artifacts } => {
                    job.artifacts = artifacts;
                    job.finish(Status::Completed, "Completed", "Training job completed", now_ms);
                }
                End::Failed(reason) => job.fail(&reason, now_ms),
                End::Stopped { artifacts, secondary } => {
                    job.artifacts = artifacts;
                    job.finish(Status::Stopped, secondary, "Training job stopped", now_ms);
                }
            }
            tracing::info!(
                job = job.name,
                status = job.status.word(),
                reason = job.failure_reason,
                "job ended"
            );
            jobs::put(&mut outcome.batch, &job, found.expect);
            service::forget_effects(&mut outcome.batch, &log::effect_prefix(&self.id));
            let detail = crate::ops::describe_training_job::view(job.clone());
            let event = announce::item(self.ctx, self.kind.event(), &job.arn, detail);
            outcome.work.push(event);
            outcome.notices.push(job.arn);
        }
        if let Err(error) = self.service.runner.remove(&self.id).await {
            tracing::warn!(id = self.id, %error, "the job's folder stays");
        }
        Ok(outcome)
    }

    async fn load(&self) -> Result<Option<Found<Job>>, AwsError> {
        self.ctx.records::<Job>(self.kind.records()).get(&self.key).await
    }

    /// Changes the job's record, whatever else changes it at the same time, and rings its bell.
    async fn update(&self, change: impl Fn(&mut Job, i64)) -> Result<(), AwsError> {
        loop {
            let Some(found) = self.load().await? else { return Ok(()) };
            let mut job = found.value;
            change(&mut job, self.ctx.kit.clock.now_ms());
            let mut batch = Batch::new();
            jobs::put(&mut batch, &job, found.expect);
            match self.ctx.kit.store.commit(batch).await {
                Ok(()) => {
                    self.ctx.kit.notices.ring(&job.arn);
                    return Ok(());
                }
                Err(store::Error::Conflict { .. }) => {}
                Err(error) => return Err(runner_error(error)),
            }
        }
    }
}

fn runner_error(error: impl std::fmt::Display) -> AwsError {
    AwsError::fault("InternalFailure", error.to_string(), 500)
}
