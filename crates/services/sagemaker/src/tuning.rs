//! Hyperparameter tuning: the handler of a tuning job's work item.
//!
//! A trial is recorded before its training job is made, and made with an effect key: after a crash the handler goes on
//! where the record says, and no training job is made twice.

pub(crate) mod records;
mod request;
pub(crate) mod search;
pub(crate) mod space;
mod view;

use crate::error::Error;
use crate::job::runner_error;
use crate::records::{BY_STATUS, Job, JobKind, Status, created_entry, key};
use crate::{Sagemaker, announce};
use futures_util::future::select_all;
use records::{TUNING, Trial, Tuning};
use search::{Strategy, Tried};
use serde_json::{Map, Value, json};
use service::{AwsError, Ctx, Found, Principal, WorkItem, WorkOutcome, forget_effects};
use space::Parameter;
use std::time::Duration;
use store::{Batch, Expect};
use tokio::sync::watch;

pub(crate) use request::{check, parents};
pub(crate) use view::{describe, summary, trial};

/// Work kind of a tuning job; the key is `region/name`.
pub(crate) const WORK: &str = "sagemaker/tuning";
// AWS: a tuning job fails when its first five training jobs have failed.
const MOST_FAILURES: usize = 5;

/// The bell that rings when a tuning job is asked to stop.
pub(crate) fn bell(arn: &str) -> String {
    format!("stop {arn}")
}

/// Adds the record to `batch`.
pub(crate) fn put(batch: &mut Batch, tuning: &Tuning, expect: Expect) {
    let by_status = format!("{}/{}/", tuning.region, tuning.status.word());
    let index = vec![created_entry(&tuning.region, tuning.created_ms), (BY_STATUS, by_status)];
    batch.put_indexed(TUNING, key(&tuning.region, &tuning.name), tuning, index, expect);
}

/// The tuning job that the request names.
pub(crate) async fn find(ctx: &Ctx, input: &Map<String, Value>) -> Result<Found<Tuning>, Error> {
    let name = input.get("HyperParameterTuningJobName").and_then(Value::as_str).unwrap_or_default();
    let found = ctx.records::<Tuning>(TUNING).get(&key(&ctx.region, name)).await?;
    found.ok_or_else(|| {
        // AWS: DescribeHyperParameterTuningJob answers ResourceNotFound.
        Error::NotFound(format!("Amazon SageMaker can't find a tuning job with name {name}"))
    })
}

/// The ARN of the tuning job that made a training job.
pub(crate) async fn of_job(ctx: &Ctx, job: &str) -> Result<Option<String>, Error> {
    // Name, number and random part; see the plan of a trial.
    let Some(name) = job.rsplitn(3, '-').nth(2).filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let found = ctx.records::<Tuning>(TUNING).get(&key(&ctx.region, name)).await?;
    let tuning = found.map(|found| found.value);
    let made = tuning.filter(|tuning| tuning.trials.iter().any(|trial| trial.job == job));
    Ok(made.map(|tuning| tuning.arn))
}

/// The work item that tells of a tuning job's status.
pub(crate) fn announcement(ctx: &Ctx, tuning: &Tuning) -> WorkItem {
    let mut detail = describe(tuning);
    announce::to_milliseconds(&mut detail);
    let kind = "SageMaker HyperParameter Tuning Job State Change";
    announce::item(ctx, kind, &tuning.arn, detail)
}

/// Runs the tuning job to its end.
pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    item: &WorkItem,
) -> Result<WorkOutcome, AwsError> {
    let run = Run { ctx, key: item.key.clone() };
    loop {
        let Some(found) = run.load().await? else { return Ok(WorkOutcome::done()) };
        if found.value.status.is_terminal() {
            return Ok(WorkOutcome::done());
        }
        // Listening comes before looking, so that no end is missed in between.
        let mut bells = run.bells(&found.value);
        if run.changed(&found).await? || run.advance(found).await? {
            continue;
        }
        let Some(found) = run.load().await? else { return Ok(WorkOutcome::done()) };
        if let Some(end) = end_of(&found.value) {
            return Ok(run.end(found, end));
        }
        let patience = patience(&found.value, ctx.kit.clock.now_ms());
        let rung = select_all(bells.iter_mut().map(|bell| Box::pin(bell.changed())));
        let _either = tokio::time::timeout(patience, rung).await;
    }
}

