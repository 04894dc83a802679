//! `DeleteEndpointConfig`: endpoints that use it go on.

use crate::Sagemaker;
use crate::error::Error;
use crate::nouns::ENDPOINT_CONFIG;
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let reply = ENDPOINT_CONFIG.delete(ctx, &input).await?;
    Ok(reply.map(|_| Value::Object(Map::new())))
}
