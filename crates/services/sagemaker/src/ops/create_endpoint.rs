//! `CreateEndpoint`: its processes are started by its work item.

use crate::Sagemaker;
use crate::endpoint::records::{ENDPOINT, Endpoint, EndpointStatus};
use crate::endpoint::{self, announcement, check_deployment};
use crate::error::Error;
use crate::nouns::ENDPOINT_CONFIG;
use crate::records::key;
use crate::tags::tag_new;
use serde_json::{Map, Value, json};
use service::{Ctx, Reply};
use store::{Batch, Expect};

pub(crate) async fn run(
    _: &Sagemaker,
    ctx: &Ctx,
    input: Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let name = input.get("EndpointName").and_then(Value::as_str).unwrap_or_default();
    let arn = ctx.arn("sagemaker", &format!("endpoint/{}", name.to_lowercase()));
    let record_key = key(&ctx.region, name);
    if ctx.records::<Endpoint>(ENDPOINT).get(&record_key).await?.is_some() {
        // AWS: CreateEndpoint answers a taken name with ValidationException.
        return Err(Error::Validation(format!(
            "Cannot create already existing endpoint \"{arn}\"."
        )));
    }
    check_deployment(input.get("DeploymentConfig"))?;
    let config = ENDPOINT_CONFIG.find(ctx, &input).await?.value;
    let endpoint = Endpoint {
        name: name.to_owned(),
        region: ctx.region.clone(),
        arn: arn.clone(),
        status: EndpointStatus::Creating,
        failure_reason: None,
        created_ms: ctx.now_ms,
        modified_ms: ctx.now_ms,
        live: None,
        next: Some(endpoint::fleet(ctx, name, &config).await?),
        retired: Vec::new(),
        deployment: input.get("DeploymentConfig").cloned(),
    };
    let mut batch = Batch::new();
    tag_new(&mut batch, &arn, input.get("Tags"));
    endpoint::put(&mut batch, &endpoint, Expect::Absent);
    let reply = Reply::with(json!({"EndpointArn": arn}), batch);
    Ok(reply.work(endpoint::item(ctx, &endpoint)).work(announcement(ctx, &endpoint)))
}
