//! `CreateExperiment`.

use crate::Sagemaker;
use crate::error::Error;
use crate::nouns::EXPERIMENT;
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    EXPERIMENT.create(ctx, input).await
}
