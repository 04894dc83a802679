//! Who sent a request: the signature against the keys that refit made.

use service::{AwsError, KeyStore, Principal};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use wire::sigv4::{Claim, SignatureError, SigningKey, parse_authorization, signing_key};
use wire::{HttpRequestParts, Model};

/// Why a request's sender is not known.
pub(crate) enum Unknown {
    /// The signature is missing, wrong or outdated.
    Signature(SignatureError),
    /// The keys cannot be looked up.
    Keys(AwsError),
}

impl Unknown {
    /// The answer of a service.
    pub(crate) fn to_aws_error(&self, model: &Model) -> AwsError {
        match self {
            Self::Signature(error) => error.to_aws_error(model),
            Self::Keys(error) => error.clone(),
        }
    }
}

/// Signing keys made lately: clients sign all day with the same.
#[derive(Default)]
pub(crate) struct SigningKeys(Mutex<HashMap<String, Made>>);

/// A signing key and what it was made of.
struct Made {
    secret: String,
    /// Date, region and service.
    scope: [String; 3],
    key: SigningKey,
}

/// Most signing keys kept.
const MOST_KEYS: usize = 1024;

impl SigningKeys {
    fn of(&self, claim: &Claim, secret: &str) -> SigningKey {
        let scope = [&claim.date, &claim.region, &claim.service];
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = made.get(&claim.access_key_id)
            && found.secret == secret
            && found.scope.iter().eq(scope)
        {
            return found.key;
        }
        let key = signing_key(claim, secret);
        if made.len() >= MOST_KEYS {
            made.clear();
        }
        let entry = Made { secret: secret.to_owned(), scope: scope.map(Clone::clone), key };
        made.insert(claim.access_key_id.clone(), entry);
        key
    }
}

/// The principal that signed the request, for `service` where that matters.
///
/// # Errors
/// See [`Unknown`].
pub(crate) async fn verify(
    keys: &dyn KeyStore,
    signing_keys: &SigningKeys,
    parts: &HttpRequestParts,
    service: Option<&str>,
    now_ms: i64,
) -> Result<Principal, Unknown> {
    let claim = parse_authorization(parts).map_err(Unknown::Signature)?;
    // AWS: the text of a signature made for another service.
    if let Some(service) = service.filter(|service| *service != claim.service) {
        let text = format!("Credential should be scoped to correct service: '{service}'.");
        return Err(Unknown::Signature(SignatureError::Skewed(text)));
    }
    let credential = keys
        .credential(&claim.access_key_id, claim.session_token.as_deref())
        .await
        .map_err(Unknown::Keys)?
        .ok_or(Unknown::Signature(SignatureError::UnknownKey))?;
    if credential.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms) {
        return Err(Unknown::Signature(SignatureError::TokenExpired));
    }
    if credential.session_token.is_some() && credential.session_token != claim.session_token {
        return Err(Unknown::Signature(SignatureError::UnknownKey));
    }
    let key = signing_keys.of(&claim, &credential.secret);
    wire::sigv4::verify_with(&claim, parts, &key, now_ms).map_err(Unknown::Signature)?;
    Ok(credential.principal)
}
