//! `DescribeEndpoint`.

use crate::Sagemaker;
use crate::endpoint;
use crate::error::Error;
use serde_json::{Map, Value};
use service::{Ctx, Reply};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let found = endpoint::find(ctx, &input).await?;
    Ok(Reply::new(endpoint::describe(&found.value)))
}
