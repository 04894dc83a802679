//! `http:invoke`: a request to somebody else's server, authorised by a connection of EventBridge.
//!
//! **Invariant:** what the connection adds is in no result, failure or log. A trial shows it to whoever may reveal secrets.
//!
//! The request is sent again when the server was killed before its answer was stored: other people's servers know no effect keys.

mod body;
mod parameters;

use super::{failure, role};
use driver::{TaskFailure, TaskRequest};
use outbound::{Answer, with_query};
use parameters::Parameters;
use serde_json::{Map, Value, json};
use service::{Access, AwsError, ConnectionParameters, Ctx, Kit, Principal, laid_over};
use std::sync::Arc;
use std::time::Duration;

/// How long the other server may take.
// AWS: call-https-apis: an HTTP task takes at most 60 seconds.
const TIMEOUT: Duration = Duration::from_mins(1);
/// The longest answer.
// AWS: Step Functions quotas: input or result of a task.
const LARGEST_BYTES: usize = 262_144;
/// AWS: call-https-apis: content that is no text fails the task.
const NO_TEXT: [&str; 4] = ["application/octet-stream", "image/", "video/", "audio/"];

/// What went out and came back, for a trial.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) request: Option<Value>,
    pub(crate) response: Option<Value>,
}

/// Whether a task is one.
pub(crate) fn is_named_by(resource_type: &str, resource: &str) -> bool {
    (resource_type, resource) == ("http", "invoke")
}

/// Sends the request. `reveal`: what is seen has the connection's parameters in it.
pub(crate) async fn invoke(
    kit: &Arc<Kit>,
    request: &TaskRequest,
    reveal: bool,
    seen: &mut Seen,
) -> Result<Value, TaskFailure> {
    let task = &request.task;
    let given = Parameters::read(task.parameters.value())
        .map_err(|problems| failure::bad_parameters_of(task, &problems))?;
    let machine = &request.execution.state_machine_arn;
    let principal = role::assume(kit, request.role_arn(), &request.execution.name, machine).await;
    let ctx = kit.ctx(principal.map_err(|error| of_connection(&error))?, &task.region);
    may_call(&ctx, machine, &given).await.map_err(|error| {
        // UNVERIFIED: the error's name.
        TaskFailure::new("States.Permissions", error.message)
    })?;
    let mut answer = None;
    for renew in [false, true] {
        let connection = connection(kit, &ctx, &given.connection_arn, renew).await?;
        if given.needs_object_body(&connection) {
            let problem =
                "The RequestBody must be a JSON object when the connection has body parameters";
            return Err(failure::bad_parameters_of(task, &[problem.to_owned()]));
        }
        let made = made(&given, &connection, &task.region);
        let plain = ConnectionParameters::default();
        let shown = if reveal { made.clone() } else { self::made(&given, &plain, &task.region) };
        seen.request = Some(shown_request(&shown));
        let got = outbound::send(made).await.map_err(|error| broken(&error))?;
        let is_refused = matches!(got.status, 401 | 407);
        answer = Some(got);
        if !(is_refused && connection.is_renewable) {
            break;
        }
    }
    let answer = answer.expect("the loop sends at least once");
    seen.response = Some(shown_response(&answer));
    result(&answer)
}

/// Asks IAM whether the role may call that address.
// AWS: Service Authorization Reference, AWS Step Functions: InvokeHTTPEndpoint and its condition keys.
async fn may_call(ctx: &Ctx, machine: &str, given: &Parameters) -> Result<(), AwsError> {
    let access = Access {
        principal: &ctx.principal,
        action: "states:InvokeHTTPEndpoint",
        resource: machine,
        context: vec![
            ("states:HTTPEndpoint".to_owned(), vec![given.endpoint.clone()]),
            ("states:HTTPMethod".to_owned(), vec![given.method.clone()]),
        ],
        resource_policy: None,
    };
    ctx.kit.authoriser().authorise(&access).await
}

async fn connection(
    kit: &Arc<Kit>,
    ctx: &Ctx,
    arn: &str,
    renew: bool,
) -> Result<ConnectionParameters, TaskFailure> {
    let Some(events) = kit.service("events") else {
        return Err(failure::runtime("refit has no EventBridge here".to_owned()));
    };
    events.connection(ctx, arn, renew).await.map_err(|error| of_connection(&error))
}

