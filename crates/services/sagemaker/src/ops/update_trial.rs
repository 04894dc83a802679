//! `UpdateTrial`: what it says replaces what there was.

use crate::Sagemaker;
use crate::error::Error;
use crate::nouns::TRIAL;
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    TRIAL.update(ctx, input, Map::extend).await
}
