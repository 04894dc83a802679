//! `CreateAlgorithm`: a name for an image, its channels and its metrics.

use crate::Sagemaker;
use crate::error::Error;
use crate::nouns::ALGORITHM;
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    ALGORITHM.create(ctx, input).await
}
