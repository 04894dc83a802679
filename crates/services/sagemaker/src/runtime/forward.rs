//! From a request to an endpoint to the answer of its containers.

use crate::Sagemaker;
use crate::endpoint::records::{ENDPOINT, Endpoint, EndpointStatus};
use crate::endpoint::routes::{Choice, Ticket};
use crate::records::key;
use crate::serving::http::{Answer, Trouble, send};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Method, Request};
use http_body_util::Full;
use service::{AwsError, Ctx};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

// AWS: endpoints-quotas: InvokeEndpoint answers within 60 seconds, 6 MB each way.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);
const LARGEST_ANSWER_BYTES: usize = 6 * 1024 * 1024;
/// Before a container that did not listen is asked again.
const PAUSE: Duration = Duration::from_millis(50);

/// The header with what the caller wants the container to know, both ways.
pub(super) const CUSTOM_ATTRIBUTES: HeaderName =
    HeaderName::from_static("x-amzn-sagemaker-custom-attributes");

/// One request to an endpoint.
#[derive(Debug, Clone, Default)]
pub(super) struct Question {
    pub(super) endpoint: String,
    pub(super) variant: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) accept: Option<String>,
    /// Further headers for the container.
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) body: Bytes,
}

/// What an endpoint answered, and by which variant.
pub(super) struct Answered {
    pub(super) answer: Answer,
    pub(super) variant: String,
}

/// Asks the endpoint.
pub(super) async fn ask(
    sagemaker: &Sagemaker,
    ctx: &Ctx,
    question: &Question,
    patience: Duration,
) -> Result<Answered, AwsError> {
    let until = Instant::now() + patience;
    let mut was_unanswered = false;
    loop {
        let ticket = choose(sagemaker, ctx, question, until).await?;
        match through(question, &ticket, until).await {
            Ok(answer) if answer.status.is_success() => {
                return Ok(Answered { answer, variant: ticket.0.variant.clone() });
            }
            Ok(answer) => return Err(refused(ctx, question, &ticket, &answer)),
            // It ended this moment: another one, or its successor, answers.
            Err(Failed::Unsent) if Instant::now() < until => {
                drop(ticket);
                tokio::time::sleep(PAUSE).await;
            }
            // Once more: a container that was ending may have taken it. Not again, or a request that ends its
            // container would end them all.
            Err(Failed::Unanswered(_)) if !was_unanswered && Instant::now() < until => {
                was_unanswered = true;
                drop(ticket);
                tokio::time::sleep(PAUSE).await;
            }
            Err(Failed::Unsent) => return Err(unavailable()),
            Err(Failed::Late) => {
                let text = "Your invocation timed out while waiting for a response from container primary. Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.";
                return Err(model_error(ctx, question, &ticket, 0, text, text.to_owned()));
            }
            Err(Failed::Broken(why) | Failed::Unanswered(why)) => {
                let text = format!(
                    "Received server error (0) from primary: {why}. {}",
                    see(ctx, question)
                );
                return Err(model_error(ctx, question, &ticket, 0, &why, text));
            }
        }
    }
}

/// Chooses a member; waits while the endpoint is in service but nobody is ready.
async fn choose(
    sagemaker: &Sagemaker,
    ctx: &Ctx,
    question: &Question,
    until: Instant,
) -> Result<Ticket, AwsError> {
    let route = key(&ctx.region, &question.endpoint);
    let mut changed = sagemaker.routes.subscribe();
    loop {
        let random = ctx.kit.entropy.next_u64();
        match sagemaker.routes.choose(&route, question.variant.as_deref(), random) {
            Choice::To(ticket) => return Ok(ticket),
            Choice::NoVariant => {
                let variant = question.variant.as_deref().unwrap_or_default();
                // UNVERIFIED: AWS's words.
                let text = format!(
                    "Variant {variant} not found for endpoint {} of account {}.",
                    question.endpoint,
                    ctx.account()
                );
                return Err(AwsError::new("ValidationError", text));
            }
            Choice::Wait => {}
        }
        let found = ctx.records::<Endpoint>(ENDPOINT).get(&route).await?;
        let answers = |endpoint: &Endpoint| {
            // One that is being deleted will not be ready again, and nobody rings when it is gone.
            endpoint.live.is_some() && endpoint.status != EndpointStatus::Deleting
        };
        if !found.is_some_and(|found| answers(&found.value)) {
            // AWS: also while it is being created, or when it failed.
            let text =
                format!("Endpoint {} of account {} not found.", question.endpoint, ctx.account());
            return Err(AwsError::new("ValidationError", text));
        }
        if timeout_at(until, changed.changed()).await.is_err() {
            return Err(unavailable());
        }
    }
}

