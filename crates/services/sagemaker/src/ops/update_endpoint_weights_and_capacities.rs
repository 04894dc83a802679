//! `UpdateEndpointWeightsAndCapacities`: instances that stay go on.

use crate::Sagemaker;
use crate::endpoint::records::EndpointStatus;
use crate::endpoint::{self, announcement, resized};
use crate::error::Error;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use store::Batch;

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let found = endpoint::find_in_service(ctx, &input).await?;
    let mut endpoint = found.value;
    let wanted = input.get("DesiredWeightsAndCapacities").and_then(Value::as_array);
    let wanted = wanted.map(Vec::as_slice).unwrap_or_default();
    endpoint.next = Some(resized(ctx, &endpoint, wanted)?);
    endpoint.status = EndpointStatus::Updating;
    endpoint.modified_ms = ctx.now_ms;
    let mut batch = Batch::new();
    endpoint::put(&mut batch, &endpoint, found.expect);
    let reply = Reply::with(json!({"EndpointArn": endpoint.arn}), batch);
    let reply = reply.notice(endpoint::bell(&endpoint.arn)).work(announcement(ctx, &endpoint));
    Ok(reply.notice(endpoint.arn))
}
