//! `DescribeProcessingJob`: the request, and what happened since.

use crate::Sagemaker;
use crate::error::Error;
use crate::jobs;
use crate::records::{Job, JobKind, seconds};
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let job = jobs::find(ctx, JobKind::Processing, &input).await?.value;
    Ok(Reply::new(view(&job)))
}

/// A processing job as AWS describes it.
pub(crate) fn view(job: &Job) -> Value {
    let mut view = jobs::view_base(job);
    view.insert("LastModifiedTime".to_owned(), seconds(job.modified_ms));
    if let Some(message) = &job.exit_message {
        view.insert("ExitMessage".to_owned(), Value::from(message.as_str()));
    }
    view.entry("StoppingCondition").or_insert_with(
        || serde_json::json!({"MaxRuntimeInSeconds": jobs::DEFAULT_RUNTIME_SECONDS}),
    );
    Value::Object(view)
}
