//! `DeleteProcessingJob`: only a job that has ended.

use crate::Sagemaker;
use crate::error::Error;
use crate::jobs;
use crate::records::{JobKind, TAGS};
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use store::{Batch, Expect};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let job = jobs::find(ctx, JobKind::Processing, &input).await?;
    if !job.value.status.is_terminal() {
        return Err(Error::InUse(format!(
            "Cannot delete the processing job {} in status {}.",
            job.value.arn,
            job.value.status.word()
        )));
    }
    let mut batch = Batch::new();
    batch.remove(JobKind::Processing.records(), &job.key, job.expect);
    batch.remove(TAGS, &job.value.arn, Expect::Any);
    Ok(Reply::with(json!({}), batch))
}
