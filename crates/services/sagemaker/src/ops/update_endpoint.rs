//! `UpdateEndpoint`: the new configuration takes over once all of it is ready; nothing is refused meanwhile.

use crate::Sagemaker;
use crate::endpoint::records::EndpointStatus;
use crate::endpoint::{self, announcement, check_deployment, keep_properties};
use crate::error::Error;
use crate::nouns::ENDPOINT_CONFIG;
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
    check_deployment(input.get("DeploymentConfig"))?;
    let config = ENDPOINT_CONFIG.find(ctx, &input).await?.value;
    let mut fleet = endpoint::fleet(ctx, &endpoint.name, &config).await?;
    if input.get("RetainAllVariantProperties") == Some(&Value::Bool(true)) {
        let excluded = input.get("ExcludeRetainedVariantProperties").and_then(Value::as_array);
        let excluded: Vec<&str> = excluded
            .into_iter()
            .flatten()
            .filter_map(|one| one.get("VariantPropertyType")?.as_str())
            .collect();
        keep_properties(ctx, &endpoint, &mut fleet, &excluded)?;
    }
    endpoint.next = Some(fleet);
    endpoint.status = EndpointStatus::Updating;
    endpoint.modified_ms = ctx.now_ms;
    if let Some(deployment) = input.get("DeploymentConfig") {
        endpoint.deployment = Some(deployment.clone());
    }
    let mut batch = Batch::new();
    endpoint::put(&mut batch, &endpoint, found.expect);
    let reply = Reply::with(json!({"EndpointArn": endpoint.arn}), batch);
    let reply = reply.notice(endpoint::bell(&endpoint.arn)).work(announcement(ctx, &endpoint));
    Ok(reply.notice(endpoint.arn))
}
