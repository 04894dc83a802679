//! Errors as Step Functions names them, and their causes.

use super::Errand;
use driver::TaskFailure;
use engine::ScheduleTask;
use serde_json::Value;
use service::AwsError;

/// The failure of a call that a service refused.
pub(super) fn of(errand: &Errand<'_>, error: &AwsError) -> TaskFailure {
    if error.code == "NotImplemented" || error.code == "UnknownService" {
        return runtime(error.message.clone());
    }
    let api = errand.target.api;
    let class = class(errand, &error.code).unwrap_or_else(|| api.base.to_owned());
    TaskFailure::new(format!("{}.{class}", api.prefix), cause(errand, error))
}

/// The exception class of an error that the service's model has: the SDKs for Java end them all in `Exception`.
fn class(errand: &Errand<'_>, code: &str) -> Option<String> {
    let service = errand.kit.service(errand.target.service)?;
    let (shape, _) = service.model().exception(code)?;
    Some(if shape.name.ends_with("Exception") {
        shape.name.clone()
    } else {
        format!("{}Exception", shape.name)
    })
}

/// What the SDKs for Java say of an error.
// AWS: as recorded of startExecution (optimised) and sendTaskSuccess (AWS SDK).
fn cause(errand: &Errand<'_>, error: &AwsError) -> String {
    let api = errand.target.api;
    let request_id = errand.kit.entropy.uuid();
    let AwsError { code, message, status, .. } = error;
    if !api.is_sdk {
        return format!(
            "{message} (Service: {}; Status Code: {status}; Error Code: {code}; Request ID: {request_id}; Proxy: null)",
            api.name
        );
    }
    let extended = if errand.target.service == "s3" {
        format!(", Extended Request ID: {}", errand.kit.entropy.uuid())
    } else {
        String::new()
    };
    format!(
        "{message} (Service: {}, Status Code: {status}, Request ID: {request_id}{extended}) (SDK Attempt Count: 1)",
        api.name
    )
}

/// A failure that nothing can handle.
pub(super) fn runtime(cause: String) -> TaskFailure {
    TaskFailure::new("States.Runtime", cause)
}

/// refit has not got what the resource names.
pub(super) fn unsupported(resource: &str) -> TaskFailure {
    runtime(format!(
        "refit does not implement {resource}; docs/reference/services.md lists the integrations it has, and how calls of other services go on to AWS"
    ))
}

/// The parameters are none of the operation's.
// AWS: as quoted in public questions about failed executions.
pub(super) fn bad_parameters(errand: &Errand<'_>, problems: &[String]) -> TaskFailure {
    bad_parameters_of(errand.task, problems)
}

/// The same for a task that calls no operation.
pub(super) fn bad_parameters_of(task: &ScheduleTask, problems: &[String]) -> TaskFailure {
    runtime(format!(
        "An error occurred while executing the state '{}' (entered at the event id #{}). The Parameters '{}' could not be used to start the Task: [{}]",
        task.state_name,
        task.entered_event,
        task.parameters.text(),
        problems.join(", ")
    ))
}

/// Reads JSON that may be nested as deeply as payloads may.
pub(super) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text)
}
