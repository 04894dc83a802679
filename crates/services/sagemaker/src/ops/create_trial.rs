//! `CreateTrial`: of an experiment that is there.

use crate::Sagemaker;
use crate::error::Error;
use crate::nouns::{EXPERIMENT, TRIAL};
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    EXPERIMENT.find(ctx, &input).await?;
    TRIAL.create(ctx, input).await
}
