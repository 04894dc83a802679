//! What the job operations share: creating, finding, describing and stopping.

use crate::error::Error;
use crate::records::{BY_STATUS, Job, JobKind, Status, created_entry, key, seconds};
use crate::tags::tag_new;
use crate::{Sagemaker, announce, job};
use serde_json::{Map, Value, json};
use service::{Ctx, Found, Principal, Reply, WorkItem};
use store::{Batch, Expect};

/// SageMaker's own service principal.
pub(crate) const PRINCIPAL: &str = "sagemaker.amazonaws.com";

/// The time limit of a job that is given none.
// AWS: StoppingCondition: MaxRuntimeInSeconds is one day by default.
pub(crate) const DEFAULT_RUNTIME_SECONDS: u64 = 86_400;

/// The session that the job gets; its role must trust SageMaker.
pub(crate) async fn assume(
    ctx: &Ctx,
    input: &Map<String, Value>,
    member: &str,
    source_arn: &str,
) -> Result<Principal, Error> {
    let role = input.get(member).and_then(Value::as_str).unwrap_or_default();
    let caller = ctx.kit.caller();
    caller.assume_for(role, PRINCIPAL, "SageMaker", source_arn).await.map_err(|error| {
        tracing::info!(role, %error, "SageMaker cannot assume the role");
        // AWS: CreateTrainingJob with a role that does not trust SageMaker.
        Error::Validation(format!(
            "Could not assume role {role}. Please ensure that the role exists and allows principal \
             '{PRINCIPAL}' to assume the role."
        ))
    })
}

/// Type and URI of a channel's or transform input's data.
pub(crate) fn object_source(channel: &Value) -> Option<(&str, &str)> {
    let source = channel.get("DataSource")?.get("S3DataSource")?;
    Some((source.get("S3DataType")?.as_str()?, source.get("S3Uri")?.as_str()?))
}

/// Refuses jobs on several instances, where running them on one would be another job than was asked for.
pub(crate) fn require_one_instance(resources: &Value) -> Result<(), Error> {
    if resources["InstanceCount"].as_u64().is_some_and(|count| count > 1) {
        return Err(Error::Unsupported(
            "refit runs such a job on one instance: InstanceCount must be 1.".to_owned(),
        ));
    }
    Ok(())
}

/// Refuses training on more hosts than make sense on one machine.
pub(crate) fn require_few_hosts(resources: &Value) -> Result<(), Error> {
    let asked = job::hosts::asked(resources);
    if asked > job::hosts::MOST_HOSTS {
        return Err(Error::Unsupported(format!(
            "refit runs a training job on at most {} instances, not on {asked}.",
            job::hosts::MOST_HOSTS
        )));
    }
    Ok(())
}

/// Refuses a prefix under which there is nothing.
pub(crate) async fn require_objects(
    service: &Sagemaker,
    principal: &Principal,
    source: Option<(&str, &str)>,
) -> Result<(), Error> {
    let Some(("S3Prefix", uri)) = source else { return Ok(()) };
    let (bucket, prefix) = split_uri(uri)?;
    let listed = service.objects.list(principal, bucket, prefix).await;
    match listed {
        Ok(objects) if !objects.is_empty() => Ok(()),
        // AWS: CreateTrainingJob: one text for all three reasons.
        Ok(_) | Err(_) => Err(Error::Validation(format!(
            "No S3 objects found under S3 URL \"{uri}\" given in input data source. Please ensure that the \
             bucket exists in the selected region, that objects exist under that S3 prefix, and that the \
             role \"{}\" has \"s3:ListBucket\" permissions on bucket \"{bucket}\".",
            principal.arn
        ))),
    }
}

/// Bucket and key (or prefix) of `s3://bucket/key`.
pub(crate) fn split_uri(uri: &str) -> Result<(&str, &str), Error> {
    uri.strip_prefix("s3://")
        .map(|rest| rest.split_once('/').unwrap_or((rest, "")))
        .filter(|(bucket, _)| !bucket.is_empty())
        .ok_or_else(|| Error::Validation(format!("{uri} is not a valid S3 URI.")))
}

/// The ARN of the job that a request names.
pub(crate) fn arn(ctx: &Ctx, kind: JobKind, input: &Map<String, Value>) -> String {
    let name = input.get(&format!("{}Name", kind.member())).and_then(Value::as_str);
    ctx.arn("sagemaker", &format!("{}/{}", kind.noun(), name.unwrap_or_default()))
}

