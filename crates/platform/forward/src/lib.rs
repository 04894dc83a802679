//! Services that refit has not: calls of state machines go on to AWS, or to any endpoint that speaks its protocols.
//!
//! Which ones is said in `forward.json` of the data directory:
//!
//! ```json
//! {"dynamodb": {"model": "dynamodb.json", "endpoint": "https://dynamodb.eu-west-1.amazonaws.com",
//!               "region": "eu-west-1", "profile": "training"}}
//! ```
//!
//! `model` is botocore's description of the service (`service-2.json`). **Invariant:** the credentials are for calls of this server's
//! own: whoever comes through a socket is refused. The role is asked by refit's IAM first, as for every other service.
//!
//! A call is sent again when the server was killed before its answer was stored.

use serde::Deserialize;
use serde_json::Value;
use service::{AwsError, Ctx, OperationFuture, Reply, Row, Service};
use std::collections::BTreeMap;
use std::time::Duration;
use wire::sigv4::{self, Credentials};
use wire::{HttpResponseParts, Model};

/// How long the other side may take.
const TIMEOUT: Duration = Duration::from_mins(1);
/// The longest answer that is read.
const LARGEST_BYTES: usize = 16 * 1024 * 1024;

/// One entry of `forward.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The file with the service's model, from the data directory on.
    pub model: String,
    /// Where calls go.
    pub endpoint: String,
    /// The region to sign for; that of the call when absent.
    pub region: Option<String>,
    /// The profile of the AWS credentials file; the environment's credentials when absent.
    pub profile: Option<String>,
}

/// Why a service cannot be forwarded to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration is not what it should be.
    #[error("forward.json cannot be read")]
    Configuration(#[source] serde_json::Error),
    /// The model is not one.
    #[error("the model of {name} cannot be read")]
    Model {
        /// The service.
        name: String,
        /// Why not.
        #[source]
        source: wire::Error,
    },
    /// The endpoint cannot be called.
    #[error("the endpoint of {name} cannot be used")]
    Endpoint {
        /// The service.
        name: String,
        /// Why not.
        #[source]
        source: outbound::Error,
    },
}

/// Reads `forward.json`: services by the names that resources of tasks have for them.
///
/// # Errors
/// [`Error::Configuration`].
pub fn read(text: &str) -> Result<BTreeMap<String, Entry>, Error> {
    serde_json::from_str(text).map_err(Error::Configuration)
}

/// A service whose calls go on.
pub struct Forwarded {
    name: &'static str,
    iam_prefix: &'static str,
    operations: Vec<&'static str>,
    model: Model,
    endpoint: String,
    region: Option<String>,
    credentials: Credentials,
}

impl Forwarded {
    /// The service `name` of an entry. What names it lives as long as the server does.
    ///
    /// # Errors
    /// [`Error::Model`], [`Error::Endpoint`].
    pub fn new(
        name: &str,
        entry: &Entry,
        model: &str,
        credentials: Credentials,
    ) -> Result<Self, Error> {
        let model =
            Model::parse(model).map_err(|source| Error::Model { name: name.to_owned(), source })?;
        let endpoint = entry.endpoint.trim_end_matches('/').to_owned();
        outbound::check_url(&format!("{endpoint}/"))
            .map_err(|source| Error::Endpoint { name: name.to_owned(), source })?;
        Ok(Self {
            name: name.to_owned().leak(),
            iam_prefix: model.metadata.signing_name.clone().leak(),
            operations: model.operations().map(|o| &*o.name.clone().leak()).collect(),
            model,
            endpoint,
            region: entry.region.clone(),
            credentials,
        })
    }

    async fn send(&self, ctx: &Ctx, operation: &str, mut input: Value) -> Result<Value, AwsError> {
        let shape = self.model.operation(operation);
        let shape = shape.ok_or_else(|| AwsError::not_implemented(operation))?;
        let unfit = |error: wire::Error| AwsError::new("SdkClientException", error.to_string());
        wire::fill_idempotency_tokens(&self.model, shape, &mut input, &ctx.uuid());
        let mut parts = wire::encode_request(&self.model, shape, &input).map_err(unfit)?;
        let authority = self.endpoint.split_once("://").map_or("", |(_, rest)| rest);
        let (host, base) = authority.split_at(authority.find('/').unwrap_or(authority.len()));
        parts.path.insert_str(0, base);
        parts.headers.set("Host", host);
        let region = self.region.as_deref().unwrap_or(&ctx.region);
        let signing_name = &self.model.metadata.signing_name;
        sigv4::sign(&mut parts, &self.credentials, region, signing_name, ctx.now_ms)
            .map_err(unfit)?;
        let root = &self.endpoint[..self.endpoint.len() - base.len()];
        let headers = parts.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let request = outbound::Request {
            method: parts.method.clone(),
            url: format!("{root}{}", parts.path_and_query()),
            headers: headers.collect(),
            body: parts.body,
            timeout: TIMEOUT,
            largest_answer_bytes: LARGEST_BYTES,
        };
        let answer = outbound::send(request).await.map_err(|error| {
            AwsError::fault("SdkClientException", format!("{}: {error}", self.endpoint), 500)
        })?;
        let answer = HttpResponseParts {
            status: answer.status,
            headers: answer.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect(),
            body: answer.body,
        };
        if (200..300).contains(&answer.status) {
            return wire::decode_response(&self.model, shape, &answer).map_err(unfit);
        }
        Err(wire::decode_error(&self.model, &answer))
    }
}

#[async_trait::async_trait]
impl Service for Forwarded {
    fn name(&self) -> &'static str {
        self.name
    }

    fn model(&self) -> &Model {
        &self.model
    }

    fn operation(&self, name: &str) -> Option<Row> {
        let name = self.operations.iter().find(|own| **own == name)?;
        Some(Row { name, action: "", resource: "*", pass_roles: &[] })
    }

    fn iam_prefix(&self) -> &'static str {
        self.iam_prefix
    }

    fn run<'a>(&'a self, ctx: &'a Ctx, operation: &str, input: Value) -> OperationFuture<'a> {
        let operation = operation.to_owned();
        Box::pin(async move {
            if ctx.source_ip.is_some() {
                return Err(AwsError::new(
                    "AccessDeniedException",
                    format!("refit forwards {} for state machines alone", self.name),
                ));
            }
            self.send(ctx, &operation, input).await.map(Reply::new)
        })
    }
}
