//! `ListProcessingJobs`.

use crate::Sagemaker;
use crate::error::Error;
use crate::listing;
use crate::records::JobKind;
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    listing::jobs(ctx, JobKind::Processing, &input).await
}
