//! Running a job: the handler of its work item, from admission to the recorded end.

mod config;
mod finish;
pub(crate) mod input;
mod log;
mod metrics;
mod recover;
mod spec;
pub(crate) mod transform;

use crate::jobs;
use crate::records::{Job, JobKind, Status};
use crate::{Sagemaker, announce};
use runner::resources::Grant;
use runner::{Exit, ExitReason, JobSpec, JobState};
use service::{AwsError, Ctx, Found, Principal, WorkItem, WorkOutcome};
use store::Batch;

pub(crate) use recover::{SWEEP, recover, sweep};

/// Work kind of a job; the key is `noun/region/name`.
pub(crate) const WORK: &str = "sagemaker/job";

/// Why a job failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The words of its FailureReason.
    reason: String,
    /// The server's trouble and not the job's: the handler runs again later.
    is_passing: bool,
}

impl Failure {
    /// Why.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    /// Whether it is to be tried again.
    pub(crate) fn is_passing(&self) -> bool {
        self.is_passing
    }

    /// In exactly these words.
    pub(crate) fn plain(reason: String) -> Self {
        Self { reason, is_passing: false }
    }

    /// The user's fault.
    pub(crate) fn client(text: impl std::fmt::Display) -> Self {
        Self::plain(format!("ClientError: {text}"))
    }

    /// refit's or the machine's fault.
    pub(crate) fn internal(text: impl std::fmt::Display) -> Self {
        Self::plain(format!("InternalServerError: {text}"))
    }

    /// What a service answered: its fault is tried again, its refusal is the user's fault.
    pub(crate) fn refused(what: &str, error: &AwsError) -> Self {
        let text = format!("{what}: {} ({})", error.message, error.code);
        let is_passing = error.status >= 500;
        Self { is_passing, ..Self::client(text) }
    }
}

/// The bell that rings when a job is asked to stop.
pub(crate) fn stop_bell(job: &Job) -> String {
    format!("stop {}", job.arn)
}

/// The record that a job's work item is about.
pub(crate) fn record_of(item: &WorkItem) -> Result<(JobKind, String), AwsError> {
    let kind: JobKind = serde_json::from_value(item.body.clone()).map_err(|error| {
        AwsError::fault("InternalFailure", format!("{}: {error}", item.key), 500)
    })?;
    let key = item.key.strip_prefix(kind.noun()).unwrap_or(&item.key).trim_start_matches('/');
    Ok((kind, key.to_owned()))
}

