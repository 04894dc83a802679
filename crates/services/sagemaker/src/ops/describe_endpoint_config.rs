//! `DescribeEndpointConfig`.

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
    let found = ENDPOINT_CONFIG.find(ctx, &input).await?;
    Ok(Reply::new(ENDPOINT_CONFIG.view(&found.value)))
}
