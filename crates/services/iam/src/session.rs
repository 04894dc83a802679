//! Temporary credentials without storage: a signed session token says who it is for and until when.
//!
//! The server keeps one secret. A temporary key's own secret is derived from it and the key's id; the session token
//! is a sealed JSON text. So credentials outlive restarts, and there is nothing to store or to clean away.

use crate::access_keys;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use service::{Entropy, Principal};
use sha2::Sha256;

/// First byte of a session token: the form of what follows.
const FORM: u8 = 1;

/// Length of the seal in bytes.
const SEAL: usize = 32;

/// What a session token says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// The temporary key that the token belongs to.
    pub(crate) access_key_id: String,
    /// Who holds it.
    pub(crate) principal: Principal,
    /// Unique id of the role or user when the token was made: another one of the same name does not inherit it.
    pub(crate) entity_id: String,
    /// Until when it works, Unix milliseconds.
    pub(crate) expires_ms: i64,
}

/// Temporary credentials as handed out.
#[derive(Debug, Clone)]
pub(crate) struct Temporary {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: String,
    pub(crate) expires_ms: i64,
}

/// The server's secret and what is made with it.
#[derive(Clone)]
pub(crate) struct Sealer([u8; 32]);

impl Sealer {
    /// A sealer with that secret.
    pub(crate) fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// New credentials for `principal`.
    pub(crate) fn issue(
        &self,
        principal: Principal,
        entity_id: String,
        expires_ms: i64,
        entropy: &dyn Entropy,
    ) -> Temporary {
        let access_key_id = access_keys::new_id("ASIA", &principal.account, entropy);
        let principal = Principal { access_key_id: None, ..principal };
        let session =
            Session { access_key_id: access_key_id.clone(), principal, entity_id, expires_ms };
        Temporary {
            secret_access_key: self.secret_of(&access_key_id),
            session_token: self.seal(&session),
            access_key_id,
            expires_ms,
        }
    }

    /// The secret of a temporary key.
    pub(crate) fn secret_of(&self, access_key_id: &str) -> String {
        let mac = self.mac(b"secret access key").chain_update(access_key_id);
        STANDARD.encode(&mac.finalize().into_bytes()[..30])
    }

    /// What the token says; `None` when this server did not make it.
    pub(crate) fn open(&self, token: &str) -> Option<Session> {
        let bytes = STANDARD.decode(token).ok()?;
        let (form, rest) = bytes.split_first()?;
        let (seal, text) = rest.split_at_checked(SEAL)?;
        if *form != FORM {
            return None;
        }
        self.mac(b"session token").chain_update(text).verify_slice(seal).ok()?;
        serde_json::from_slice(text).ok()
    }

    fn seal(&self, session: &Session) -> String {
        let text = serde_json::to_vec(session).expect("sessions are plain data");
        let seal = self.mac(b"session token").chain_update(&text).finalize().into_bytes();
        let mut bytes = vec![FORM];
        bytes.extend_from_slice(&seal);
        bytes.extend_from_slice(&text);
        STANDARD.encode(bytes)
    }

    /// A code over `purpose` and what is added; purposes keep one use from being taken for another.
    fn mac(&self, purpose: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.chain_update(purpose).chain_update([0])
    }
}

#[cfg(test)]
mod tests {
    use super::Sealer;
    use service::{Principal, SeededEntropy};

    #[test]
    fn only_its_own_tokens_open() {
        let (ours, theirs) = (Sealer::new([7; 32]), Sealer::new([8; 32]));
        let principal = Principal::role("123456789012", "r", "s");
        let made = ours.issue(principal.clone(), "AROA1".to_owned(), 5, &SeededEntropy::new(1));
        let opened = ours.open(&made.session_token).unwrap();
        assert_eq!(opened.principal, principal);
        assert_eq!(opened.access_key_id, made.access_key_id);
        assert_eq!(opened.expires_ms, 5);
        assert_eq!(made.secret_access_key.len(), 40);
        assert_eq!(theirs.open(&made.session_token), None);
        for damaged in ["", "AQ==", "%%%", &made.session_token[4..]] {
            assert_eq!(ours.open(damaged), None, "{damaged}");
        }
        for at in 0..made.session_token.len() {
            let mut token = made.session_token.clone().into_bytes();
            token[at] = if token[at] == b'A' { b'B' } else { b'A' };
            let token = String::from_utf8(token).unwrap();
            assert_eq!(ours.open(&token), None, "changed at {at}");
        }
    }
}
