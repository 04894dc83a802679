//! `DescribeTrainingJob`: the request, and what happened since.

use crate::Sagemaker;
use crate::error::Error;
use crate::job::hosts::hosts;
use crate::jobs;
use crate::records::{Job, JobKind, seconds};
use crate::tuning;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};

pub(crate) async fn run(
    service: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let job = jobs::find(ctx, JobKind::Training, &input).await?.value;
    let before = hosts(&job).first().and_then(|host| service.places.position(&host.run_id));
    let tuning = tuning::of_job(ctx, &job.name).await?;
    let mut view = view(job);
    if let Some(tuning) = tuning {
        view["TuningJobArn"] = Value::from(tuning);
    }
    if let (Some(before), Some(Value::Array(steps))) =
        (before, view.get_mut("SecondaryStatusTransitions"))
        && let Some(live) = steps.last_mut().filter(|step| step["Status"] == "Pending")
    {
        // Where it stands changes with every job that ends: it is told, not recorded.
        live["StatusMessage"] = Value::from(match before {
            0 => "Waiting until this machine has room; it is next".to_owned(),
            1 => "Waiting until this machine has room; 1 job is before it".to_owned(),
            more => format!("Waiting until this machine has room; {more} jobs are before it"),
        });
    }
    Ok(Reply::new(view))
}

/// A training job as AWS describes it.
pub(crate) fn view(job: Job) -> Value {
    let duration = job.duration_seconds();
    let transitions: Vec<Value> = job
        .transitions
        .iter()
        .map(|transition| {
            let mut view = json!({
                "Status": transition.status,
                "StartTime": seconds(transition.start_ms),
                "StatusMessage": transition.message,
            });
            if let Some(end_ms) = transition.end_ms {
                view["EndTime"] = seconds(end_ms);
            }
            view
        })
        .collect();
    let metrics: Vec<Value> = job
        .metrics
        .iter()
        .map(|metric| {
            json!({
                "MetricName": metric.name,
                "Value": metric.value,
                "Timestamp": seconds(metric.timestamp_ms),
            })
        })
        .collect();
    let mut view = jobs::view_base(&job);
    view.insert("LastModifiedTime".to_owned(), seconds(job.modified_ms));
    view.insert("SecondaryStatus".to_owned(), Value::from(job.secondary));
    view.insert("SecondaryStatusTransitions".to_owned(), Value::from(transitions));
    // AWS: ModelArtifacts is required in the response, so it is there before there is an artefact.
    let artifacts = job.artifacts.unwrap_or_default();
    view.insert("ModelArtifacts".to_owned(), json!({"S3ModelArtifacts": artifacts}));
    if !metrics.is_empty() {
        view.insert("FinalMetricDataList".to_owned(), Value::from(metrics));
    }
    if let Some(duration) = duration {
        view.insert("TrainingTimeInSeconds".to_owned(), Value::from(duration));
        view.insert("BillableTimeInSeconds".to_owned(), Value::from(duration));
    }
    if let Some(Value::Object(output)) = view.get_mut("OutputDataConfig") {
        // AWS: the key's id is in the response also when there is none; SDKs that attach to a job read it.
        output.entry("KmsKeyId").or_insert_with(|| Value::from(""));
        output.entry("CompressionType").or_insert_with(|| Value::from("GZIP"));
    }
    for flag in [
        "EnableNetworkIsolation",
        "EnableInterContainerTrafficEncryption",
        "EnableManagedSpotTraining",
    ] {
        view.entry(flag).or_insert(Value::Bool(false));
    }
    Value::Object(view)
}
