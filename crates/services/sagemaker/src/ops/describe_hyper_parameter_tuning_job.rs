//! `DescribeHyperParameterTuningJob`.

use crate::Sagemaker;
use crate::error::Error;
use crate::tuning;
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let found = tuning::find(ctx, &input).await?;
    Ok(Reply::new(tuning::describe(&found.value)))
}
