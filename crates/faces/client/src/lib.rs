//! Calls AWS APIs as any AWS client does: encode, sign, send, read; retry what AWS says to retry.
//!
//! The same client talks to refit's own server and to any endpoint that speaks AWS's protocols.

mod credentials;
mod endpoint;
mod identity;
mod transport;

use credentials::CredentialSource;
use endpoint::{Address, Endpoints};
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use transport::{Broken, Transport};
use wire::{AwsError, HttpRequestParts, HttpResponseParts, Model};

pub use credentials::{Chain, CredentialsError, Surroundings};
pub use identity::{AssumedRole, Identity};
pub use wire::sigv4::Credentials;

/// How often a call is tried that the server throttles or fails.
const ATTEMPTS: u32 = 5;
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(90);

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
    /// There are no credentials to sign with.
    #[error("{operation} cannot be signed")]
    Credentials {
        /// The operation that was called.
        operation: String,
        /// What is missing.
        #[source]
        source: CredentialsError,
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

/// A client of AWS, or of one endpoint that speaks its APIs, in a region.
#[derive(Clone)]
pub struct Client {
    transport: Transport,
    endpoints: Endpoints,
    region: String,
    credentials: CredentialSource,
}

impl Client {
    /// A client of `endpoint` (`http://host:port`, with a path where a proxy wants one) with these keys.
    pub fn new(endpoint: &str, region: &str, credentials: Credentials) -> Self {
        Self {
            transport: Transport::new(),
            endpoints: Endpoints::One(endpoint.trim_end_matches('/').to_owned()),
            region: region.to_owned(),
            credentials: CredentialSource::fixed(credentials),
        }
    }

    /// A client of `endpoint`, or of AWS itself where it is `None`, with the credentials that the standard chain finds.
    ///
    /// # Errors
    /// When the chain cannot be followed; what it leads to is asked at the first call.
    pub fn with_chain(
        endpoint: Option<&str>,
        region: &str,
        chain: &Chain,
    ) -> Result<Self, CredentialsError> {
        let transport = Transport::new();
        let endpoints = match endpoint {
            Some(endpoint) => Endpoints::One(endpoint.trim_end_matches('/').to_owned()),
            None => Endpoints::Aws,
        };
        let credentials =
            CredentialSource::chain(chain, endpoints.clone(), region, transport.clone())?;
        Ok(Self { transport, endpoints, region: region.to_owned(), credentials })
    }

    /// The same client for another region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// The same client, calling as somebody else; none of a client with fixed keys, which has nobody else to be.
    ///
    /// # Errors
    /// When the way cannot be followed; what it leads to is asked at the first call.
    pub fn as_identity(&self, identity: &Identity) -> Result<Option<Self>, CredentialsError> {
        let credentials = self.credentials.as_identity(identity)?;
        Ok(credentials.map(|credentials| Self { credentials, ..self.clone() }))
    }

    /// Whether its credentials come from AWS's standard chain: then it is not refit's own server that it calls.
    pub fn follows_chain(&self) -> bool {
        self.credentials.is_chain()
    }

    /// The region calls are for.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The endpoint calls go to; `AWS` for AWS's own.
    pub fn endpoint(&self) -> &str {
        self.endpoints.name()
    }

    /// Whether calls go to AWS itself.
    pub fn is_aws(&self) -> bool {
        self.endpoints == Endpoints::Aws
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
        let address = self.endpoints.address(model, &self.region);
        let mut delay = Duration::from_millis(100);
        let mut is_renewed = false;
        for attempt in 1.. {
            let signing_name = &model.metadata.signing_name;
            let answer = match self.send(&address, signing_name, operation, request.clone()).await {
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
            if has_expired(&error) && !is_renewed && self.credentials.forget().await {
                is_renewed = true;
                continue;
            }
            if attempt >= ATTEMPTS || !is_transient(&error) {
                return Err(Error::Service { operation: operation.to_owned(), error });
            }
            tokio::time::sleep(jittered(delay)).await;
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
        let address = endpoint::one(self.endpoint(), &self.region);
        let answer = self.send(&address, "refit", path, request).await?;
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
        address: &Address,
        signing_name: &str,
        operation: &str,
        mut parts: HttpRequestParts,
    ) -> Result<HttpResponseParts, Error> {
        parts.path.insert_str(0, &address.base_path);
        parts.headers.set("Host", address.host.as_str());
        let credentials = self
            .credentials
            .get()
            .await
            .map_err(|source| Error::Credentials { operation: operation.to_owned(), source })?;
        wire::sigv4::sign(&mut parts, &credentials, &address.region, signing_name, now_ms())
            .map_err(|source| Error::Wire { operation: operation.to_owned(), source })?;
        let endpoint = format!("{}{}", address.root, address.base_path);
        match tokio::time::timeout(TIMEOUT, self.transport.send(&address.root, parts)).await {
            Ok(answer) => answer.map_err(|source: Broken| Error::Unreachable { endpoint, source }),
            Err(_) => Err(Error::TimedOut { operation: operation.to_owned(), endpoint }),
        }
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

/// Up to half as long again, so that many clients that were throttled together do not come back together.
fn jittered(delay: Duration) -> Duration {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    delay + delay * (nanos % 1024) / 2048
}

/// Temporary credentials that ended before they said they would: a role's sessions were revoked, or a clock is wrong.
fn has_expired(error: &AwsError) -> bool {
    matches!(error.code.as_str(), "ExpiredToken" | "ExpiredTokenException")
}

/// Whether an error's code says that there were too many calls.
pub fn is_throttling(code: &str) -> bool {
    let codes = [
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "ProvisionedThroughputExceededException",
        "PriorRequestNotComplete",
        "SlowDown",
    ];
    codes.contains(&code)
}

/// What AWS's SDKs retry: throttling and the server's own failures.
fn is_transient(error: &AwsError) -> bool {
    let codes = ["RequestTimeout", "RequestTimeoutException", "ServiceUnavailable"];
    is_throttling(&error.code)
        || codes.contains(&error.code.as_str())
        || matches!(error.status, 429 | 500 | 502 | 503 | 504)
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
