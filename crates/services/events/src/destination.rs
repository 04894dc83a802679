//! API destinations: other people's servers as targets of rules.

use crate::connection::{self, AUTHORIZED, seconds};
use crate::deliver::{Delivery, Input};
use crate::error::Error;
use outbound::{Answer, Request, with_query};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use service::{Access, Arn, AwsError, Ctx, Found, Principal, laid_over};
use std::time::Duration;

/// Record kind of [`Destination`]; the key is `region/name`.
pub(crate) const DESTINATION: &str = "events/api-destination";

/// How long a server may take.
// AWS: eb-api-destinations: the most is five seconds.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The longest answer that is read; nobody sees it.
const LARGEST_BYTES: usize = 1024 * 1024;

/// An API destination.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Destination {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) arn: String,
    pub(crate) description: Option<String>,
    pub(crate) connection_arn: String,
    pub(crate) endpoint: String,
    pub(crate) method: String,
    pub(crate) rate_per_second: Option<i64>,
    pub(crate) created_ms: i64,
    pub(crate) modified_ms: i64,
}

impl Destination {
    pub(crate) fn key(&self) -> String {
        connection::key(&self.region, &self.name)
    }

    /// As the operations that change it answer.
    pub(crate) async fn changed(&self, ctx: &Ctx) -> Result<Map<String, Value>, Error> {
        let connection = match connection::find_arn(ctx, &self.connection_arn).await {
            Ok(found) => Some(found.value),
            Err(Error::NoConnection(_)) => None,
            Err(error) => return Err(error),
        };
        let is_active = connection.is_some_and(|connection| connection.state == AUTHORIZED);
        let state = if is_active { "ACTIVE" } else { "INACTIVE" };
        let members = json!({
            "ApiDestinationArn": self.arn, "ApiDestinationState": state,
            "CreationTime": seconds(self.created_ms), "LastModifiedTime": seconds(self.modified_ms),
        });
        let Value::Object(members) = members else { return Ok(Map::new()) };
        Ok(members)
    }

    /// As listed.
    pub(crate) async fn listed(&self, ctx: &Ctx) -> Result<Map<String, Value>, Error> {
        let mut members = self.changed(ctx).await?;
        members.insert("Name".to_owned(), json!(self.name));
        members.insert("ConnectionArn".to_owned(), json!(self.connection_arn));
        members.insert("InvocationEndpoint".to_owned(), json!(self.endpoint));
        members.insert("HttpMethod".to_owned(), json!(self.method));
        members.insert("InvocationRateLimitPerSecond".to_owned(), json!(self.rate_per_second));
        members.retain(|_, member| !member.is_null());
        Ok(members)
    }
}

/// The destination of that name, or AWS's refusal.
pub(crate) async fn find(ctx: &Ctx, name: &str) -> Result<Found<Destination>, Error> {
    let key = connection::key(&ctx.region, name);
    let found = ctx.records::<Destination>(DESTINATION).get(&key).await?;
    found.ok_or_else(|| Error::NoDestination(name.to_owned()))
}

/// Refuses an endpoint that cannot be called. Its `*` are filled per target.
pub(crate) fn check_endpoint(endpoint: &str) -> Result<(), Error> {
    outbound::check_url(&endpoint.replace('*', "x"))
        .map_err(|error| Error::Validation(format!("Invalid endpoint: {error}.")))
}

/// Whether an ARN names an API destination.
pub(crate) fn is_named_by(arn: &str) -> bool {
    arn.split(':').nth(5).is_some_and(|resource| resource.starts_with("api-destination/"))
}

