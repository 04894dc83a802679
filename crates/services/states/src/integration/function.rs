//! Lambda functions: invoked by their ARN, or by the optimised integration.

use super::response::{add_metadata, text_of_base64};
use super::target::Target;
use super::{Errand, failure};
use driver::{TaskFailure, TaskRequest};
use engine::Data;
use serde_json::{Map, Value, json};

/// Invokes the function that the task's resource names; the result is what it returns.
pub(super) async fn call(
    kit: &std::sync::Arc<service::Kit>,
    request: &TaskRequest,
) -> Result<Data, TaskFailure> {
    let task = &request.task;
    let target = Target::find(kit, "lambda", "invoke")
        .ok_or_else(|| failure::unsupported(&task.resource))?;
    let errand = Errand {
        kit,
        execution: &request.execution,
        task,
        effect_key: &request.effect_key,
        is_stored: request.is_stored,
        target,
    };
    let input = json!({
        "FunctionName": &*task.resource,
        "Payload": service::base64_text(task.parameters.text().as_bytes()),
    });
    let answer = errand.call("Invoke", input, request.remembered_key()).await?;
    returned(&answer).map(Data::new)
}

/// The optimised integration: the result is the answer of `Invoke` with the payload as JSON.
pub(super) async fn invoke(errand: &Errand<'_>) -> Result<Value, TaskFailure> {
    let mut input = Map::new();
    let mut problems = Vec::new();
    let given = errand.task.parameters.value().as_object().cloned().unwrap_or_default();
    for (name, value) in given.into_iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "Payload" => {
                let payload = service::base64_text(value.to_string().as_bytes());
                input.insert(name, Value::from(payload));
            }
            "FunctionName" | "InvocationType" | "ClientContext" | "LogType" | "Qualifier" => {
                input.insert(name, value);
            }
            _ => {
                problems.push(format!("The field \"{name}\" is not supported by Step Functions"));
            }
        }
    }
    if !input.contains_key("FunctionName") {
        problems.push("The field \"FunctionName\" is required but was missing".to_owned());
    }
    if !problems.is_empty() {
        return Err(failure::bad_parameters(errand, &problems));
    }
    let effect_key = errand.remembered_key();
    let answer = errand.call("Invoke", Value::Object(input), effect_key).await?;
    let payload = returned(&answer)?;
    let mut result = Map::new();
    for member in ["ExecutedVersion", "LogResult"] {
        if let Some(value) = answer.get(member).filter(|value| !value.is_null()) {
            result.insert(member.to_owned(), value.clone());
        }
    }
    result.insert("Payload".to_owned(), payload);
    add_metadata(errand, &mut result);
    let status = answer.get("StatusCode").cloned().unwrap_or_else(|| Value::from(200));
    result.insert("StatusCode".to_owned(), status);
    Ok(Value::Object(result))
}

/// What the function returned, or the failure it ended with.
fn returned(answer: &Value) -> Result<Value, TaskFailure> {
    let payload = answer.get("Payload").and_then(Value::as_str).unwrap_or_default();
    let text = text_of_base64(payload);
    let value = if text.is_empty() {
        json!({})
    } else {
        // What is no JSON is handed on as text.
        failure::parse(&text).unwrap_or_else(|_| Value::from(text.as_str()))
    };
    if answer.get("FunctionError").is_none_or(Value::is_null) {
        return Ok(value);
    }
    match value.get("errorType").and_then(Value::as_str) {
        Some(name) => Err(TaskFailure::new(name, text)),
        // AWS: Step Functions: failures of functions without a type, such as time-outs.
        None => Err(TaskFailure::new(
            "Lambda.Unknown",
            format!(
                "The cause could not be determined because Lambda did not return an error type. Returned payload: {text}"
            ),
        )),
    }
}
