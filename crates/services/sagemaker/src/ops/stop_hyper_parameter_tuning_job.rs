//! `StopHyperParameterTuningJob`: its training jobs are stopped too.

use crate::Sagemaker;
use crate::error::Error;
use crate::records::Status;
use crate::tuning;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use store::Batch;

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let found = tuning::find(ctx, &input).await?;
    let mut job = found.value;
    match job.status {
        Status::InProgress => {}
        Status::Stopping => return Ok(Reply::new(json!({}))),
        status => {
            return Err(Error::Validation(format!(
                "The request was rejected because the hyperparameter tuning job is in status {}.",
                status.word()
            )));
        }
    }
    job.status = Status::Stopping;
    job.modified_ms = ctx.now_ms;
    let mut batch = Batch::new();
    tuning::put(&mut batch, &job, found.expect);
    let reply = Reply::with(json!({}), batch).work(tuning::announcement(ctx, &job));
    Ok(reply.notice(tuning::bell(&job.arn)).notice(job.arn))
}
