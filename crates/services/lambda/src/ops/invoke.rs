//! `Invoke`: now, later, or only to see whether it would be allowed.

use crate::Lambda;
use crate::error::Error;
use crate::later::{Later, WORK};
use crate::names::find;
use crate::sandbox::Outcome;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Reply, WorkItem};

// AWS: Lambda quotas: payloads of synchronous and asynchronous invocations.
const MOST_SYNCHRONOUS_BYTES: usize = 6 * 1024 * 1024;
const MOST_ASYNCHRONOUS_BYTES: usize = 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    invocation_type: Option<String>,
    log_type: Option<String>,
    payload: Option<String>,
}

pub(crate) async fn run(service: &Lambda, ctx: &Ctx, input: Input) -> Result<Reply<Value>, Error> {
    let function = find(ctx, &input.function_name).await?.value;
    let payload = decode(input.payload.as_deref())?;
    let kind = input.invocation_type.as_deref().unwrap_or("RequestResponse");
    let most = if kind == "Event" { MOST_ASYNCHRONOUS_BYTES } else { MOST_SYNCHRONOUS_BYTES };
    if payload.len() > most {
        return Err(Error::TooLarge(format!(
            "{} byte payload is too large for the {kind} invocation type (limit {most} bytes)",
            payload.len()
        )));
    }
    match kind {
        "DryRun" => Ok(Reply::new(json!({"StatusCode": 204}))),
        "Event" => {
            let body = Later {
                function: function.key(),
                payload: STANDARD.encode(&payload),
                attempt: 0,
                accepted_ms: ctx.now_ms,
            };
            let item = WorkItem::new(WORK, &ctx.request_id, &function.region, ctx.now_ms, &body);
            Ok(Reply::new(json!({"StatusCode": 202})).work(item))
        }
        _ => {
            let outcome = service.pool.invoke(ctx, service, &function, payload).await?;
            Ok(Reply::new(answer(&outcome, input.log_type.as_deref() == Some("Tail"))))
        }
    }
}

fn answer(outcome: &Outcome, with_log: bool) -> Value {
    let mut answer = json!({
        "StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": STANDARD.encode(&outcome.payload),
    });
    if outcome.failed {
        answer["FunctionError"] = Value::from("Unhandled");
    }
    if with_log {
        answer["LogResult"] = Value::from(STANDARD.encode(&outcome.log_tail));
    }
    answer
}

/// The payload's bytes; an absent one is an empty object, and it must be JSON.
fn decode(payload: Option<&str>) -> Result<Vec<u8>, Error> {
    let bytes = payload.map(|text| STANDARD.decode(text)).transpose();
    let bytes = bytes.map_err(|_| Error::Invalid("The payload is not base64.".to_owned()))?;
    let bytes = bytes.filter(|bytes| !bytes.is_empty()).unwrap_or_else(|| b"{}".to_vec());
    match serde_json::from_slice::<Value>(&bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Error::Other(service::AwsError::new(
            "InvalidRequestContentException",
            format!("Could not parse request body into json: {error}"),
        ))),
    }
}
