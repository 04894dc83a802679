//! Whether a claim is true.

use hmac::Mac;

use super::canonical::canonical_request;
use super::claim::{Claim, Payload};
use super::failure::SignatureError;
use super::{Scope, SigningKey, UNSIGNED_PAYLOAD, amz_date, hmac, is_s3, sha256_hex, signing_key};
use crate::http::HttpRequestParts;

const MINUTE_MS: i64 = 60_000;

/// Checks a request's signature with the secret of the key it claims. `now_ms` is the time in Unix milliseconds.
///
/// The body is checked too, but for S3 requests that leave it unsigned or send it in signed chunks (`claim.payload` tells).
///
/// # Errors
/// `Skewed` or `PresignedExpired` when it is not valid now, `PayloadMismatch` when the body is another one, `Mismatch` otherwise.
pub fn verify(
    claim: &Claim,
    parts: &HttpRequestParts,
    secret: &str,
    now_ms: i64,
) -> Result<(), SignatureError> {
    verify_with(claim, parts, &signing_key(claim, secret), now_ms)
}

/// As [`verify`], with the key that [`signing_key`] has made of the secret.
///
/// # Errors
/// As there.
pub fn verify_with(
    claim: &Claim,
    parts: &HttpRequestParts,
    key: &SigningKey,
    now_ms: i64,
) -> Result<(), SignatureError> {
    check_time(claim, now_ms)?;
    let s3 = is_s3(&claim.service);
    let payload_hash = match &claim.payload {
        Payload::Body => sha256_hex(&parts.body),
        Payload::Unsigned => UNSIGNED_PAYLOAD.to_owned(),
        Payload::Streaming(text) => text.clone(),
        Payload::Digest(digest) => {
            if !digest.eq_ignore_ascii_case(&sha256_hex(&parts.body)) {
                return Err(SignatureError::PayloadMismatch);
            }
            digest.clone()
        }
    };
    let scope = Scope { date: &claim.date, region: &claim.region, service: &claim.service };
    let canonical = canonical_request(parts, &claim.signed_headers, &payload_hash, s3);
    let text = scope.string_to_sign(&claim.amz_date, &canonical);
    let signature = hex::decode(&claim.signature).map_err(|_| SignatureError::Mismatch)?;
    // Compares in constant time.
    let mac = hmac(&key.0, &text);
    mac.verify_slice(&signature).map_err(|_| SignatureError::Mismatch)
}

fn check_time(claim: &Claim, now_ms: i64) -> Result<(), SignatureError> {
    let skew_minutes: i64 = if is_s3(&claim.service) { 15 } else { 5 };
    let skew_ms = skew_minutes * MINUTE_MS;
    let (signed_at, now) = (claim.signed_at_ms, now_ms);
    let latest = now.saturating_add(skew_ms);
    if signed_at > latest {
        return Err(SignatureError::Skewed(format!(
            "Signature not yet current: {} is still later than {} ({} + {skew_minutes} min.)",
            claim.amz_date,
            amz_date(latest),
            amz_date(now)
        )));
    }
    if let Some(seconds) = claim.expires_seconds {
        let end = signed_at.saturating_add(seconds.saturating_mul(1000));
        return if now > end { Err(SignatureError::PresignedExpired) } else { Ok(()) };
    }
    let earliest = now.saturating_sub(skew_ms);
    if signed_at < earliest {
        return Err(SignatureError::Skewed(format!(
            "Signature expired: {} is now earlier than {} ({} - {skew_minutes} min.)",
            claim.amz_date,
            amz_date(earliest),
            amz_date(now)
        )));
    }
    Ok(())
}
