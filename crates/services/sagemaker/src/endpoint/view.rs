//! An endpoint as AWS describes it.

use super::records::{Endpoint, Fleet, Variant};
use crate::records::seconds;
use serde_json::{Map, Value, json};

/// `DescribeEndpoint`'s answer.
pub(crate) fn describe(endpoint: &Endpoint) -> Value {
    let mut view = Map::new();
    let mut set = |member: &str, value: Value| {
        view.insert(member.to_owned(), value);
    };
    set("EndpointName", json!(endpoint.name));
    set("EndpointArn", json!(endpoint.arn));
    set("EndpointStatus", json!(endpoint.status.word()));
    set("CreationTime", seconds(endpoint.created_ms));
    set("LastModifiedTime", seconds(endpoint.modified_ms));
    // AWS: while an update is under way the configuration is the one that still serves.
    if let Some(fleet) = endpoint.live.as_ref().or(endpoint.next.as_ref()) {
        set("EndpointConfigName", json!(fleet.config));
        if endpoint.live.is_some() {
            set("ProductionVariants", variants(fleet, endpoint.next.as_ref()));
        }
        if let Some(capture) = fleet.request.get("DataCaptureConfig") {
            set("DataCaptureConfig", capture_view(capture));
        }
        if let Some(config) = fleet.request.get("AsyncInferenceConfig") {
            set("AsyncInferenceConfig", config.clone());
        }
    }
    if let Some(reason) = &endpoint.failure_reason {
        set("FailureReason", json!(reason));
    }
    if let Some(deployment) = &endpoint.deployment {
        set("LastDeploymentConfig", deployment.clone());
    }
    Value::Object(view)
}

/// `ListEndpoints`' view of it.
pub(crate) fn summary(endpoint: &Endpoint) -> Value {
    json!({
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "CreationTime": seconds(endpoint.created_ms),
        "LastModifiedTime": seconds(endpoint.modified_ms),
        "EndpointStatus": endpoint.status.word(),
    })
}

fn variants(live: &Fleet, next: Option<&Fleet>) -> Value {
    let desired = |name: &str| -> Option<&Variant> {
        next.and_then(|next| next.variants.iter().find(|variant| variant.name == name))
    };
    let view = |variant: &Variant| {
        let wanted = desired(&variant.name).unwrap_or(variant);
        let images = variant.containers.iter().filter_map(|container| container.get("Image"));
        let images: Vec<Value> = images
            .map(|image| {
                json!({
                    "SpecifiedImage": image,
                    "ResolvedImage": image,
                    "ResolutionTime": seconds(live.since_ms),
                })
            })
            .collect();
        json!({
            "VariantName": variant.name,
            "DeployedImages": images,
            "CurrentWeight": variant.weight,
            "DesiredWeight": wanted.weight,
            "CurrentInstanceCount": variant.members.len(),
            "DesiredInstanceCount": wanted.members.len(),
        })
    };
    live.variants.iter().map(view).collect()
}

/// The configuration of a capture that does not take place: it says so.
fn capture_view(capture: &Value) -> Value {
    json!({
        "EnableCapture": capture.get("EnableCapture").and_then(Value::as_bool).unwrap_or(false),
        "CaptureStatus": "Stopped",
        "CurrentSamplingPercentage": capture.get("InitialSamplingPercentage").unwrap_or(&json!(0)),
        "DestinationS3Uri": capture.get("DestinationS3Uri").unwrap_or(&json!("")),
        "KmsKeyId": capture.get("KmsKeyId").unwrap_or(&json!("")),
    })
}
