//! `ListEndpointConfigs`.

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
    ENDPOINT_CONFIG.list(ctx, &input, "EndpointConfigs", &[], |_| true).await
}
