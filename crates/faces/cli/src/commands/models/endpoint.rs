//! Having a registered version served by an endpoint that is there.

use super::{call, version};
use crate::report::Failure;
use client::Client;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// Makes a model of the version and an endpoint configuration like the present one, and updates the endpoint to it.
pub(super) async fn serve(
    client: &Client,
    group: &str,
    package: &Value,
    endpoint: &str,
) -> Result<(), Failure> {
    let described = call(client, "DescribeEndpoint", json!({"EndpointName": endpoint})).await?;
    let name = json!({"EndpointConfigName": described["EndpointConfigName"]});
    let config = call(client, "DescribeEndpointConfig", name).await?;
    let mut variants = config["ProductionVariants"].clone();
    let [variant] = variants.as_array_mut().map(Vec::as_mut_slice).unwrap_or_default() else {
        return Err(Failure::new(format!("the endpoint {endpoint} has more than one variant"))
            .hint("update it yourself: aws sagemaker update-endpoint"));
    };
    let present = call(client, "DescribeModel", json!({"ModelName": variant["ModelName"]})).await?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    // AWS: names have at most 63 characters.
    let short: String = group.chars().take(36).collect();
    let new = format!("{}-v{}-{now}", short.trim_end_matches('-'), version(package));
    let model = json!({
        "ModelName": new,
        "ExecutionRoleArn": present["ExecutionRoleArn"],
        "PrimaryContainer": {"ModelPackageName": package["ModelPackageArn"]},
    });
    call(client, "CreateModel", model).await?;
    variant["ModelName"] = Value::from(new.as_str());
    let mut wanted = json!({"EndpointConfigName": new, "ProductionVariants": variants});
    for member in ["DataCaptureConfig", "AsyncInferenceConfig"] {
        if let Some(value) = config.get(member).filter(|value| !value.is_null()) {
            wanted[member] = value.clone();
        }
    }
    call(client, "CreateEndpointConfig", wanted).await?;
    let update = json!({"EndpointName": endpoint, "EndpointConfigName": new});
    call(client, "UpdateEndpoint", update).await.map(drop)
}