/// Runs the job from wherever it is to its end.
pub(crate) async fn run(
    service: &Sagemaker,
    ctx: &Ctx,
    item: &WorkItem,
) -> Result<WorkOutcome, AwsError> {
    let (kind, key) = record_of(item)?;
    let Some(found) = ctx.records::<Job>(kind.records()).get(&key).await? else {
        return Ok(WorkOutcome::done());
    };
    let job = found.value;
    if job.status.is_terminal() {
        return Ok(WorkOutcome::done());
    }
    tracing::info!(job = job.name, kind = kind.noun(), "job begins or goes on");
    let run = Run { service, ctx, kind, key, id: job.run_id.clone() };
    let end = match run.stages(&job).await? {
        Ok(end) => end,
        Err(failure) if failure.is_passing => return Err(runner_error(failure.reason)),
        Err(failure) => End::Failed(failure.reason),
    };
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

/// How far a job came that was to be started.
enum Begun {
    Running,
    Stopped,
    Failed(Failure),
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
    /// Brings the job to its end. Errors are refit's own and make the work item run again; what is the job's fault is a
    /// [`Failure`].
    async fn stages(&self, job: &Job) -> Result<Result<End, Failure>, AwsError> {
        let runner = &self.service.runner;
        let state = runner.state(&self.id).await.map_err(runner_error)?;
        if state == JobState::Unknown {
            if job.was_launched() {
                // Never a second time: what it did before cannot be known.
                return Ok(Err(Failure::internal("the job's folder is gone")));
            }
            match self.begin(job).await? {
                Begun::Running => {}
                Begun::Stopped => {
                    return Ok(Ok(End::Stopped { artifacts: None, secondary: "Stopped" }));
                }
                Begun::Failed(failure) => return Ok(Err(failure)),
            }
        }
        let message = self.kind.texts().running;
        self.update(|job, now_ms| job.enter("Training", message, now_ms)).await?;
        if !self.still_wanted().await? {
            // Asked before there was anything to stop, or the server died between the record and the processes.
            runner.stop(&self.id).await.map_err(runner_error)?;
        }
        let exit = self.follow().await?;
        self.service.places.release(&self.id);
        self.collect(job, &exit).await
    }

    /// Waits for the job's turn, fills its folder and starts it.
    async fn begin(&self, job: &Job) -> Result<Begun, AwsError> {
        let Some(grant) = self.admission(job).await? else { return Ok(Begun::Stopped) };
        self.update(|job, now_ms| {
            job.started_ms.get_or_insert(now_ms);
            job.grant = Some(grant.clone());
            job.enter("Downloading", "Downloading input data", now_ms);
        })
        .await?;
        let mut bell = self.ctx.kit.notices.subscribe(&stop_bell(job));
        let filled = tokio::select! {
            filled = self.fill(job, &grant) => filled,
            stopped = self.stopped(&mut bell) => {
                stopped?;
                return Ok(Begun::Stopped);
            }
        };
        let spec = match filled {
            Ok(spec) => spec,
            Err(failure) => return Ok(Begun::Failed(failure)),
        };
        if !self.still_wanted().await? {
            return Ok(Begun::Stopped);
        }
        Ok(match self.service.runner.start(&spec).await {
            Ok(()) => Begun::Running,
            Err(error) => Begun::Failed(Failure::internal(error)),
        })
    }

    /// Waits for the job's turn on the machine; `None` when it was stopped meanwhile.
    async fn admission(&self, job: &Job) -> Result<Option<Grant>, AwsError> {
        let places = &self.service.places;
        let mut bell = self.ctx.kit.notices.subscribe(&stop_bell(job));
        let mut changed = places.subscribe();
        places.request(&self.id, spec::wanted(job));
        loop {
            if !self.still_wanted().await? {
                return Ok(None);
            }
            if let Some(grant) = places.granted(&self.id) {
                return Ok(Some(grant));
            }
            self.update(|job, now_ms| {
                job.enter("Pending", "Waiting until this machine has room", now_ms);
            })
            .await?;
            tokio::select! {
                _ = changed.changed() => {}
                _ = bell.changed() => {}
            }
        }
    }

    /// Resolves when the job is asked to stop.
    async fn stopped(&self, bell: &mut tokio::sync::watch::Receiver<u64>) -> Result<(), AwsError> {
        while self.still_wanted().await? {
            if bell.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
        Ok(())
    }

    async fn still_wanted(&self) -> Result<bool, AwsError> {
        Ok(self.load().await?.is_some_and(|found| found.value.status == Status::InProgress))
    }

    /// Fills the job's folder; answers what is to be started. May be dropped and done again.
    async fn fill(&self, job: &Job, grant: &Grant) -> Result<JobSpec, Failure> {
        let engine = spec::engine_of(job)?;
        let principal = self.principal(job).await?;
        let folder = self.service.runner.prepare(&self.id).await.map_err(Failure::internal)?;
        match self.kind {
            JobKind::Training => {
                config::write(job, &folder).map_err(Failure::internal)?;
                input::channels(self.service, &principal, job, &folder).await?;
            }
            JobKind::Transform => {
                transform::prepare(self.service, &principal, job, &folder).await?;
            }
        }
        spec::spec(self.service, self.ctx, &principal, job, grant, engine).await
    }

    /// Delivers the job's log while it runs; answers how it ended.
    async fn follow(&self) -> Result<Exit, AwsError> {
        let runner = &self.service.runner;
        let mut delivery = log::Delivery::open(self).await?;
        while runner.wait_log(&self.id, delivery.offset()).await.map_err(runner_error)? {
            delivery.deliver(self).await?;
        }
        runner.wait(&self.id).await.map_err(runner_error)
    }

    /// Uploads what the job left and says how it ended.
    async fn collect(&self, job: &Job, exit: &Exit) -> Result<Result<End, Failure>, AwsError> {
        let folder = self.service.runner.prepare(&self.id).await.map_err(runner_error)?;
        let is_failure = match exit.reason {
            ExitReason::Exited => !exit.is_success(),
            ExitReason::Lost
            | ExitReason::SpawnFailed(_)
            | ExitReason::MemoryExceeded { .. }
            | ExitReason::MachineRestarted => true,
            ExitReason::Stopped | ExitReason::MaxRuntimeExceeded => false,
        };
        if is_failure {
            return Ok(Err(finish::failure(exit, &folder)));
        }
        let message = self.kind.texts().uploading;
        self.update(|job, now_ms| job.enter("Uploading", message, now_ms)).await?;
        let artifacts = match self.upload(job, &folder).await {
            Ok(artifacts) => artifacts,
            Err(failure) => return Ok(Err(failure)),
        };
        Ok(Ok(match exit.reason {
            ExitReason::Stopped => End::Stopped { artifacts, secondary: "Stopped" },
            ExitReason::MaxRuntimeExceeded => {
                End::Stopped { artifacts, secondary: "MaxRuntimeExceeded" }
            }
            _ => End::Completed { artifacts },
        }))
    }

    async fn upload(
        &self,
        job: &Job,
        folder: &runner::JobFolder,
    ) -> Result<Option<String>, Failure> {
        let principal = self.principal(job).await?;
        match self.kind {
            JobKind::Training => finish::upload(self.service, &principal, job, folder).await,
            JobKind::Transform => {
                transform::upload(self.service, &principal, job, folder).await.map(|()| None)
            }
        }
    }

    /// The session the job acts with.
    async fn principal(&self, job: &Job) -> Result<Principal, Failure> {
        let role = spec::role_of(job)?;
        let caller = self.ctx.kit.caller();
        let session = caller.assume_for(&role, jobs::PRINCIPAL, "SageMaker", &job.arn).await;
        session.map_err(|error| Failure::refused(&format!("cannot assume the role {role}"), &error))
    }

    /// Records the end, forgets what only the run needed, and tells everybody. The folder goes after the commit.
    async fn end(&self, end: End) -> Result<WorkOutcome, AwsError> {
        self.service.places.release(&self.id);
        let mut outcome = WorkOutcome::done();
        outcome.work.push(sweep_item(self.ctx, &self.id));
        let Some(found) = self.load().await? else { return Ok(outcome) };
        let mut job = found.value;
        finish_job(&mut job, end, self.ctx.kit.clock.now_ms());
        tracing::info!(
            job = job.name,
            status = job.status.word(),
            reason = job.failure_reason,
            "job ended"
        );
        jobs::put(&mut outcome.batch, &job, found.expect);
        service::forget_effects(&mut outcome.batch, &log::effect_prefix(&self.id));
        outcome.work.push(announce::job(self.ctx, &job));
        outcome.notices.push(job.arn);
        Ok(outcome)
    }

    async fn load(&self) -> Result<Option<Found<Job>>, AwsError> {
        self.ctx.records::<Job>(self.kind.records()).get(&self.key).await
    }

    /// Changes the job's record, whatever else changes it at the same time, and rings its bell.
    async fn update(&self, change: impl Fn(&mut Job, i64)) -> Result<(), AwsError> {
        loop {
            let Some(found) = self.load().await? else { return Ok(()) };
            let mut job = found.value.clone();
            change(&mut job, self.ctx.kit.clock.now_ms());
            if job == found.value {
                return Ok(());
            }
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

/// Brings the record to the end. A job that was asked to stop has stopped, also when it was done first.
// UNVERIFIED: which of the two AWS says then.
fn finish_job(job: &mut Job, end: End, now_ms: i64) {
    let texts = job.kind.texts();
    match end {
        End::Failed(reason) => job.fail(&reason, now_ms),
        End::Completed { artifacts } if job.status == Status::InProgress => {
            job.artifacts = artifacts;
            job.finish(Status::Completed, "Completed", texts.completed, now_ms);
        }
        End::Completed { artifacts } => {
            job.artifacts = artifacts;
            job.finish(Status::Stopped, "Stopped", texts.stopped, now_ms);
        }
        End::Stopped { artifacts, secondary } => {
            job.artifacts = artifacts;
            job.finish(Status::Stopped, secondary, texts.stopped, now_ms);
        }
    }
    job.grant = None;
    job.log_page = None;
}

fn sweep_item(ctx: &Ctx, id: &str) -> WorkItem {
    WorkItem::new(SWEEP, id, &ctx.region, ctx.kit.clock.now_ms(), &())
}

pub(crate) fn runner_error(error: impl std::fmt::Display) -> AwsError {
    AwsError::fault("InternalFailure", error.to_string(), 500)
}