struct Run<'a> {
    ctx: &'a Ctx,
    key: String,
}

impl Run<'_> {
    /// The bells of the tuning job and of its training jobs under way.
    fn bells(&self, tuning: &Tuning) -> Vec<watch::Receiver<u64>> {
        let notices = &self.ctx.kit.notices;
        let running = tuning.trials.iter().filter(|trial| !trial.status.is_terminal());
        let mut bells: Vec<_> = running.map(|trial| notices.subscribe(&trial.arn)).collect();
        bells.push(notices.subscribe(&bell(&tuning.arn)));
        bells
    }

    /// Records what has become of the training jobs under way; whether anything has.
    async fn changed(&self, found: &Found<Tuning>) -> Result<bool, AwsError> {
        let mut tuning = found.value.clone();
        let (metric, _) = found.value.objective();
        for trial in tuning.trials.iter_mut().filter(|trial| trial.is_made) {
            if trial.status.is_terminal() {
                continue;
            }
            if let Some(job) = self.job_of(&found.value.region, trial).await? {
                learn(trial, &job, metric);
            } else {
                trial.status = Status::Failed;
                trial.failure_reason = Some("The training job was deleted.".to_owned());
                trial.ended_ms = Some(self.ctx.kit.clock.now_ms());
            }
        }
        self.store(found, tuning).await
    }

    /// The training job of a trial, if it is there.
    async fn job_of(&self, region: &str, trial: &Trial) -> Result<Option<Job>, AwsError> {
        let jobs = self.ctx.records::<Job>(JobKind::Training.records());
        Ok(jobs.get(&key(region, &trial.job)).await?.map(|found| found.value))
    }

    /// Plans and makes training jobs, or stops them; whether anything was done.
    async fn advance(&self, found: Found<Tuning>) -> Result<bool, AwsError> {
        let mut tuning = found.value.clone();
        let now_ms = self.ctx.kit.clock.now_ms();
        if !tuning.is_satisfied && is_satisfied(&tuning, now_ms) {
            tuning.is_satisfied = true;
            return self.store(&found, tuning).await;
        }
        if tuning.is_satisfied || tuning.status == Status::Stopping {
            self.stop_all(&tuning).await?;
            let region = tuning.region.clone();
            let planned = tuning.trials.iter_mut();
            for trial in planned.filter(|trial| !trial.is_made && !trial.status.is_terminal()) {
                // It may have been made just before what is known of that was to be stored.
                if self.job_of(&region, trial).await?.is_some() {
                    trial.is_made = true;
                    continue;
                }
                trial.status = Status::Stopped;
                trial.ended_ms = Some(now_ms);
            }
            return self.store(&found, tuning).await;
        }
        if let Some(at) =
            tuning.trials.iter().position(|it| !it.is_made && !it.status.is_terminal())
        {
            let made = self.make(&tuning, &tuning.trials[at]).await?;
            let trial = &mut tuning.trials[at];
            trial.is_made = true;
            if let Err(error) = made {
                trial.status = Status::Failed;
                trial.failure_reason = Some(error.message);
                trial.ended_ms = Some(now_ms);
            }
            return self.store(&found, tuning).await;
        }
        let limits = &tuning.config()["ResourceLimits"];
        let parallel = limits["MaxParallelTrainingJobs"].as_u64().unwrap_or(1).max(1) as usize;
        if tuning.running() < parallel && tuning.trials.len() < most_trials(&tuning) {
            let trial = self.plan(&tuning, now_ms);
            tuning.trials.push(trial);
            return self.store(&found, tuning).await;
        }
        Ok(false)
    }

    /// The next trial.
    fn plan(&self, tuning: &Tuning, now_ms: i64) -> Trial {
        let space = space_of(tuning);
        let index = tuning.trials.len() as u64;
        let tried: Vec<Tried> = tuning
            .parents
            .iter()
            .map(|(point, loss)| Tried { point: point.clone(), loss: Some(*loss) })
            .chain(tuning.trials.iter().map(|trial| Tried {
                point: trial.point.clone(),
                loss: trial.objective.map(|value| tuning.loss(value)),
            }))
            .collect();
        let point = search::next(strategy(tuning), &space, &tried, tuning.seed, index);
        let id = self.ctx.uuid();
        // AWS: training jobs are named after the tuning job, with a number and a random part.
        let job = format!("{}-{:03}-{}", tuning.name, index + 1, id.get(..8).unwrap_or(&id));
        Trial {
            arn: self.ctx.arn("sagemaker", &format!("training-job/{job}")),
            values: space::values(&space, &point),
            job,
            point,
            status: Status::InProgress,
            is_made: false,
            objective: None,
            failure_reason: None,
            created_ms: now_ms,
            started_ms: None,
            ended_ms: None,
        }
    }

    /// Makes a trial's training job; the inner error is the request's fault.
    async fn make(&self, tuning: &Tuning, trial: &Trial) -> Result<Result<(), AwsError>, AwsError> {
        let input = request::training(tuning, trial);
        let effect = format!("{}{}#", effect_prefix(tuning), trial.job);
        // Who made the tuning job was allowed to pass its role; nobody else is asked.
        let principal = Principal::platform(self.ctx.account());
        let made = self
            .ctx
            .call_as(principal, "sagemaker", "CreateTrainingJob", input, Some(effect))
            .await;
        match made {
            Err(error) if error.status >= 500 => Err(error),
            Err(error) => Ok(Err(error)),
            Ok(_) => Ok(Ok(())),
        }
    }

    /// Asks the training jobs under way to stop.
    async fn stop_all(&self, tuning: &Tuning) -> Result<(), AwsError> {
        let running = tuning.trials.iter().filter(|trial| trial.status == Status::InProgress);
        for trial in running.filter(|trial| trial.is_made) {
            let principal = Principal::platform(self.ctx.account());
            let input = json!({"TrainingJobName": trial.job});
            match self.ctx.call_as(principal, "sagemaker", "StopTrainingJob", input, None).await {
                Err(error) if error.status >= 500 => return Err(error),
                // It has ended this moment.
                Err(error) => tracing::debug!(job = trial.job, %error, "nothing to stop"),
                Ok(_) => {}
            }
        }
        Ok(())
    }

    /// Stores what differs; whether anything does.
    async fn store(&self, found: &Found<Tuning>, mut tuning: Tuning) -> Result<bool, AwsError> {
        if tuning == found.value {
            return Ok(false);
        }
        tuning.modified_ms = self.ctx.kit.clock.now_ms();
        let mut batch = Batch::new();
        put(&mut batch, &tuning, found.expect);
        match self.ctx.commit(batch, Vec::new(), &[tuning.arn]).await {
            Ok(()) | Err(store::Error::Conflict { .. }) => Ok(true),
            Err(error) => Err(runner_error(error)),
        }
    }

    fn end(&self, found: Found<Tuning>, end: End) -> WorkOutcome {
        let mut tuning = found.value;
        let now_ms = self.ctx.kit.clock.now_ms();
        (tuning.status, tuning.failure_reason) = match end {
            End::Completed => (Status::Completed, None),
            End::Stopped => (Status::Stopped, None),
            End::Failed(reason) => (Status::Failed, Some(reason)),
        };
        (tuning.modified_ms, tuning.ended_ms) = (now_ms, Some(now_ms));
        let mut outcome = WorkOutcome::done();
        put(&mut outcome.batch, &tuning, found.expect);
        forget_effects(&mut outcome.batch, &effect_prefix(&tuning));
        outcome.work.push(announcement(self.ctx, &tuning));
        outcome.notices.push(tuning.arn);
        outcome
    }

    async fn load(&self) -> Result<Option<Found<Tuning>>, AwsError> {
        self.ctx.records::<Tuning>(TUNING).get(&self.key).await
    }
}

