//! `DeleteAlgorithm`.

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
    let reply = ALGORITHM.delete(ctx, &input).await?;
    Ok(reply.map(|_| Value::Object(Map::new())))
}
