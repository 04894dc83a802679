//! S3 over HTTP: the protocol is the crate `s3s`'s; who asks and what they may do is decided here.
//!
//! A signed request is verified by the protocol crate, which needs the key to read bodies whose chunks are signed too.
//! In open mode signatures are taken off and not looked at.

#![allow(
    clippy::wildcard_imports,
    reason = "an operation's types are an input, an output and what they are made of: their names say where they come from"
)]
#![allow(
    clippy::unnecessary_wraps,
    reason = "the protocol crate's functions and members want results and options"
)]

mod buckets;
mod chunked;
mod convert;
mod front;
mod host;
mod keys;
mod listings;
mod messages;
mod multipart;
mod objects;
mod settings;

use std::sync::Arc;

use ::http::{HeaderValue, Request, Response};
use s3s::service::S3ServiceBuilder;
use s3s::{Body, S3Error, S3ErrorCode};
use service::{AwsError, Credential, KeyStore, Principal};

use crate::S3;
use front::Front;
use host::Hosts;
use keys::{Admit, Claim, OneKey};

/// Answers S3's HTTP requests.
pub struct S3Http {
    s3: Arc<S3>,
    credentials: Arc<dyn KeyStore>,
    open: bool,
}

impl S3Http {
    /// Requests signed with keys of `credentials`; with `open`, any request as the account's root.
    pub fn new(s3: Arc<S3>, credentials: Arc<dyn KeyStore>, open: bool) -> Self {
        Self { s3, credentials, open }
    }

    /// Answers a request, also a refused one.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<Body>
    where
        Body: From<B>,
    {
        let request_id = self.s3.kit().entropy.uuid().replace('-', "").to_uppercase();
        let request = request.map(Body::from);
        let mut response = match self.dispatch(request).await {
            Ok(response) => response,
            Err(error) => error.to_http_response().unwrap_or_else(|_| {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = ::http::StatusCode::INTERNAL_SERVER_ERROR;
                response
            }),
        };
        let request_id = request_id.get(..16).unwrap_or_default();
        messages::complete(&mut response, request_id);
        if let Ok(value) = HeaderValue::from_str(request_id) {
            response.headers_mut().insert("x-amz-request-id", value);
        }
        response
    }

    async fn dispatch(&self, mut request: Request<Body>) -> Result<Response<Body>, S3Error> {
        let mut builder = S3ServiceBuilder::new(Front::new(self.s3.clone()));
        builder.set_host(Hosts);
        if self.open {
            keys::strip_signature(&mut request);
            chunked::decode(&mut request)?;
            request.extensions_mut().insert(Principal::root(&self.s3.kit().account));
        } else {
            let key = match keys::claim(&request)? {
                Some(claim) => Some(self.look_up(&claim).await?),
                None => None,
            };
            let account = self.s3.kit().account.clone();
            builder.set_access(Admit::new(key.as_ref(), &account, self.credentials.clone()));
            builder.set_auth(OneKey::new(key, self.credentials.clone()));
        }
        builder
            .build()
            .call(request)
            .await
            .map_err(|error| S3Error::with_source(S3ErrorCode::InternalError, error.into()))
    }

    /// The key a request claims to be signed with.
    async fn look_up(&self, claim: &Claim) -> Result<(String, Credential), S3Error> {
        let refused =
            |code: &str, text: &str| crate::Error::Other(AwsError::fault(code, text, 403));
        let id = &claim.access_key_id;
        let found = self
            .credentials
            .credential(id, claim.session_token.as_deref())
            .await
            .map_err(crate::Error::Other)?;
        let credential = found.ok_or_else(|| {
            let text = "The AWS Access Key Id you provided does not exist in our records.";
            refused("InvalidAccessKeyId", text)
        })?;
        if credential.session_token.is_some() && credential.session_token != claim.session_token {
            let text = "The provided token is malformed or otherwise invalid.";
            return Err(refused("InvalidToken", text).into());
        }
        let now_ms = self.s3.kit().clock.now_ms();
        if credential.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms) {
            return Err(refused("ExpiredToken", "The provided token has expired.").into());
        }
        Ok((id.clone(), credential))
    }
}
