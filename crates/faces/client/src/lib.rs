//! Calls AWS APIs as any AWS client does: encode, sign, send, read; retry what AWS says to retry.
//!
//! The same client talks to refit's own server and to any endpoint that speaks AWS's protocols.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use wire::{AwsError, HttpRequestParts, HttpResponseParts, Model};

pub use wire::sigv4::Credentials;

/// How often a call is tried that the server throttles or fails.
const ATTEMPTS: u32 = 5;
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(90);

/// The longest answer that is read.
const LARGEST_ANSWER_BYTES: usize = 256 * 1024 * 1024;

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The service refused.
    #[error("{operation}: {} ({})", error.message, error.code)]
    Service {
        /// The operation that was called.
        operation: String,
        /// What the service answered.
        error: AwsError,
    },
    /// The server cannot be reached.
    #[error("cannot reach {endpoint}")]
    Unreachable {
        /// Where it should be.
        endpoint: String,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server took too long.
    #[error("{operation}: no answer from {endpoint} within {} seconds", TIMEOUT.as_secs())]
    TimedOut {
        /// The operation that was called.
        operation: String,
        /// The server.
        endpoint: String,
    },
    /// The request does not fit the operation, or the answer cannot be read.
    #[error("{operation}")]
    Wire {
        /// The operation that was called.
        operation: String,
        /// What does not fit.
        #[source]
        source: wire::Error,
    },
}

impl Error {
    /// The service's error code, when it was the service that refused.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Service { error, .. } => Some(&error.code),
            _ => None,
        }
    }
}

/// A client of one endpoint and region.
#[derive(Clone)]
pub struct Client {
    http: HttpClient<HttpConnector, Full<Bytes>>,
    endpoint: String,
    /// The endpoint's host and port, as signed.
    host: String,
    /// The endpoint's path, which every request's path follows.
    base_path: String,
    region: String,
    credentials: Credentials,
}

impl Client {
    /// A client of `endpoint` (`http://host:port`, with a path where a proxy wants one).
    pub fn new(endpoint: &str, region: &str, credentials: Credentials) -> Self {
        let endpoint = endpoint.trim_end_matches('/');
        let authority = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
        let (host, base_path) = authority.split_at(authority.find('/').unwrap_or(authority.len()));
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            http: HttpClient::builder(TokioExecutor::new()).build(connector),
            endpoint: endpoint.to_owned(),
            host: host.to_owned(),
            base_path: base_path.to_owned(),
            region: region.to_owned(),
            credentials,
        }
    }

    /// The same client for another region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// The region calls are for.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The endpoint calls go to.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Calls an operation. Throttled and failed calls are tried again with a growing delay.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn call(
        &self,
        model: &Model,
        operation: &str,
        mut input: Value,
    ) -> Result<Value, Error> {
        let operation_model = model.operation(operation).ok_or_else(|| Error::Wire {
            operation: operation.to_owned(),
            source: wire::Error::Value(format!("the service has no operation {operation}")),
        })?;
        let wire_error = |source| Error::Wire { operation: operation.to_owned(), source };
        wire::fill_idempotency_tokens(model, operation_model, &mut input, &token());
        let request = wire::encode_request(model, operation_model, &input).map_err(wire_error)?;
        let mut delay = Duration::from_millis(100);
        for attempt in 1.. {
            let signing_name = &model.metadata.signing_name;
            let answer = match self.send(signing_name, operation, request.clone()).await {
                Err(error) if attempt < ATTEMPTS && is_broken_connection(&error) => {
                    tokio::time::sleep(delay).await;
                    delay *= 2;
                    continue;
                }
                answer => answer?,
            };
            if (200..300).contains(&answer.status) {
                return wire::decode_response(model, operation_model, &answer).map_err(wire_error);
            }
            let error = wire::decode_error(model, &answer);
            if attempt >= ATTEMPTS || !is_transient(&error) {
                return Err(Error::Service { operation: operation.to_owned(), error });
            }
            tokio::time::sleep(delay).await;
            delay *= 2;
        }
        unreachable!("the loop returns")
    }

    /// `GET`s a page of refit's own API, signed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn own_page(&self, path: &str) -> Result<Value, Error> {
        let request = HttpRequestParts {
            method: "GET".to_owned(),
            path: format!("/_refit/{path}"),
            ..HttpRequestParts::default()
        };
        let answer = self.send("refit", path, request).await?;
        if !(200..300).contains(&answer.status) {
            return Err(Error::Service { operation: path.to_owned(), error: own_error(&answer) });
        }
        serde_json::from_slice(&answer.body).map_err(|error| Error::Wire {
            operation: path.to_owned(),
            source: wire::Error::Response(error.to_string()),
        })
    }

    async fn send(
        &self,
        signing_name: &str,
        operation: &str,
        mut parts: HttpRequestParts,
    ) -> Result<HttpResponseParts, Error> {
        parts.path.insert_str(0, &self.base_path);
        parts.headers.set("Host", self.host.as_str());
        wire::sigv4::sign(&mut parts, &self.credentials, &self.region, signing_name, now_ms())
            .map_err(|source| Error::Wire { operation: operation.to_owned(), source })?;
        let unreachable = |source: Box<dyn std::error::Error + Send + Sync>| Error::Unreachable {
            endpoint: self.endpoint.clone(),
            source,
        };
        let root = &self.endpoint[..self.endpoint.len() - self.base_path.len()];
        let mut builder = http::Request::builder()
            .method(parts.method.as_str())
            .uri(format!("{root}{}", parts.path_and_query()));
        for (name, value) in parts.headers.iter() {
            builder = builder.header(name, value);
        }
        let request = builder
            .body(Full::new(Bytes::from(parts.body)))
            .map_err(|error| unreachable(error.into()))?;
        let exchange = async {
            let response = self.http.request(request).await.map_err(|e| unreachable(e.into()))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, LARGEST_ANSWER_BYTES);
            let body = body.collect().await.map_err(unreachable)?.to_bytes();
            let headers = head
                .headers
                .iter()
                .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
                .collect();
            Ok(HttpResponseParts { status: head.status.as_u16(), headers, body: body.to_vec() })
        };
        tokio::time::timeout(TIMEOUT, exchange).await.map_err(|_| Error::TimedOut {
            operation: operation.to_owned(),
            endpoint: self.endpoint.clone(),
        })?
    }
}

/// Whether a connection was there and broke, as when the server is restarted. That nobody listens is said at once.
fn is_broken_connection(error: &Error) -> bool {
    let Error::Unreachable { source, .. } = error else { return false };
    let error = source.downcast_ref::<hyper_util::client::legacy::Error>();
    error.is_some_and(|error| !error.is_connect())
}

/// An error of refit's own pages.
fn own_error(answer: &HttpResponseParts) -> AwsError {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |member: &str| body.get(member).and_then(Value::as_str).unwrap_or_default();
    AwsError::fault(text("__type"), text("message"), answer.status)
}

/// What AWS's SDKs retry: throttling and the server's own failures.
fn is_transient(error: &AwsError) -> bool {
    let codes = [
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "SlowDown",
    ];
    codes.contains(&error.code.as_str()) || matches!(error.status, 429 | 500 | 502 | 503 | 504)
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64
}

/// A token that makes a retried create harmless. Time and process make it unique enough: AWS only compares it with
/// tokens of the same account from the last minutes.
fn token() -> String {
    static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    format!("refit-{:x}-{:x}-{count:x}", now_ms(), std::process::id())
}
