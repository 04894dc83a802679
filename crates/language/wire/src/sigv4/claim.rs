//! What a request says about who sent it.

use super::failure::SignatureError;
use super::{ALGORITHM, MAX_EXPIRES_SECONDS, UNSIGNED_PAYLOAD, is_s3, parse_amz_date};
use crate::http::HttpRequestParts;
use crate::percent;

/// What stands for the body in the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// The digest of the body.
    Body,
    /// The digest the sender named; S3 only, and the body must have it.
    Digest(String),
    /// Nothing: the body is not signed. S3 only.
    Unsigned,
    /// The body comes in chunks, each with a signature or a trailer of its own, for example
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`. S3 only; who reads the chunks must check them.
    Streaming(String),
}

/// Who a request claims to be from, and by which signature. Nothing of it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Id of the access key.
    pub access_key_id: String,
    /// Day of the credential scope, `YYYYMMDD`.
    pub date: String,
    /// Region of the credential scope.
    pub region: String,
    /// Service of the credential scope, for example `states`.
    pub service: String,
    /// Names of the signed headers, in lower case, sorted.
    pub signed_headers: Vec<String>,
    /// The signature, in hexadecimal.
    pub signature: String,
    /// The token of temporary credentials.
    pub session_token: Option<String>,
    /// When the request was signed, as the sender wrote it.
    pub amz_date: String,
    /// The same in Unix milliseconds.
    pub signed_at_ms: i64,
    /// Presigned requests: how long they live, in seconds.
    pub expires_seconds: Option<i64>,
    /// What stands for the body.
    pub payload: Payload,
}

/// Reads the claim of a request, from its `Authorization` header or its query.
///
/// # Errors
/// `MissingToken` when the request has neither; `Incomplete` when parts of it are missing or malformed.
pub fn parse_authorization(parts: &HttpRequestParts) -> Result<Claim, SignatureError> {
    if let Some(header) = parts.headers.get("authorization") {
        return from_header(parts, header.trim());
    }
    let query = percent::parse_query(&parts.query);
    let find = |name: &str| query.iter().find(|(own, _)| own == name).map(|(_, v)| v.as_str());
    match find("X-Amz-Algorithm") {
        Some(ALGORITHM) => from_query(parts, &find),
        Some(other) => {
            Err(SignatureError::Incomplete(format!("Unsupported AWS 'algorithm': '{other}'")))
        }
        None => Err(SignatureError::MissingToken),
    }
}

fn from_header(parts: &HttpRequestParts, header: &str) -> Result<Claim, SignatureError> {
    let Some(fields) = header.strip_prefix(ALGORITHM) else {
        let algorithm = header.split_whitespace().next().unwrap_or_default();
        return Err(SignatureError::Incomplete(format!(
            "Unsupported AWS 'algorithm': '{algorithm}'"
        )));
    };
    let find = |name: &str| {
        let mut pairs = fields.split(',').filter_map(|field| field.trim().split_once('='));
        pairs.find(|(own, _)| *own == name).map(|(_, value)| value.trim())
    };
    let date_header = parts.headers.get("x-amz-date").or_else(|| parts.headers.get("date"));
    let (credential, signature, signed) =
        (find("Credential"), find("Signature"), find("SignedHeaders"));
    let (Some(credential), Some(signature), Some(signed), Some(date)) =
        (credential, signature, signed, date_header)
    else {
        return Err(SignatureError::Incomplete(missing_parts(
            [credential, signature, signed, date_header].map(|part| part.is_some()),
            header,
        )));
    };
    let amz_date = match parse_amz_date(date) {
        Some(_) => date.to_owned(),
        None => crate::timestamp::parse(date)
            .and_then(|seconds| seconds.as_f64())
            .map(|seconds| super::amz_date((seconds * 1000.0) as i64))
            .ok_or_else(|| bad_date(date))?,
    };
    let token = parts.headers.get("x-amz-security-token").map(str::to_owned);
    let claim = claim(credential, signed, signature, amz_date, token)?;
    let content = parts.headers.get("x-amz-content-sha256");
    Ok(Claim { payload: payload_of(&claim.service, content, false), ..claim })
}

/// AWS names all that is missing in one message.
fn missing_parts([credential, signature, signed, date]: [bool; 4], header: &str) -> String {
    let mut sentences = Vec::new();
    for (there, name) in
        [(credential, "Credential"), (signature, "Signature"), (signed, "SignedHeaders")]
    {
        if !there {
            sentences.push(format!("Authorization header requires '{name}' parameter."));
        }
    }
    if !date {
        let text =
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";
        sentences.push(text.to_owned());
    }
    let algorithm = header.split_whitespace().next().unwrap_or_default();
    format!("{} Authorization={algorithm}", sentences.join(" "))
}

fn from_query<'a>(
    parts: &HttpRequestParts,
    find: &impl Fn(&str) -> Option<&'a str>,
) -> Result<Claim, SignatureError> {
    let need = |name: &str| {
        find(name).ok_or_else(|| {
            SignatureError::Incomplete(format!(
                "AWS query-string parameters must include '{name}'."
            ))
        })
    };
    let credential = need("X-Amz-Credential")?;
    let signed = need("X-Amz-SignedHeaders")?;
    let signature = need("X-Amz-Signature")?;
    let date = need("X-Amz-Date")?;
    let token = find("X-Amz-Security-Token").map(str::to_owned);
    let claim = claim(credential, signed, signature, date.to_owned(), token)?;
    let expires_seconds = match find("X-Amz-Expires") {
        Some(text) => {
            let seconds =
                text.parse().ok().filter(|seconds| (0..=MAX_EXPIRES_SECONDS).contains(seconds));
            Some(seconds.ok_or_else(|| {
                SignatureError::Incomplete(
                    "X-Amz-Expires must be between 0 and 604800 seconds".to_owned(),
                )
            })?)
        }
        // Services other than S3 need no lifetime: theirs is that of a header's signature.
        None if is_s3(&claim.service) => {
            return Err(SignatureError::Incomplete(
                "AWS query-string parameters must include 'X-Amz-Expires'.".to_owned(),
            ));
        }
        None => None,
    };
    let content =
        parts.headers.get("x-amz-content-sha256").or_else(|| find("X-Amz-Content-Sha256"));
    let payload = payload_of(&claim.service, content, true);
    Ok(Claim { expires_seconds, payload, ..claim })
}

fn payload_of(service: &str, content: Option<&str>, presigned: bool) -> Payload {
    match content {
        _ if !is_s3(service) => Payload::Body,
        Some(UNSIGNED_PAYLOAD) => Payload::Unsigned,
        Some(text) if text.starts_with("STREAMING-") => Payload::Streaming(text.to_owned()),
        Some(digest) => Payload::Digest(digest.to_owned()),
        None if presigned => Payload::Unsigned,
        None => Payload::Body,
    }
}

fn claim(
    credential: &str,
    signed: &str,
    signature: &str,
    amz_date: String,
    session_token: Option<String>,
) -> Result<Claim, SignatureError> {
    let incomplete = |text: String| Err(SignatureError::Incomplete(text));
    // A key's id may hold slashes in theory, so the scope is taken from the end.
    let scope: Vec<&str> = credential.rsplitn(5, '/').collect();
    let [term, service, region, date, access_key_id] = scope.as_slice() else {
        return incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
        ));
    };
    if *term != "aws4_request" {
        return incomplete(format!(
            "Credential should be scoped with a valid terminator: 'aws4_request', not '{term}'."
        ));
    }
    let Some(signed_at_ms) = parse_amz_date(&amz_date) else { return Err(bad_date(&amz_date)) };
    if amz_date.get(..8) != Some(*date) {
        let day = amz_date.get(..8).unwrap_or_default();
        return incomplete(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{date}' != '{day}', from '{amz_date}'."
        ));
    }
    let mut signed_headers: Vec<String> =
        signed.split(';').filter(|name| !name.is_empty()).map(str::to_ascii_lowercase).collect();
    signed_headers.sort();
    signed_headers.dedup();
    if !signed_headers.iter().any(|name| name == "host") {
        return incomplete(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned(),
        );
    }
    Ok(Claim {
        access_key_id: (*access_key_id).to_owned(),
        date: (*date).to_owned(),
        region: (*region).to_owned(),
        service: (*service).to_owned(),
        signed_headers,
        signature: signature.to_owned(),
        session_token: session_token.filter(|token| !token.is_empty()),
        amz_date,
        signed_at_ms,
        expires_seconds: None,
        payload: Payload::Body,
    })
}

fn bad_date(text: &str) -> SignatureError {
    SignatureError::Incomplete(format!(
        "Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601"
    ))
}
