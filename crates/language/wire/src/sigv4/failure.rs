//! Why a signature does not hold, and what AWS answers then.

use thiserror::Error;

use crate::aws_error::AwsError;
use crate::model::{Model, Protocol};

/// Why a request is not believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The request is not signed.
    #[error("the request is not signed")]
    MissingToken,
    /// The signature is not well formed. The text is AWS's.
    #[error("{0}")]
    Incomplete(String),
    /// The signature is not that of the key's secret.
    #[error("the signature does not match")]
    Mismatch,
    /// The body has not the digest that was signed.
    #[error("the body does not have the signed digest")]
    PayloadMismatch,
    /// Signed too long ago, or too far ahead of our clock. The text is AWS's.
    #[error("{0}")]
    Skewed(String),
    /// A presigned request that has outlived its time.
    #[error("the presigned request has expired")]
    PresignedExpired,
    /// There is no such access key, or its session token is not the key's.
    #[error("the access key is not known")]
    UnknownKey,
    /// Temporary credentials that have run out.
    #[error("the session has expired")]
    TokenExpired,
}

impl SignatureError {
    /// The error a service answers with.
    // AWS: codes as in the services' lists of common errors; statuses of JSON services as measured by others on DynamoDB.
    pub fn to_aws_error(&self, model: &Model) -> AwsError {
        let protocol = model.metadata.protocol;
        let (code, message) = match protocol {
            Protocol::Json | Protocol::RestJson | Protocol::Cbor => self.json(),
            Protocol::Query => self.query(),
            Protocol::RestXml => self.s3(),
        };
        let status = match (protocol, self) {
            (Protocol::Json | Protocol::Cbor, _) | (_, Self::Incomplete(_)) => 400,
            (Protocol::RestXml, Self::PayloadMismatch | Self::TokenExpired) => 400,
            _ => 403,
        };
        AwsError::new(code, message).with_status(status)
    }

    fn json(&self) -> (&'static str, String) {
        match self {
            Self::MissingToken => {
                ("MissingAuthenticationTokenException", "Missing Authentication Token".to_owned())
            }
            Self::Incomplete(text) => ("IncompleteSignatureException", text.clone()),
            Self::Mismatch | Self::PayloadMismatch => {
                ("InvalidSignatureException", MISMATCH.to_owned())
            }
            Self::Skewed(text) => ("InvalidSignatureException", text.clone()),
            Self::PresignedExpired => ("InvalidSignatureException", "Signature expired".to_owned()),
            Self::UnknownKey => ("UnrecognizedClientException", INVALID_TOKEN.to_owned()),
            Self::TokenExpired => ("ExpiredTokenException", EXPIRED_TOKEN.to_owned()),
        }
    }

    fn query(&self) -> (&'static str, String) {
        match self {
            Self::MissingToken => {
                ("MissingAuthenticationToken", "Request is missing Authentication Token".to_owned())
            }
            Self::Incomplete(text) => ("IncompleteSignature", text.clone()),
            Self::Mismatch | Self::PayloadMismatch => {
                ("SignatureDoesNotMatch", MISMATCH.to_owned())
            }
            Self::Skewed(text) => ("SignatureDoesNotMatch", text.clone()),
            Self::PresignedExpired => ("RequestExpired", "Request has expired.".to_owned()),
            Self::UnknownKey => ("InvalidClientTokenId", INVALID_TOKEN.to_owned()),
            Self::TokenExpired => ("ExpiredToken", EXPIRED_TOKEN.to_owned()),
        }
    }

    fn s3(&self) -> (&'static str, String) {
        match self {
            Self::MissingToken => ("AccessDenied", "Access Denied".to_owned()),
            Self::Incomplete(text) => ("AuthorizationHeaderMalformed", text.clone()),
            Self::Mismatch => (
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your key and signing method."
                    .to_owned(),
            ),
            Self::PayloadMismatch => (
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.".to_owned(),
            ),
            Self::Skewed(_) => (
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.".to_owned(),
            ),
            Self::PresignedExpired => ("AccessDenied", "Request has expired".to_owned()),
            Self::UnknownKey => (
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.".to_owned(),
            ),
            Self::TokenExpired => ("ExpiredToken", "The provided token has expired.".to_owned()),
        }
    }
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
const INVALID_TOKEN: &str = "The security token included in the request is invalid.";
const EXPIRED_TOKEN: &str = "The security token included in the request is expired";
