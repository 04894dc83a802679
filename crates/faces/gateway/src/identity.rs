//! Who sent a request: the signature against the keys that refit made.

use service::{AwsError, Principal};
use wire::HttpRequestParts;

/// A key that requests can be signed with.
#[derive(Clone)]
pub struct Credential {
    /// The secret key.
    pub secret: String,
    /// The token that must come with a temporary key.
    pub session_token: Option<String>,
    /// Whose key it is.
    pub principal: Principal,
    /// When a temporary key ends, Unix milliseconds.
    pub expires_ms: Option<i64>,
}

/// Where keys are found. Implemented over IAM by the composition root.
#[async_trait::async_trait]
pub trait KeyStore: Send + Sync + 'static {
    /// The credential of an access key id; a temporary key is known by the token that comes with it.
    async fn credential(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
    ) -> Result<Option<Credential>, AwsError>;
}

/// The principal that signed the request.
///
/// # Errors
/// AWS's refusals of unsigned, wrongly signed and outdated requests.
pub(crate) async fn verify(
    keys: &dyn KeyStore,
    parts: &HttpRequestParts,
    now_ms: i64,
) -> Result<Principal, AwsError> {
    let claim = wire::sigv4::parse_authorization(parts).map_err(|error| error.to_aws())?;
    let credential = keys
        .credential(&claim.access_key_id, claim.session_token.as_deref())
        .await?
        .ok_or_else(invalid_key)?;
    if credential.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms) {
        let text = "The security token included in the request is expired";
        return Err(AwsError::fault("ExpiredTokenException", text, 403));
    }
    if credential.session_token.as_deref() != claim.session_token.as_deref()
        && credential.session_token.is_some()
    {
        return Err(invalid_key());
    }
    wire::sigv4::verify(&claim, parts, &credential.secret, now_ms)
        .map_err(|error| error.to_aws())?;
    Ok(credential.principal)
}

fn invalid_key() -> AwsError {
    let text = "The security token included in the request is invalid.";
    AwsError::fault("UnrecognizedClientException", text, 403)
}