enum Failed {
    /// No container saw anything of it.
    Unsent,
    /// The container went away with it.
    Unanswered(String),
    Late,
    Broken(String),
}

/// Sends the request through the member's containers, each of which gets the answer of the one before.
// AWS: inference-pipelines: containers are asked in the order of the model.
async fn through(question: &Question, ticket: &Ticket, until: Instant) -> Result<Answer, Failed> {
    let mut request = question.clone();
    let mut answer = None;
    for (position, place) in ticket.0.places.iter().enumerate() {
        let sent = send(place, build(&request)?, LARGEST_ANSWER_BYTES);
        let got = match timeout_at(until, sent).await {
            Err(_) => return Err(Failed::Late),
            Ok(Err(Trouble::NoConnection(_))) if position == 0 => return Err(Failed::Unsent),
            Ok(Err(Trouble::NoAnswer(why))) if position == 0 => {
                return Err(Failed::Unanswered(why));
            }
            Ok(Err(trouble)) => return Err(Failed::Broken(trouble.to_string())),
            Ok(Ok(got)) => got,
        };
        if !got.status.is_success() {
            return Ok(got);
        }
        let kind = got.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        request.content_type = kind.map(str::to_owned);
        request.body = got.body.clone();
        answer = Some(got);
    }
    answer.ok_or_else(|| Failed::Broken("the member has no containers".to_owned()))
}

fn build(question: &Question) -> Result<Request<Full<Bytes>>, Failed> {
    let mut request = Request::builder().method(Method::POST).uri("/invocations");
    let own = [(CONTENT_TYPE, &question.content_type), (ACCEPT, &question.accept)];
    let own = own.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    for (name, value) in own.chain(question.headers.iter().map(|(name, value)| (name, value))) {
        if let Ok(value) = HeaderValue::from_str(value) {
            request = request.header(name, value);
        }
    }
    let body = Full::new(question.body.clone());
    request.body(body).map_err(|error| Failed::Broken(error.to_string()))
}

fn unavailable() -> AwsError {
    AwsError::fault("ServiceUnavailable", "No container of the endpoint is ready.", 503)
}

/// The container answered, and not well.
// AWS: ModelError: "Received client error (400) from primary with message "…". See … for more information."
fn refused(ctx: &Ctx, question: &Question, ticket: &Ticket, answer: &Answer) -> AwsError {
    let message = String::from_utf8_lossy(&answer.body);
    let message: String = message.chars().take(1000).collect();
    let side = if answer.status.is_client_error() { "client" } else { "server" };
    let code = answer.status.as_u16();
    let text = format!(
        "Received {side} error ({code}) from primary with message \"{message}\". {}",
        see(ctx, question)
    );
    model_error(ctx, question, ticket, code, &message, text)
}

fn see(ctx: &Ctx, question: &Question) -> String {
    format!(
        "See the log group /aws/sagemaker/Endpoints/{} in account {} for more information.",
        question.endpoint,
        ctx.account()
    )
}

fn model_error(
    ctx: &Ctx,
    question: &Question,
    ticket: &Ticket,
    status: u16,
    message: &str,
    text: String,
) -> AwsError {
    let stream = format!(
        "log-group:/aws/sagemaker/Endpoints/{}:log-stream:{}/{}",
        question.endpoint, ticket.0.variant, ticket.0.id
    );
    AwsError::fault("ModelError", text, 424)
        .with_field("OriginalStatusCode", status)
        .with_field("OriginalMessage", message)
        .with_field("LogStreamArn", ctx.arn("logs", &stream))
}
