//! `DeleteEndpoint`: its processes answer what they were asked, then they end.

use crate::Sagemaker;
use crate::endpoint::records::EndpointStatus;
use crate::endpoint::{self, announcement};
use crate::error::Error;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use store::Batch;

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let found = endpoint::find(ctx, &input).await?;
    let mut endpoint = found.value;
    endpoint.status = EndpointStatus::Deleting;
    endpoint.modified_ms = ctx.now_ms;
    let mut batch = Batch::new();
    endpoint::put(&mut batch, &endpoint, found.expect);
    let reply = Reply::with(json!({}), batch).notice(endpoint::bell(&endpoint.arn));
    Ok(reply.work(announcement(ctx, &endpoint)).notice(endpoint.arn))
}
