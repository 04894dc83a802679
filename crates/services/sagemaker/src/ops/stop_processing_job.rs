//! `StopProcessingJob`.

use crate::Sagemaker;
use crate::error::Error;
use crate::jobs;
use crate::records::JobKind;
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    service: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    jobs::stop(service, ctx, JobKind::Processing, &input).await
}