/// Records a job and schedules it.
pub(crate) async fn create(
    ctx: &Ctx,
    kind: JobKind,
    mut input: Map<String, Value>,
    model: Option<Map<String, Value>>,
) -> Result<Reply<Job>, Error> {
    let name_member = format!("{}Name", kind.member());
    let name = input.get(&name_member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let record_key = key(&ctx.region, &name);
    let arn = arn(ctx, kind, &input);
    if ctx.records::<Job>(kind.records()).get(&record_key).await?.is_some() {
        let (noun, lower) = kind.words();
        return Err(Error::JobExists { noun, lower, arn });
    }
    let mut batch = Batch::new();
    tag_new(&mut batch, &arn, input.remove("Tags").as_ref());
    let mut job = Job::new(kind, &ctx.region, &name, &ctx.uuid()[..8], ctx.now_ms);
    (job.arn, job.request, job.model) = (arn, input, model);
    job.enter("Starting", kind.texts().starting, ctx.now_ms);
    put(&mut batch, &job, Expect::Absent);
    let work_key = format!("{}/{record_key}", kind.noun());
    let item = WorkItem::new(job::WORK, work_key, &ctx.region, ctx.now_ms, &kind);
    let event = announce::job(ctx, &job);
    Ok(Reply::with(job, batch).work(item).work(event))
}

/// Adds the job's record to `batch`.
pub(crate) fn put(batch: &mut Batch, job: &Job, expect: Expect) {
    let by_status = format!("{}/{}/", job.region, job.status.word());
    let index = vec![created_entry(&job.region, job.created_ms), (BY_STATUS, by_status)];
    batch.put_indexed(job.kind.records(), key(&job.region, &job.name), job, index, expect);
}

/// The job that the request names.
pub(crate) async fn find(
    ctx: &Ctx,
    kind: JobKind,
    input: &Map<String, Value>,
) -> Result<Found<Job>, Error> {
    let member = format!("{}Name", kind.member());
    let name = input.get(&member).and_then(Value::as_str).unwrap_or_default();
    let found = ctx.records::<Job>(kind.records()).get(&key(&ctx.region, name)).await?;
    found.ok_or_else(|| Error::Validation("Requested resource not found.".to_owned()))
}

/// What every job's description has: its request, names, status and times.
pub(crate) fn view_base(job: &Job) -> Map<String, Value> {
    let mut view = job.request.clone();
    let member = job.kind.member();
    view.insert(format!("{member}Arn"), Value::from(job.arn.as_str()));
    view.insert(format!("{member}Status"), Value::from(job.status.word()));
    view.insert("CreationTime".to_owned(), seconds(job.created_ms));
    let short = member.trim_end_matches("Job");
    if let Some(started_ms) = job.started_ms {
        view.insert(format!("{short}StartTime"), seconds(started_ms));
    }
    if let Some(ended_ms) = job.ended_ms {
        view.insert(format!("{short}EndTime"), seconds(ended_ms));
    }
    if let Some(reason) = &job.failure_reason {
        view.insert("FailureReason".to_owned(), Value::from(reason.as_str()));
    }
    view
}

/// `StopTrainingJob` and its like: the record says so first, then the processes are told.
pub(crate) async fn stop(
    service: &Sagemaker,
    ctx: &Ctx,
    kind: JobKind,
    input: &Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let mut found = find(ctx, kind, input).await?;
    if !found.value.stop(ctx.now_ms) {
        if found.value.status == Status::Stopping {
            return Ok(Reply::new(json!({})));
        }
        return Err(Error::Validation(format!(
            "The request was rejected because the {} is in status {}.",
            kind.words().1,
            found.value.status.word()
        )));
    }
    let mut batch = Batch::new();
    put(&mut batch, &found.value, found.expect);
    let (runner, hosts) = (service.runner.clone(), job::hosts::hosts(&found.value));
    let bell = job::stop_bell(&found.value);
    let reply = Reply::with(json!({}), batch).notice(found.value.arn.clone()).notice(bell);
    let reply = reply.work(announce::job(ctx, &found.value));
    Ok(reply.after(move || {
        tokio::spawn(async move {
            // A job that does not run yet learns of it from its record.
            for host in hosts {
                if let Err(error) = runner.stop(&host.run_id).await {
                    tracing::debug!(id = host.run_id, %error, "nothing to stop yet");
                }
            }
        });
    }))
}
