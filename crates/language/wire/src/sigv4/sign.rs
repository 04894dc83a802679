//! Signing requests, as a client does.

use std::fmt;

use super::canonical::canonical_request;
use super::{ALGORITHM, Scope, UNSIGNED_PAYLOAD, amz_date, hmac_bytes, is_s3, sha256_hex};
use crate::error::Error;
use crate::http::HttpRequestParts;
use crate::percent;

/// An access key with its secret. Its debug text shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Id of the access key.
    pub access_key_id: String,
    /// The key's secret.
    pub secret_access_key: String,
    /// The token of temporary credentials.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// Headers that proxies and HTTP clients change and so are not signed.
const UNSIGNED_HEADERS: &[&str] = &[
    "authorization",
    "connection",
    "content-length",
    "expect",
    "transfer-encoding",
    "user-agent",
    "x-amzn-trace-id",
];

/// Signs a request: sets `X-Amz-Date`, `X-Amz-Security-Token`, for S3 `x-amz-content-sha256`, and `Authorization`. The request must
/// have its `Host` already, and its path as it will be sent.
///
/// # Errors
/// `Error::Value` without a `Host` header.
pub fn sign(
    parts: &mut HttpRequestParts,
    credentials: &Credentials,
    region: &str,
    service: &str,
    now_ms: i64,
) -> Result<(), Error> {
    need_host(parts)?;
    let date = amz_date(now_ms);
    let s3 = is_s3(service);
    let mut payload_hash = sha256_hex(&parts.body);
    if s3 {
        // A body that is sent in chunks or not signed says so itself.
        let own = parts.headers.get("x-amz-content-sha256").map(str::to_owned);
        match own.filter(|own| own == UNSIGNED_PAYLOAD || own.starts_with("STREAMING-")) {
            Some(own) => payload_hash = own,
            None => parts.headers.set("x-amz-content-sha256", payload_hash.clone()),
        }
    }
    parts.headers.set("X-Amz-Date", date.clone());
    if let Some(token) = &credentials.session_token {
        parts.headers.set("X-Amz-Security-Token", token.clone());
    }
    let signed = signed_headers(parts);
    let scope = Scope { date: &date[..8], region, service };
    let canonical = canonical_request(parts, &signed, &payload_hash, s3);
    let text = scope.string_to_sign(&date, &canonical);
    let signature =
        hex::encode(hmac_bytes(&scope.signing_key(&credentials.secret_access_key).0, &text));
    let authorization = format!(
        "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={signature}",
        credentials.access_key_id,
        scope.text(),
        signed.join(";")
    );
    parts.headers.set("Authorization", authorization);
    Ok(())
}

/// Signs a request in its query, to be sent by others within `expires_seconds`. Only the `Host` header is signed.
///
/// # Errors
/// `Error::Value` without a `Host` header.
pub fn presign(
    parts: &mut HttpRequestParts,
    credentials: &Credentials,
    region: &str,
    service: &str,
    now_ms: i64,
    expires_seconds: u32,
) -> Result<(), Error> {
    need_host(parts)?;
    let date = amz_date(now_ms);
    let scope = Scope { date: &date[..8], region, service };
    let credential = format!("{}/{}", credentials.access_key_id, scope.text());
    let expires = expires_seconds.to_string();
    let mut added = vec![
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", credential.as_str()),
        ("X-Amz-Date", date.as_str()),
        ("X-Amz-Expires", expires.as_str()),
        ("X-Amz-SignedHeaders", "host"),
    ];
    if let Some(token) = &credentials.session_token {
        added.push(("X-Amz-Security-Token", token.as_str()));
    }
    for (name, value) in added {
        if !parts.query.is_empty() {
            parts.query.push('&');
        }
        parts.query.push_str(name);
        parts.query.push('=');
        parts.query.push_str(&percent::encode(value, false));
    }
    let s3 = is_s3(service);
    let payload_hash = if s3 { UNSIGNED_PAYLOAD.to_owned() } else { sha256_hex(&parts.body) };
    let canonical = canonical_request(parts, &["host".to_owned()], &payload_hash, s3);
    let text = scope.string_to_sign(&date, &canonical);
    let signature = hmac_bytes(&scope.signing_key(&credentials.secret_access_key).0, &text);
    parts.query.push_str("&X-Amz-Signature=");
    parts.query.push_str(&hex::encode(signature));
    Ok(())
}

fn need_host(parts: &HttpRequestParts) -> Result<(), Error> {
    match parts.headers.get("host") {
        Some(_) => Ok(()),
        None => Err(Error::Value("a request without a Host header cannot be signed".to_owned())),
    }
}

fn signed_headers(parts: &HttpRequestParts) -> Vec<String> {
    let names = parts.headers.iter().map(|(name, _)| name.to_lowercase());
    let mut names: Vec<String> =
        names.filter(|name| !UNSIGNED_HEADERS.contains(&name.as_str())).collect();
    names.sort();
    names.dedup();
    names
}