/// Hands an event to the destination that is the delivery's target.
pub(crate) async fn deliver(
    ctx: &Ctx,
    delivery: &Delivery,
    principal: &Principal,
) -> Result<(), AwsError> {
    let arn = delivery.target.arn.as_str();
    let access = Access {
        principal,
        action: "events:InvokeApiDestination",
        resource: arn,
        context: Vec::new(),
        resource_policy: None,
    };
    ctx.kit.authoriser().authorise(&access).await?;
    let parsed =
        Arn::parse(arn).map_err(|_| AwsError::from(Error::NoDestination(arn.to_owned())))?;
    let name = parsed.resource.split('/').nth(1).unwrap_or_default();
    let destination = find(ctx, name).await?.value;
    let connection = connection::find_arn(ctx, &destination.connection_arn).await?.value;
    let mut answer = None;
    for renew in [false, true] {
        let credentials = connection::credentials(ctx, &connection, renew).await?;
        let request = request(ctx, delivery, &destination, &credentials)?;
        let got = outbound::send(request).await.map_err(|error| failed(&error))?;
        let is_refused = matches!(got.status, 401 | 407);
        answer = Some(got);
        if !(is_refused && credentials.is_renewable) {
            break;
        }
    }
    answer.map_or(Ok(()), |answer| judge(&answer))
}

/// Refusals that a retry may mend look like a server's own failures.
// AWS: eb-api-destinations: what is tried again: 401, 407, 409, 429 and 5xx.
fn judge(answer: &Answer) -> Result<(), AwsError> {
    let status = answer.status;
    let message = format!("the API destination answers {status} {}", answer.reason);
    match status {
        200..300 => Ok(()),
        401 | 407 | 409 | 500.. => Err(AwsError::fault("ErrorFromTarget", message, 500)),
        429 => Err(AwsError::fault("Throttling", message, 429)),
        _ => Err(AwsError::fault("SdkClientError", message, 400)),
    }
}

fn failed(error: &outbound::Error) -> AwsError {
    let is_final = matches!(
        error,
        outbound::Error::Address(_) | outbound::Error::NotSecure(_) | outbound::Error::Request(_)
    );
    AwsError::fault("ErrorFromTarget", error.to_string(), if is_final { 400 } else { 500 })
}

fn request(
    ctx: &Ctx,
    delivery: &Delivery,
    destination: &Destination,
    credentials: &service::ConnectionParameters,
) -> Result<Request, AwsError> {
    let Input::Text(input) = &delivery.input else {
        return Err(AwsError::new("InvalidInput", "the input cannot be made"));
    };
    let http = delivery.target.other.get("HttpParameters").cloned().unwrap_or_default();
    let values = http.get("PathParameterValues").and_then(Value::as_array);
    let mut values = values.into_iter().flatten().filter_map(Value::as_str);
    let mut endpoint = String::new();
    for (number, part) in destination.endpoint.split('*').enumerate() {
        if number > 0 {
            endpoint.push_str(&outbound::percent_encode(values.next().unwrap_or_default()));
        }
        endpoint.push_str(part);
    }
    let map = |member: &str| -> Vec<(String, String)> {
        let pairs = http.get(member).and_then(Value::as_object).into_iter().flatten();
        pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let own = vec![
        pair("Content-Type", "application/json; charset=utf-8"),
        pair("User-Agent", "Amazon/EventBridge/ApiDestinations"),
    ];
    let headers = laid_over(own, &map("HeaderParameters"), true);
    let query = laid_over(map("QueryStringParameters"), &credentials.query, false);
    tracing::debug!(destination = destination.arn, at = ctx.now_ms, "an event goes out");
    Ok(Request {
        method: destination.method.clone(),
        url: with_query(&endpoint, &query),
        headers: laid_over(headers, &credentials.headers, true),
        body: body(input, &credentials.body).into_bytes(),
        timeout: TIMEOUT,
        largest_answer_bytes: LARGEST_BYTES,
    })
}

/// The input, with the connection's members where it is an object.
fn body(input: &str, of_connection: &[(String, String)]) -> String {
    match serde_json::from_str::<Value>(input) {
        Ok(Value::Object(mut members)) if !of_connection.is_empty() => {
            members.extend(connection::parameters::object(of_connection));
            Value::Object(members).to_string()
        }
        _ => input.to_owned(),
    }
}
