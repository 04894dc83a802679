//! Running a job: the handler of its work item, from admission to the recorded end.

pub(crate) mod archive;
mod checkpoints;
mod config;
mod failure;
mod finish;
mod follow;
pub(crate) mod hosts;
pub(crate) mod input;
mod log;
mod metrics;
pub(crate) mod processing;
mod recover;
pub(crate) mod script;
pub(crate) mod spec;
pub(crate) mod transform;

use crate::jobs;
use crate::places::PREPARING;
use crate::records::{Job, JobKind, Status};
use crate::{Sagemaker, announce};
use runner::resources::Grant;
use runner::{Exit, ExitReason, JobSpec, JobState};
use service::{AwsError, Ctx, Found, Principal, WorkItem, WorkOutcome};
use store::Batch;

use checkpoints::Checkpoints;
pub(crate) use failure::Failure;
use hosts::Host;
pub(crate) use recover::{SWEEP, recover, sweep};

/// Work kind of a job; the key is `noun/region/name`.
pub(crate) const WORK: &str = "sagemaker/job";

/// Why a job ended that was cut short by a restart of the machine.
pub(crate) const RESTARTED: &str = "the machine was restarted while the job ran";

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
    let hosts = hosts::hosts(&job);
    let run = Run { service, ctx, kind, key, hosts };
    let end = match run.stages(&job).await? {
        Ok(end) => end,
        Err(failure) if failure.is_passing => return Err(runner_error(failure.reason)),
        Err(failure) if run.may_retry(&failure).await? => return run.restart(item, &failure).await,
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
    Stopped(&'static str),
    Failed(Failure),
}

/// What became of a job's wait for the machine.
enum Admitted {
    /// It may run; what is to be started, when it was prepared while it waited.
    Granted(Vec<JobSpec>, Grant),
    Stopped(&'static str),
    Failed(Failure),
}

/// A job that was prepared longer ago gets new credentials when its turn comes.
const FRESH_MS: i64 = 60_000;

/// Whether a host ended badly by itself.
fn is_failure(exit: &Exit) -> bool {
    match exit.reason {
        ExitReason::Exited => !exit.is_success(),
        ExitReason::Lost
        | ExitReason::MachineRestarted
        | ExitReason::MemoryExceeded { .. }
        | ExitReason::SpawnFailed(_)
        | ExitReason::InputFailed(_) => true,
        ExitReason::Stopped | ExitReason::MaxRuntimeExceeded => false,
    }
}

/// One run of one job.
struct Run<'a> {
    service: &'a Sagemaker,
    ctx: &'a Ctx,
    kind: JobKind,
    key: String,
    /// Where it runs; never empty.
    hosts: Vec<Host>,
}

impl Run<'_> {
    /// The job's id in the queue: that of its first host.
    fn id(&self) -> &str {
        self.hosts.first().map_or("", |host| host.run_id.as_str())
    }

    /// Brings the job to its end. Errors are refit's own and make the work item run again; what is the job's fault is a
    /// [`Failure`].
    async fn stages(&self, job: &Job) -> Result<Result<End, Failure>, AwsError> {
        let runner = &self.service.runner;
        let mut missing = Vec::new();
        for host in &self.hosts {
            if runner.state(&host.run_id).await.map_err(runner_error)? == JobState::Unknown {
                missing.push(host);
            }
        }
        let boot_id = runner.boot_id();
        if !missing.is_empty() {
            if job.was_launched() {
                // Never a second time: what it did before cannot be known.
                self.end_hosts().await?;
                let is_other_boot = job.boot_id.as_ref().is_some_and(|boot| *boot != boot_id);
                let why = if is_other_boot { RESTARTED } else { "the job's folder is gone" };
                return Ok(Err(Failure::internal(why)));
            }
            for host in missing {
                // What a beginning left of which nothing was recorded.
                runner.discard(&host.run_id).await.map_err(runner_error)?;
            }
            match self.begin(job).await? {
                Begun::Running => {}
                Begun::Stopped(secondary) => {
                    return Ok(Ok(End::Stopped { artifacts: None, secondary }));
                }
                Begun::Failed(failure) => return Ok(Err(failure)),
            }
        }
        let message = self.kind.texts().running;
        self.update(|job, now_ms| job.launch(&boot_id, message, now_ms)).await?;
        if !self.still_wanted().await? {
            // Asked before there was anything to stop, or the server died between the record and the processes.
            self.stop_hosts().await?;
        }
        let exits = self.follow(job).await?;
        self.service.places.release(self.id());
        self.collect(job, &exits).await
    }

    /// Asks every host to stop; one that never ran is fine.
    async fn stop_hosts(&self) -> Result<(), AwsError> {
        for host in &self.hosts {
            match self.service.runner.stop(&host.run_id).await {
                Ok(()) | Err(runner::Error::UnknownJob(_)) => {}
                Err(error) => return Err(runner_error(error)),
            }
        }
        Ok(())
    }

    /// The same, and waits until they have: until then the machine's part that they had is theirs.
    async fn end_hosts(&self) -> Result<(), AwsError> {
        self.stop_hosts().await?;
        for host in &self.hosts {
            match self.service.runner.wait(&host.run_id).await {
                Ok(_) | Err(runner::Error::UnknownJob(_)) => {}
                Err(error) => return Err(runner_error(error)),
            }
        }
        Ok(())
    }

    /// Waits for the job's turn, fills its folders and starts it.
    async fn begin(&self, job: &Job) -> Result<Begun, AwsError> {
        let (mut specs, grant) = match self.admission(job).await? {
            Admitted::Granted(specs, grant) => (specs, grant),
            Admitted::Stopped(secondary) => return Ok(Begun::Stopped(secondary)),
            Admitted::Failed(failure) => return Ok(Begun::Failed(failure)),
        };
        // Which GPUs are a job's own is on disk before it runs on them; a job without any need not wait for the disk: what
        // it has is known from its instance type.
        let is_ready = !specs.is_empty() && grant.gpu_indices.is_empty();
        let admitted = self.update(|job, now_ms| {
            job.started_ms.get_or_insert(now_ms);
            job.grant = Some(grant.clone());
            // A job that was given less than it asked for is told so.
            let note = grant.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
            job.enter("Downloading", &format!("Downloading input data{note}"), now_ms);
        });
        if is_ready && self.still_wanted().await? {
            let (admitted, begun) = tokio::join!(admitted, self.start(job, specs, &grant));
            admitted?;
            return begun;
        }
        if specs.is_empty() {
            let mut bell = self.ctx.kit.notices.subscribe(&stop_bell(job));
            let filling = async {
                tokio::select! {
                    filled = self.fill(job) => Ok(Some(filled)),
                    stopped = self.stopped(&mut bell) => stopped.map(|()| None),
                }
            };
            let (admitted, filled) = tokio::join!(admitted, filling);
            admitted?;
            specs = match filled? {
                Some(Ok(filled)) => filled,
                Some(Err(failure)) => return Ok(Begun::Failed(failure)),
                None => return Ok(Begun::Stopped("Stopped")),
            };
        } else {
            admitted.await?;
        }
        if !self.still_wanted().await? {
            return Ok(Begun::Stopped("Stopped"));
        }
        self.start(job, specs, &grant).await
    }

    /// Starts every host.
    async fn start(
        &self,
        job: &Job,
        specs: Vec<JobSpec>,
        grant: &Grant,
    ) -> Result<Begun, AwsError> {
        for mut spec in specs {
            let Some(host) = self.hosts.iter().find(|host| host.run_id == spec.id) else {
                continue;
            };
            spec::complete(self.service, job, host, &self.hosts, grant, &mut spec);
            if let Err(error) = self.service.runner.start(&spec).await {
                self.end_hosts().await?;
                return Ok(Begun::Failed(Failure::internal(error)));
            }
        }
        Ok(Begun::Running)
    }

    /// Waits for the job's turn on the machine. Near the head of the queue the job brings its data meanwhile, so that
    /// the machine does not wait for it.
    async fn admission(&self, job: &Job) -> Result<Admitted, AwsError> {
        let places = &self.service.places;
        let mut stop = self.ctx.kit.notices.subscribe(&stop_bell(job));
        let bell = places.bell(self.id());
        places.request(self.id(), spec::wanted(self.service, job));
        let (mut prepared, mut prepares, mut prepared_ms) = (Vec::new(), true, 0);
        loop {
            if !self.still_wanted().await? {
                return Ok(Admitted::Stopped("Stopped"));
            }
            if let Some(grant) = places.granted(self.id()) {
                if self.ctx.kit.clock.now_ms() - prepared_ms > FRESH_MS
                    && let Err(failure) = self.renew(job, &mut prepared).await
                {
                    return Ok(Admitted::Failed(failure));
                }
                return Ok(Admitted::Granted(prepared, grant));
            }
            self.update(|job, now_ms| {
                job.enter("Pending", "Waiting until this machine has room", now_ms);
            })
            .await?;
            let is_near = places.position(self.id()).is_none_or(|before| before < PREPARING);
            if is_near && prepared.is_empty() && prepares {
                prepared_ms = self.ctx.kit.clock.now_ms();
                tokio::select! {
                    filled = self.fill(job) => match filled {
                        Ok(filled) => prepared = filled,
                        Err(failure) if failure.is_the_machines() => {
                            // There may be no room for data beside those that run: its turn is early enough.
                            tracing::warn!(job = job.name, reason = failure.reason(), "data is not brought ahead");
                            prepares = false;
                        }
                        Err(failure) => return Ok(Admitted::Failed(failure)),
                    },
                    stopped = self.stopped(&mut stop) => {
                        stopped?;
                        return Ok(Admitted::Stopped("Stopped"));
                    }
                }
                if places.granted(self.id()).is_none() {
                    self.make_ready(&prepared).await;
                }
                continue;
            }
            tokio::select! {
                () = bell.notified() => {}
                _ = stop.changed() => {}
                () = self.patience(job) => return Ok(Admitted::Stopped("MaxWaitTimeExceeded")),
            }
        }
    }

    /// Gives a job that has waited credentials for all of its time.
    async fn renew(&self, job: &Job, specs: &mut [JobSpec]) -> Result<(), Failure> {
        if specs.is_empty() {
            return Ok(());
        }
        let principal = self.principal(job).await?;
        for spec in specs {
            spec::give_credentials(self.ctx, &principal, job, spec).await?;
        }
        Ok(())
    }

    /// Has the runner do before the job's turn what can be done before it.
    async fn make_ready(&self, specs: &[JobSpec]) {
        for spec in specs {
            if let Err(error) = self.service.runner.make_ready(spec).await {
                // Where it matters its start will fail too, and say so.
                tracing::debug!(id = spec.id, %error, "cannot be made ready");
            }
        }
    }

    /// Resolves when a job on spot instances has waited as long as it may.
    // AWS: API_StoppingCondition, MaxWaitTimeInSeconds.
    async fn patience(&self, job: &Job) {
        let most =
            job.request.get("StoppingCondition").and_then(|it| it["MaxWaitTimeInSeconds"].as_u64());
        let Some(most) = most else { return std::future::pending().await };
        let waited_ms = (self.ctx.kit.clock.now_ms() - job.created_ms).max(0) as u64;
        let left_ms = most.saturating_mul(1000).saturating_sub(waited_ms);
        tokio::time::sleep(std::time::Duration::from_millis(left_ms)).await;
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

    /// Fills the folders of all hosts; answers what is to be started. May be dropped and done again.
    async fn fill(&self, job: &Job) -> Result<Vec<JobSpec>, Failure> {
        let principal = self.principal(job).await?;
        let mut specs = Vec::new();
        for host in &self.hosts {
            let state = self.service.runner.state(&host.run_id).await;
            if state.map_err(Failure::internal)? != JobState::Unknown {
                // A server that died has begun it: its folder is its own.
                continue;
            }
            let mut spec = self.fill_host(job, host, &principal).await?;
            spec::foresee(self.service, job, host, &self.hosts, &mut spec);
            specs.push(spec);
        }
        Ok(specs)
    }

    async fn fill_host(
        &self,
        job: &Job,
        host: &Host,
        principal: &Principal,
    ) -> Result<JobSpec, Failure> {
        let service = self.service;
        let folder = service.runner.prepare(&host.run_id).await.map_err(Failure::internal)?;
        if self.kind == JobKind::Transform {
            transform::prepare(service, principal, job, &folder).await?;
            return spec::transform(service, self.ctx, principal, job, host, &folder).await;
        }
        if self.kind == JobKind::Processing {
            processing::prepare(service, principal, job, host, &self.hosts, &folder).await?;
            return processing::spec(service, self.ctx, principal, job, host, &folder).await;
        }
        config::write(job, host, &self.hosts, &folder).map_err(Failure::internal)?;
        let channels = input::channels(service, principal, job, host, &self.hosts, &folder).await?;
        if let Some(checkpoints) = Checkpoints::of(job)? {
            checkpoints.restore(service, principal, &folder).await?;
        }
        let mut spec = spec::training(service, self.ctx, principal, job, host, &folder).await?;
        (spec.read_only, spec.pipes) = (channels.read_only, channels.pipes);
        Ok(spec)
    }

    /// Uploads what the job left and says how it ended.
    async fn collect(&self, job: &Job, exits: &[Exit]) -> Result<Result<End, Failure>, AwsError> {
        let mut folders = Vec::new();
        for host in &self.hosts {
            let folder = self.service.runner.prepare(&host.run_id).await.map_err(runner_error)?;
            folders.push(folder);
        }
        if self.kind == JobKind::Processing {
            let message = processing::messages(&folders);
            self.update(|job, _| job.exit_message.clone_from(&message)).await?;
        }
        // The first to fail is the one that knows why.
        let failed = exits.iter().zip(&folders).filter(|(exit, _)| is_failure(exit));
        if let Some((exit, folder)) = failed.min_by_key(|(exit, _)| exit.ended_ms) {
            return Ok(Err(finish::failure(job, exit, folder)));
        }
        let message = self.kind.texts().uploading;
        self.update(|job, now_ms| job.enter("Uploading", message, now_ms)).await?;
        let artifacts = match self.upload(job, &folders).await {
            Ok(artifacts) => artifacts,
            Err(failure) => return Ok(Err(failure)),
        };
        let has = |reason: &ExitReason| exits.iter().any(|exit| exit.reason == *reason);
        Ok(Ok(if has(&ExitReason::MaxRuntimeExceeded) {
            End::Stopped { artifacts, secondary: "MaxRuntimeExceeded" }
        } else if has(&ExitReason::Stopped) {
            End::Stopped { artifacts, secondary: "Stopped" }
        } else {
            End::Completed { artifacts }
        }))
    }

    async fn upload(
        &self,
        job: &Job,
        folders: &[runner::JobFolder],
    ) -> Result<Option<String>, Failure> {
        let principal = self.principal(job).await?;
        match (self.kind, folders) {
            (JobKind::Training, folders) => {
                finish::upload(self.service, &principal, job, folders).await
            }
            (JobKind::Transform, [folder, ..]) => {
                transform::upload(self.service, &principal, job, folder).await.map(|()| None)
            }
            (JobKind::Processing, folders) => {
                processing::upload(self.service, &principal, job, folders).await.map(|()| None)
            }
            (JobKind::Transform, []) => Ok(None),
        }
    }

    /// Whether the job is to be begun again: the machine's fault, and attempts are left.
    // AWS: API_RetryStrategy: for InternalServerError only.
    async fn may_retry(&self, failure: &Failure) -> Result<bool, AwsError> {
        let Some(found) = self.load().await? else { return Ok(false) };
        let job = found.value;
        let most =
            job.request.get("RetryStrategy").and_then(|it| it["MaximumRetryAttempts"].as_u64());
        Ok(failure.reason.starts_with("InternalServerError")
            && job.status == Status::InProgress
            && most.is_some_and(|most| u64::from(job.attempt) < most))
    }

    /// Begins the job again, under new ids.
    async fn restart(&self, item: &WorkItem, failure: &Failure) -> Result<WorkOutcome, AwsError> {
        self.service.places.release(self.id());
        self.update(|job, now_ms| job.restart(&failure.reason, now_ms)).await?;
        let mut outcome = WorkOutcome::again(item, self.ctx.kit.clock.now_ms());
        outcome.work.extend(self.hosts.iter().map(|host| sweep_item(self.ctx, &host.run_id)));
        Ok(outcome)
    }

    /// The session the job acts with.
    async fn principal(&self, job: &Job) -> Result<Principal, Failure> {
        let role = spec::role_of(job)?;
        let caller = self.ctx.kit.caller();
        let session = caller.assume_for(&role, jobs::PRINCIPAL, "SageMaker", &job.arn).await;
        session.map_err(|error| Failure::refused(&format!("cannot assume the role {role}"), &error))
    }

    /// Records the end, forgets what only the run needed, and tells everybody. The folders go after the commit.
    async fn end(&self, end: End) -> Result<WorkOutcome, AwsError> {
        self.service.places.release(self.id());
        let mut outcome = WorkOutcome::done();
        outcome.work.extend(self.hosts.iter().map(|host| sweep_item(self.ctx, &host.run_id)));
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
        for host in &self.hosts {
            service::forget_effects(&mut outcome.batch, &log::effect_prefix(&host.run_id));
        }
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
