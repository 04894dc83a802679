//! `.sync`: starting a job, waiting for its end without polling, stopping it when nobody waits any more.

use super::target::Target;
use super::{Errand, failure, request, response};
use crate::arns;
use crate::error::Error;
use crate::records::{MACHINE, Machine};
use driver::{CancelledTask, TaskFailure, TaskReporter};
use engine::Data;
use serde_json::{Map, Value, json};
use service::{Arn, AwsError, Ctx, Principal, WorkItem, WorkOutcome};

/// How often stopping a job that is not there (yet) is tried again, and after how long.
const STOP_ATTEMPTS: u32 = 3;
const STOP_AGAIN_MS: i64 = 1_000;

/// What `.sync` needs to know about a kind of job. Members are in the names of the service's model.
#[derive(Debug)]
pub(super) struct Job {
    /// The member of the request and of the description that names the job.
    name: &'static str,
    /// The first part of its ARN's resource; of executions `None`: their ARN is made of the machine's.
    noun: Option<&'static str>,
    pub(super) describe: &'static str,
    /// The member of the description that says how it stands.
    status: &'static str,
    /// The one status that is a success.
    succeeded: &'static str,
    /// The statuses that are failures.
    failed: &'static [&'static str],
    stop: &'static str,
}

impl Job {
    pub(super) const TRAINING: Self = Self::sagemaker(
        "TrainingJobName",
        "training-job",
        "DescribeTrainingJob",
        "TrainingJobStatus",
        "StopTrainingJob",
    );
    pub(super) const TRANSFORM: Self = Self::sagemaker(
        "TransformJobName",
        "transform-job",
        "DescribeTransformJob",
        "TransformJobStatus",
        "StopTransformJob",
    );
    pub(super) const PROCESSING: Self = Self::sagemaker(
        "ProcessingJobName",
        "processing-job",
        "DescribeProcessingJob",
        "ProcessingJobStatus",
        "StopProcessingJob",
    );
    pub(super) const TUNING: Self = Self::sagemaker(
        "HyperParameterTuningJobName",
        "hyper-parameter-tuning-job",
        "DescribeHyperParameterTuningJob",
        "HyperParameterTuningJobStatus",
        "StopHyperParameterTuningJob",
    );
    pub(super) const EXECUTION: Self = Self {
        name: "executionArn",
        noun: None,
        describe: "DescribeExecution",
        status: "status",
        succeeded: "SUCCEEDED",
        failed: &["FAILED", "TIMED_OUT", "ABORTED"],
        stop: "StopExecution",
    };

    const fn sagemaker(
        name: &'static str,
        noun: &'static str,
        describe: &'static str,
        status: &'static str,
        stop: &'static str,
    ) -> Self {
        // UNVERIFIED: that a job somebody stopped fails the task.
        let failed = &["Failed", "Stopped"];
        Self { name, noun: Some(noun), describe, status, succeeded: "Completed", failed, stop }
    }

    /// What names the job to its service, and its ARN (the topic of its bell), both out of the request's input.
    fn find(&self, errand: &Errand<'_>, input: &Value) -> (String, String) {
        let text = |member: &str| input.get(member).and_then(Value::as_str).unwrap_or_default();
        let Some(noun) = self.noun else {
            let machine = Arn::parse(text("stateMachineArn")).ok();
            let arn = machine.map_or_else(String::new, |machine| {
                let name = machine.resource.split(':').nth(1).unwrap_or_default();
                let resource = format!("execution:{name}:{}", text("name"));
                Arn { resource, ..machine }.to_string()
            });
            return (arn.clone(), arn);
        };
        let name = text(self.name);
        let resource = format!("{noun}/{name}");
        let arn =
            Arn::new(errand.target.service, &errand.task.region, &errand.kit.account, resource);
        (name.to_owned(), arn.to_string())
    }
}

