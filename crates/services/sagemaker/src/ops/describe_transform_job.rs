//! `DescribeTransformJob`: the request, and what happened since.

use crate::Sagemaker;
use crate::error::Error;
use crate::jobs;
use crate::records::JobKind;
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let job = jobs::find(ctx, JobKind::Transform, &input).await?.value;
    Ok(Reply::new(Value::Object(jobs::view_base(&job))))
}