fn effect_prefix(tuning: &Tuning) -> String {
    format!("{WORK}/{}/{}/", tuning.arn, tuning.created_ms)
}

/// Takes over what a training job's record says.
fn learn(trial: &mut Trial, job: &Job, metric: &str) {
    trial.status = job.status;
    trial.started_ms = job.started_ms;
    if job.status.is_terminal() {
        trial.ended_ms = job.ended_ms;
        trial.failure_reason.clone_from(&job.failure_reason);
        let found = job.metrics.iter().find(|own| own.name == metric);
        trial.objective = found.map(|own| own.value).filter(|value| value.is_finite());
    }
}

/// How a tuning job ends.
enum End {
    Completed,
    Stopped,
    Failed(String),
}

/// Whether it has come to its end.
fn end_of(tuning: &Tuning) -> Option<End> {
    if tuning.running() > 0 {
        return None;
    }
    if tuning.status == Status::Stopping {
        return Some(End::Stopped);
    }
    let failed = tuning.count(Status::Failed);
    let is_full = tuning.trials.len() >= most_trials(tuning);
    if !(is_full || tuning.is_satisfied) {
        return None;
    }
    if tuning.best().is_none() && failed > 0 {
        let first = tuning.trials.iter().find_map(|trial| trial.failure_reason.as_deref());
        // AWS: the beginning of the text; refit adds the first reason.
        let text = format!(
            "No training job succeeded after {failed} attempts. Please take a look at the training job failures to get more details. The first: {}",
            first.unwrap_or_default()
        );
        return Some(End::Failed(text.chars().take(1024).collect()));
    }
    Some(End::Completed)
}

