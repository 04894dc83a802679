//! Which key a request is signed with, and whose it is.

use std::sync::Arc;

use ::http::{Request, Uri, header};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::{Body, S3Error, S3ErrorCode, S3Result};
use service::{Credential, KeyStore, Principal};

/// What a request claims before anything is verified.
pub(super) struct Claim {
    pub(super) access_key_id: String,
    pub(super) session_token: Option<String>,
}

/// Query parameters that belong to a signature.
const SIGNATURE_PARAMETERS: [&str; 10] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-signedheaders",
    "x-amz-signature",
    "x-amz-security-token",
    "awsaccesskeyid",
    "signature",
    "expires",
];

/// Reads the claim of a signed request; `None` for unsigned ones (and for forms, whose fields are signed).
///
/// # Errors
/// `InvalidRequest` for headers signed with the outdated version 2, which protects neither headers nor content.
pub(super) fn claim(request: &Request<Body>) -> Result<Option<Claim>, S3Error> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let outdated = || {
        S3Error::with_message(
            S3ErrorCode::InvalidRequest,
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        )
    };
    if let Some(authorization) = header("authorization") {
        let Some((_, rest)) = authorization.split_once("Credential=") else {
            return Err(outdated());
        };
        let access_key_id = rest.split('/').next().unwrap_or_default().to_owned();
        let session_token = header("x-amz-security-token").map(str::to_owned);
        return Ok(Some(Claim { access_key_id, session_token }));
    }
    let query = request.uri().query().unwrap_or_default();
    // Clients still presign with version 2 where the region is us-east-1.
    if let Some(access_key_id) = parameter(query, "AWSAccessKeyId") {
        let session_token = parameter(query, "x-amz-security-token");
        return Ok(Some(Claim { access_key_id, session_token }));
    }
    let Some(credential) = parameter(query, "X-Amz-Credential") else { return Ok(None) };
    let access_key_id = credential.split('/').next().unwrap_or_default().to_owned();
    let session_token = parameter(query, "X-Amz-Security-Token");
    Ok(Some(Claim { access_key_id, session_token }))
}

/// A query parameter, decoded.
fn parameter(query: &str, name: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    crate::tags::decode(&value.replace('+', "%2B")).ok()
}

/// Takes everything off a request that says it is signed.
pub(super) fn strip_signature(request: &mut Request<Body>) {
    request.headers_mut().remove(header::AUTHORIZATION);
    request.headers_mut().remove("x-amz-security-token");
    let Some(query) = request.uri().query() else { return };
    let is_signature = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
        SIGNATURE_PARAMETERS.contains(&name.as_str())
    };
    if !query.split('&').any(|pair| is_signature(&pair)) {
        return;
    }
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_signature(pair)).collect();
    let path = request.uri().path();
    let text = if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = text.parse().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
}

/// Gives the protocol crate the secret of the key that was looked up for this request.
pub(super) struct OneKey {
    key: Option<(String, SecretKey)>,
    credentials: Arc<dyn KeyStore>,
}

impl OneKey {
    pub(super) fn new(key: Option<(String, Credential)>, credentials: Arc<dyn KeyStore>) -> Self {
        Self { key: key.map(|(id, credential)| (id, credential.secret.into())), credentials }
    }
}

#[async_trait::async_trait]
impl S3Auth for OneKey {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if let Some((id, secret)) = &self.key
            && id == access_key
        {
            return Ok(secret.clone());
        }
        // A form names its key among its fields. Forms signed with temporary keys are not accepted: their token is
        // not to be had here.
        let found =
            self.credentials.credential(access_key, None).await.map_err(crate::Error::Other)?;
        match found {
            Some(credential) if credential.session_token.is_none() => Ok(credential.secret.into()),
            _ => Err(S3ErrorCode::InvalidAccessKeyId.into()),
        }
    }
}

/// Says whose request it is once its signature has been verified. What they may do is asked per operation.
pub(super) struct Admit {
    key: Option<(String, Principal)>,
    account: String,
    credentials: Arc<dyn KeyStore>,
}

impl Admit {
    pub(super) fn new(
        key: Option<&(String, Credential)>,
        account: &str,
        credentials: Arc<dyn KeyStore>,
    ) -> Self {
        let key = key.map(|(id, credential)| (id.clone(), credential.principal.clone()));
        Self { key, account: account.to_owned(), credentials }
    }
}

#[async_trait::async_trait]
impl S3Access for Admit {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let verified = context.credentials().map(|credentials| credentials.access_key.clone());
        let principal = match (verified, &self.key) {
            (None, _) => Principal::anonymous(&self.account),
            (Some(verified), Some((id, principal))) if verified == *id => principal.clone(),
            // A form, signed with the key that it names itself.
            (Some(verified), _) => {
                let found = self.credentials.credential(&verified, None).await;
                let found = found.map_err(crate::Error::Other)?;
                found.ok_or(S3ErrorCode::InvalidAccessKeyId)?.principal
            }
        };
        context.extensions_mut().insert(principal);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims() {
        let check = |uri: &str, authorization: Option<&str>| {
            let mut request = Request::builder().uri(uri);
            if let Some(value) = authorization {
                request = request.header("authorization", value);
            }
            let request = request.body(Body::empty()).unwrap();
            claim(&request)
                .map(|claim| claim.map(|claim| (claim.access_key_id, claim.session_token)))
        };
        let key = |id: &str, token: Option<&str>| Some((id.to_owned(), token.map(str::to_owned)));
        let header =
            "AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/s3/aws4_request, SignedHeaders=host";
        assert_eq!(check("/b", Some(header)).unwrap(), key("AK", None));
        assert_eq!(check("/b", None).unwrap(), None);
        assert_eq!(
            check("/b?X-Amz-Credential=AK%2F1&X-Amz-Security-Token=a%2Bb+c", None).unwrap(),
            key("AK", Some("a+b+c"))
        );
        assert!(check("/b", Some("AWS AK:xyz")).is_err());
        assert_eq!(
            check("/b?AWSAccessKeyId=AK&Signature=x&Expires=1", None).unwrap(),
            key("AK", None)
        );
    }

    #[test]
    fn stripping() {
        for (before, after) in [
            ("/b/k", "/b/k"),
            ("/b/k?list-type=2", "/b/k?list-type=2"),
            ("/b/k?X-Amz-Signature=x&uploads=&X-Amz-Date=1", "/b/k?uploads="),
            ("/b/k?X-Amz-Signature=x", "/b/k"),
        ] {
            let mut request = Request::builder().uri(before).body(Body::empty()).unwrap();
            strip_signature(&mut request);
            assert_eq!(request.uri().to_string(), after);
        }
    }
}
