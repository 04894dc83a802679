//! Signature Version 4: what a request claims, whether it is true, and signing.
//!
//! Verifying takes two steps, because the secret is looked up in between: [`parse_authorization`] gives the [`Claim`], [`verify`]
//! checks it with the key's secret.

mod canonical;
mod claim;
mod failure;
mod sign;
mod verify;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

pub use claim::{Claim, Payload, parse_authorization};
pub use failure::SignatureError;
pub use sign::{Credentials, presign, sign};
pub use verify::{verify, verify_with};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// Longest life of a presigned request, in seconds: a week.
const MAX_EXPIRES_SECONDS: i64 = 604_800;

/// S3 encodes paths once and lets bodies go unsigned; all others encode twice and sign the body.
fn is_s3(service: &str) -> bool {
    matches!(service, "s3" | "s3-outposts" | "s3-object-lambda" | "s3express")
}

fn sha256_hex(bytes: &[u8]) -> String {
    let mut digits = [0; 64];
    hex::encode_to_slice(Sha256::digest(bytes), &mut digits).expect("32 bytes are 64 digits");
    String::from_utf8_lossy(&digits).into_owned()
}

fn hmac(key: &[u8], text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac
}

fn hmac_bytes(key: &[u8], text: &str) -> Vec<u8> {
    hmac(key, text).finalize().into_bytes().to_vec()
}

/// What a secret signs with on one day, in one region, for one service. Its debug text does not show it.
#[derive(Clone, Copy)]
pub struct SigningKey([u8; 32]);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SigningKey")
    }
}

/// The key that `secret` signs with where the claim says it holds. The same for all claims of one date, region and service.
pub fn signing_key(claim: &Claim, secret: &str) -> SigningKey {
    Scope { date: &claim.date, region: &claim.region, service: &claim.service }.signing_key(secret)
}

/// Where and when a signature holds.
#[derive(Debug, Clone, Copy)]
struct Scope<'a> {
    /// `YYYYMMDD`
    date: &'a str,
    region: &'a str,
    service: &'a str,
}

impl Scope<'_> {
    fn text(self) -> String {
        [self.date, "/", self.region, "/", self.service, "/aws4_request"].concat()
    }

    /// The key that signs within this scope.
    fn signing_key(self, secret: &str) -> SigningKey {
        let date = hmac_bytes(format!("AWS4{secret}").as_bytes(), self.date);
        let region = hmac_bytes(&date, self.region);
        let service = hmac_bytes(&region, self.service);
        SigningKey(hmac(&service, "aws4_request").finalize().into_bytes().into())
    }

    fn string_to_sign(self, amz_date: &str, canonical_request: &str) -> String {
        let digest = sha256_hex(canonical_request.as_bytes());
        // This stands on the way of every request, where formatting would be felt.
        [ALGORITHM, "\n", amz_date, "\n", &self.text(), "\n", &digest].concat()
    }
}

/// `20240131T120000Z`; the Unix epoch where the instant is outside the years that can be written.
fn amz_date(milliseconds: i64) -> String {
    let instant = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH);
    strtime::format("%Y%m%dT%H%M%SZ", &instant.to_zoned(TimeZone::UTC))
        .expect("the format asks for nothing an instant in UTC has not")
}

/// The instant of an `X-Amz-Date`, in milliseconds since 1970.
fn parse_amz_date(text: &str) -> Option<i64> {
    if let Some(instant) = parse_plain_date(text) {
        return Some(instant);
    }
    let parsed = strtime::parse("%Y%m%dT%H%M%SZ", text).ok()?;
    let zoned = parsed.to_datetime().ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// An `X-Amz-Date` as every client writes it.
fn parse_plain_date(text: &str) -> Option<i64> {
    let bytes: &[u8; 16] = text.as_bytes().try_into().ok()?;
    if bytes[8] != b'T' || bytes[15] != b'Z' {
        return None;
    }
    let number = |from: usize, upto: usize| {
        bytes[from..upto].iter().try_fold(0_i16, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + i16::from(byte - b'0'))
        })
    };
    let part = |from: usize| number(from, from + 2).and_then(|number| i8::try_from(number).ok());
    let date = jiff::civil::DateTime::new(
        number(0, 4)?,
        part(4)?,
        part(6)?,
        part(9)?,
        part(11)?,
        part(13)?,
        0,
    );
    Some(date.ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}
