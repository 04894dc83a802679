//! `InvokeEndpointAsync`: the request's object is fetched, sent, and its answer stored as an object.

use super::Runtime;
use super::forward::{CUSTOM_ATTRIBUTES, Question, ask};
use crate::endpoint::records::{ENDPOINT, Endpoint};
use crate::jobs::{self, split_uri};
use crate::records::key;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{AwsError, Ctx, Principal, Reply, WorkItem, WorkOutcome};
use std::time::Duration;

/// Work kind of an asynchronous request; the key is its inference id.
pub(super) const WORK: &str = "sagemaker-runtime/invocation";
// AWS: async-inference: a request is processed within an hour.
const PATIENCE_SECONDS: u64 = 3600;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    endpoint_name: String,
    #[serde(rename = "InputLocation")]
    location: Option<String>,
    content_type: Option<String>,
    accept: Option<String>,
    custom_attributes: Option<String>,
    inference_id: Option<String>,
    invocation_timeout_seconds: Option<u64>,
    body: Option<String>,
}

/// A request that waits for its turn.
#[derive(Debug, Serialize, Deserialize)]
struct Later {
    input: Input,
    output: String,
    failure: Option<String>,
}

pub(super) async fn run(
    _: &Runtime,
    ctx: &Ctx,
    mut input: Input,
) -> Result<Reply<Value>, AwsError> {
    let refuse = |text: String| AwsError::new("ValidationError", text);
    let record = key(&ctx.region, &input.endpoint_name);
    let found = ctx.records::<Endpoint>(ENDPOINT).get(&record).await?;
    let live = found.and_then(|found| found.value.live);
    let Some(live) = live else {
        let name = &input.endpoint_name;
        return Err(refuse(format!("Endpoint {name} of account {} not found.", ctx.account())));
    };
    let Some(config) = live.request.get("AsyncInferenceConfig") else {
        return Err(refuse(format!(
            "Endpoint {} is not an asynchronous inference endpoint.",
            input.endpoint_name
        )));
    };
    if input.body.is_some() || input.location.is_none() {
        return Err(refuse("refit takes asynchronous requests from InputLocation.".to_owned()));
    }
    let output = config["OutputConfig"]["S3OutputPath"].as_str().unwrap_or_default();
    let failure = config["OutputConfig"]["S3FailurePath"].as_str();
    let id = input.inference_id.take().unwrap_or_else(|| ctx.uuid());
    let unique = ctx.uuid();
    let place = |base: &str, end: &str| format!("{}/{unique}{end}", base.trim_end_matches('/'));
    let output = place(output, ".out");
    let failure = failure.map(|base| place(base, "-error.out"));
    let answer = json!({
        "InferenceId": id, "OutputLocation": output, "FailureLocation": failure,
    });
    input.inference_id = Some(id);
    let item =
        WorkItem::new(WORK, unique, &ctx.region, ctx.now_ms, &Later { input, output, failure });
    Ok(Reply::new(answer).work(item))
}

/// Sends a request that was taken. Tried again as a whole when refit itself fails.
pub(super) async fn work(
    runtime: &Runtime,
    ctx: &Ctx,
    item: &WorkItem,
) -> Result<WorkOutcome, AwsError> {
    let later: Later = match serde_json::from_value(item.body.clone()) {
        Ok(later) => later,
        Err(error) => {
            tracing::error!(key = item.key, %error, "an asynchronous request cannot be read");
            return Ok(WorkOutcome::done());
        }
    };
    let record = key(&ctx.region, &later.input.endpoint_name);
    let Some(endpoint) = ctx.records::<Endpoint>(ENDPOINT).get(&record).await? else {
        tracing::warn!(
            endpoint = later.input.endpoint_name,
            "an asynchronous request's endpoint is gone"
        );
        return Ok(WorkOutcome::done());
    };
    let role = endpoint.value.live.and_then(|live| Some(live.variants.first()?.role.clone()));
    let role = role.unwrap_or_default();
    let caller = ctx.kit.caller();
    let assumed = caller.assume_for(&role, jobs::PRINCIPAL, "SageMaker", &endpoint.value.arn).await;
    let principal = match assumed {
        Err(error) if error.status < 500 => {
            tracing::warn!(endpoint = later.input.endpoint_name, %error, "an asynchronous request has no role to answer with");
            return Ok(WorkOutcome::done());
        }
        assumed => assumed?,
    };
    let outcome = match send(runtime, ctx, &principal, &later.input).await {
        Err(error) if error.status >= 500 && error.code != "ServiceUnavailable" => {
            return Err(error);
        }
        outcome => outcome,
    };
    let stored = match outcome {
        Ok(body) => store(runtime, &principal, &item.key, &later.output, &body).await,
        Err(error) => Err(error),
    };
    let Err(error) = stored else { return Ok(WorkOutcome::done()) };
    if error.status >= 500 && error.code != "ServiceUnavailable" {
        return Err(error);
    }
    tracing::warn!(endpoint = later.input.endpoint_name, %error, "an asynchronous request failed");
    if let Some(place) = &later.failure {
        match store(runtime, &principal, &item.key, place, error.message.as_bytes()).await {
            Err(error) if error.status >= 500 => return Err(error),
            // It would be refused again.
            Err(error) => tracing::warn!(place, %error, "nor can its failure be stored"),
            Ok(()) => {}
        }
    }
    Ok(WorkOutcome::done())
}

async fn send(
    runtime: &Runtime,
    ctx: &Ctx,
    principal: &Principal,
    input: &Input,
) -> Result<Vec<u8>, AwsError> {
    let uri = input.location.as_deref().unwrap_or_default();
    let (bucket, object) = split_uri(uri).map_err(AwsError::from)?;
    let file = runtime.sagemaker.objects.file(principal, bucket, object).await?;
    let body = tokio::fs::read(file).await.map_err(crate::job::runner_error)?;
    let attributes = input.custom_attributes.clone();
    let question = Question {
        endpoint: input.endpoint_name.clone(),
        content_type: input.content_type.clone(),
        accept: input.accept.clone(),
        headers: attributes.map(|text| (CUSTOM_ATTRIBUTES, text)).into_iter().collect(),
        body: body.into(),
        ..Question::default()
    };
    let seconds = input.invocation_timeout_seconds.unwrap_or(900).clamp(1, PATIENCE_SECONDS);
    let answered = ask(&runtime.sagemaker, ctx, &question, Duration::from_secs(seconds)).await?;
    Ok(answered.answer.body.to_vec())
}

async fn store(
    runtime: &Runtime,
    principal: &Principal,
    id: &str,
    uri: &str,
    body: &[u8],
) -> Result<(), AwsError> {
    let (bucket, object) = split_uri(uri).map_err(AwsError::from)?;
    let runner = &runtime.sagemaker.runner;
    let id = format!("answer.{id}");
    let folder = runner.prepare(&id).await.map_err(crate::job::runner_error)?;
    let file = folder.path().join("answer");
    tokio::fs::write(&file, body).await.map_err(crate::job::runner_error)?;
    let stored = runtime.sagemaker.objects.put_file(principal, bucket, object, &file).await;
    runner.remove(&id).await.map_err(crate::job::runner_error)?;
    stored.map(drop)
}