/// Starts the job, unless that has been done, and waits for its end.
pub(super) async fn perform(
    errand: &Errand<'_>,
    job: &Job,
    submitted: bool,
    reporter: &TaskReporter,
) -> Result<Data, TaskFailure> {
    if !submitted {
        refuse_express(errand, job).await?;
        let answer = errand.ask().await?;
        reporter.submitted(Data::new(answer)).await;
    }
    let (name, arn) = job.find(errand, &request::build(errand)?);
    loop {
        // Listening comes before looking, so that no end is missed in between.
        let mut bell = errand.kit.notices.subscribe(&arn);
        let input = json!({ job.name: name });
        let description = errand.call(job.describe, input, None).await?;
        let status = description.get(job.status).and_then(Value::as_str).unwrap_or_default();
        if status == job.succeeded {
            return Ok(Data::new(outcome(errand, job, description)));
        }
        if job.failed.contains(&status) {
            let cause = outcome(errand, job, description).to_string();
            return Err(TaskFailure::new("States.TaskFailed", cause));
        }
        // An error means that the bell was replaced: listen to the new one.
        let _rung = bell.changed().await;
    }
}

/// Nobody can ask how an Express execution stands, so none is waited for.
// UNVERIFIED: that AWS refuses before it starts one, and its words: those of operations on machines of the other type.
async fn refuse_express(errand: &Errand<'_>, job: &Job) -> Result<(), TaskFailure> {
    if job.noun.is_some() {
        return Ok(());
    }
    let named = errand.task.parameters.value().get("StateMachineArn").and_then(Value::as_str);
    let Some(Ok(named)) = named.map(arns::read_machine) else { return Ok(()) };
    let ctx = errand.kit.ctx(Principal::platform(&errand.kit.account), &errand.task.region);
    let machine = ctx.records::<Machine>(MACHINE).get(&named.machine).await;
    match machine.map_err(|error| failure::of(errand, &error))? {
        Some(machine) if machine.value.express => {
            Err(failure::of(errand, &AwsError::from(Error::TypeNotSupported)))
        }
        _ => Ok(()),
    }
}

/// The description as a result.
fn outcome(errand: &Errand<'_>, job: &Job, description: Value) -> Value {
    let mut result = response::build(errand, job.describe, description);
    if errand.target.parses_texts {
        response::parse_texts(&mut result);
    }
    result
}

/// Stops the job of a task that nobody waits for any more.
pub(crate) async fn cancel(ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
    let cancelled: CancelledTask = match serde_json::from_value(item.body.clone()) {
        Ok(cancelled) => cancelled,
        Err(error) => {
            tracing::error!(key = item.key, %error, "a cancelled task cannot be read");
            return Ok(WorkOutcome::done());
        }
    };
    let CancelledTask { execution, task, effect_key } = &cancelled;
    let Some(target) = Target::find(&ctx.kit, &task.resource_type, &task.resource_name) else {
        return Ok(WorkOutcome::done());
    };
    let Some(job) = target.job else { return Ok(WorkOutcome::done()) };
    let errand = Errand { kit: &ctx.kit, execution, task, effect_key, is_stored: true, target };
    // Parameters that could not be used have started nothing.
    let Ok(input) = request::build(&errand) else { return Ok(WorkOutcome::done()) };
    let (name, arn) = job.find(&errand, &input);
    let mut stop = Map::new();
    stop.insert(job.name.to_owned(), Value::from(name));
    match errand.try_call(job.stop, Value::Object(stop), None).await {
        Ok(_) => {
            tracing::info!(
                arn,
                execution = &*execution.execution_arn,
                "an abandoned job was stopped"
            );
            Ok(WorkOutcome::done())
        }
        Err(error) if error.status >= 500 && error.status != 501 => Err(error),
        // The request may have been on its way when the task was given up.
        Err(error) if item.attempts < STOP_ATTEMPTS => {
            tracing::debug!(arn, %error, "an abandoned job could not be stopped");
            Ok(WorkOutcome::again(item, ctx.now_ms.saturating_add(STOP_AGAIN_MS)))
        }
        Err(error) => {
            tracing::info!(arn, %error, "an abandoned job was not stopped");
            Ok(WorkOutcome::done())
        }
    }
}