/// Whether no further training job is needed.
fn is_satisfied(tuning: &Tuning, now_ms: i64) -> bool {
    let nothing_succeeds = tuning.count(Status::Completed) == 0
        && tuning.count(Status::Stopped) == 0
        && tuning.count(Status::Failed) >= MOST_FAILURES;
    let criteria = &tuning.config()["TuningJobCompletionCriteria"];
    let target = criteria["TargetObjectiveMetricValue"].as_f64();
    let best = tuning.best().and_then(|trial| trial.objective);
    let is_reached =
        best.zip(target).is_some_and(|(best, target)| tuning.loss(best) <= tuning.loss(target));
    let patience =
        criteria["BestObjectiveNotImproving"]["MaxNumberOfTrainingJobsNotImproving"].as_u64();
    let is_stuck = patience.is_some_and(|most| tuning.not_improving() as u64 >= most);
    nothing_succeeds || is_reached || is_stuck || deadline_ms(tuning).is_some_and(|it| now_ms >= it)
}

fn deadline_ms(tuning: &Tuning) -> Option<i64> {
    let seconds = tuning.config()["ResourceLimits"]["MaxRuntimeInSeconds"].as_i64()?;
    Some(tuning.created_ms.saturating_add(seconds.saturating_mul(1000)))
}

/// How long nothing happens by itself.
fn patience(tuning: &Tuning, now_ms: i64) -> Duration {
    let left_ms = deadline_ms(tuning).map_or(i64::from(i32::MAX), |it| it.saturating_sub(now_ms));
    Duration::from_millis(left_ms.clamp(0, i64::from(i32::MAX)) as u64 + 1)
}

fn most_trials(tuning: &Tuning) -> usize {
    let given = tuning.config()["ResourceLimits"]["MaxNumberOfTrainingJobs"].as_u64();
    let grid = (strategy(tuning) == Strategy::Grid).then(|| search::grid_size(&space_of(tuning)));
    let most = match (grid.flatten(), given) {
        (Some(grid), _) => grid,
        (None, given) => given.unwrap_or(1),
    };
    usize::try_from(most).unwrap_or(usize::MAX)
}

fn strategy(tuning: &Tuning) -> Strategy {
    match tuning.config()["Strategy"].as_str() {
        Some("Random") => Strategy::Random,
        Some("Grid") => Strategy::Grid,
        _ => Strategy::Bayesian,
    }
}

/// The space of a tuning job that was checked when it was made.
fn space_of(tuning: &Tuning) -> Vec<Parameter> {
    space::parse(request::ranges(&tuning.request)).unwrap_or_default()
}
