//! `InvokeEndpoint`.

use super::Runtime;
use super::forward::{CUSTOM_ATTRIBUTES, PATIENCE, Question, ask};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_TYPE, HeaderName};
use serde::Deserialize;
use serde_json::{Value, json};
use service::{AwsError, Ctx, Reply};

/// The largest request.
// AWS: endpoints-quotas: 6 MB.
const MOST_BYTES: usize = 6 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    endpoint_name: String,
    body: Option<String>,
    content_type: Option<String>,
    accept: Option<String>,
    custom_attributes: Option<String>,
    target_variant: Option<String>,
    inference_id: Option<String>,
    target_model: Option<String>,
    target_container_hostname: Option<String>,
    inference_component_name: Option<String>,
}

pub(super) async fn run(
    runtime: &Runtime,
    ctx: &Ctx,
    input: Input,
) -> Result<Reply<Value>, AwsError> {
    for (given, what) in [
        (&input.target_model, "multi-model containers (TargetModel)"),
        (&input.target_container_hostname, "direct invocation (TargetContainerHostname)"),
        (&input.inference_component_name, "inference components"),
    ] {
        if given.is_some() {
            return Err(AwsError::new("ValidationError", format!("refit does not have {what}.")));
        }
    }
    let body = STANDARD.decode(input.body.unwrap_or_default());
    let body =
        body.map_err(|_| AwsError::new("ValidationError", "The body cannot be read.".to_owned()))?;
    if body.len() > MOST_BYTES {
        // AWS: the text that its validation has for such bodies.
        return Err(AwsError::new(
            "ValidationError",
            format!(
                "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length less than or equal to {MOST_BYTES}"
            ),
        ));
    }
    let mut headers: Vec<(HeaderName, String)> = Vec::new();
    headers.extend(input.custom_attributes.map(|text| (CUSTOM_ATTRIBUTES, text)));
    let inference_id = HeaderName::from_static("x-amzn-sagemaker-inference-id");
    headers.extend(input.inference_id.map(|text| (inference_id, text)));
    let question = Question {
        endpoint: input.endpoint_name,
        variant: input.target_variant,
        content_type: input.content_type,
        accept: input.accept,
        headers,
        body: body.into(),
    };
    let answered = ask(&runtime.sagemaker, ctx, &question, PATIENCE).await?;
    let header = |name: HeaderName| {
        let value = answered.answer.headers.get(name);
        value.and_then(|value| value.to_str().ok())
    };
    Ok(Reply::new(json!({
        "Body": STANDARD.encode(&answered.answer.body),
        "ContentType": header(CONTENT_TYPE),
        "CustomAttributes": header(CUSTOM_ATTRIBUTES),
        "InvokedProductionVariant": answered.variant,
    })))
}