/// A connection that cannot be used.
// AWS: call-https-apis: Events.ConnectionResource.… UNVERIFIED: which error of the connection becomes which.
fn of_connection(error: &AwsError) -> TaskFailure {
    let name = match error.code.as_str() {
        code if code.contains("AccessDenied") => "AccessDenied",
        "ResourceNotFoundException" => "ResourceNotFound",
        "AuthInProgress" => "AuthInProgress",
        "InvalidConnectionState" => "InvalidConnectionState",
        _ => "InternalError",
    };
    TaskFailure::new(format!("Events.ConnectionResource.{name}"), error.message.as_str())
}

/// No answer.
// UNVERIFIED: that what is no timeout has this name too.
fn broken(error: &outbound::Error) -> TaskFailure {
    match error {
        outbound::Error::TooLong(_) => TaskFailure::new(
            "States.DataLimitExceeded",
            "The state/task 'arn:aws:states:::http:invoke' returned a result with a size exceeding the maximum number of bytes service limit.",
        ),
        other => TaskFailure::new("States.Http.Socket", other.to_string()),
    }
}

/// The request as it goes out.
fn made(given: &Parameters, connection: &ConnectionParameters, region: &str) -> outbound::Request {
    let body = given.body(connection);
    let mut headers = given.headers.clone();
    let has_type = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if let (Some(body), false) = (&body, has_type) {
        headers.push(("Content-Type".to_owned(), body.media_type.to_owned()));
    }
    // AWS: call-https-apis: the headers that Step Functions adds.
    headers.push(("User-Agent".to_owned(), format!("Amazon|StepFunctions|HttpInvoke|{region}")));
    headers.push(("Range".to_owned(), format!("bytes=0-{LARGEST_BYTES}")));
    let query = laid_over(given.query.clone(), &connection.query, false);
    outbound::Request {
        method: given.method.clone(),
        url: with_query(&given.endpoint, &query),
        headers: laid_over(headers, &connection.headers, true),
        body: body.map(|body| body.text.into_bytes()).unwrap_or_default(),
        timeout: TIMEOUT,
        largest_answer_bytes: LARGEST_BYTES,
    }
}

/// The result, or the failure that a status is.
fn result(answer: &Answer) -> Result<Value, TaskFailure> {
    let media_type = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let is_no_text = NO_TEXT.iter().any(|kind| media_type.starts_with(kind));
    let text = std::str::from_utf8(&answer.body).ok().filter(|_| !is_no_text);
    let Some(text) = text else {
        let words = "The response body of the HTTP task cannot be read as text";
        return Err(failure::runtime(format!("{words} (Content-Type: {media_type})")));
    };
    if !(200..300).contains(&answer.status) {
        // UNVERIFIED: that the cause is what the server says.
        let cause = if text.is_empty() { answer.reason.as_str() } else { text };
        return Err(TaskFailure::new(format!("States.Http.StatusCode.{}", answer.status), cause));
    }
    let is_json = media_type.split(';').next().is_some_and(|kind| kind.trim().ends_with("json"));
    let parsed = if is_json { failure::parse(text).ok() } else { None };
    Ok(json!({
        "Headers": headers(&answer.headers),
        "ResponseBody": parsed.unwrap_or_else(|| Value::from(text)),
        "StatusCode": answer.status,
        "StatusText": answer.reason,
    }))
}

/// Names with all their values.
fn headers(pairs: &[(String, String)]) -> Value {
    let mut members = Map::new();
    for (name, value) in pairs {
        let values = members.entry(name.clone()).or_insert_with(|| json!([]));
        if let Value::Array(values) = values {
            values.push(Value::from(value.as_str()));
        }
    }
    Value::Object(members)
}

// AWS: TestState: inspectionData.request of HTTP tasks.
fn shown_request(request: &outbound::Request) -> Value {
    json!({
        "protocol": request.url.split(':').next(),
        "method": request.method,
        "url": request.url,
        "headers": headers(&request.headers).to_string(),
        "body": String::from_utf8_lossy(&request.body),
    })
}

// AWS: TestState: inspectionData.response of HTTP tasks.
fn shown_response(answer: &Answer) -> Value {
    json!({
        "protocol": "https",
        "statusCode": answer.status.to_string(),
        "statusMessage": answer.reason,
        "headers": headers(&answer.headers).to_string(),
        "body": String::from_utf8_lossy(&answer.body),
    })
}

/// Whether the caller of a trial may see secrets.
pub(crate) async fn may_reveal(ctx: &Ctx, principal: &Principal) -> Result<(), AwsError> {
    let access = Access {
        principal,
        action: "states:RevealSecrets",
        resource: "*",
        context: Vec::new(),
        resource_policy: None,
    };
    if principal.is_unlimited() { Ok(()) } else { ctx.kit.authoriser().authorise(&access).await }
}
