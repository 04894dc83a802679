//! The keys that requests are signed with: the port between whoever verifies signatures and whoever keeps keys.

use crate::{AwsError, Principal};

/// What checking a signed request takes.
#[derive(Clone)]
pub struct Credential {
    /// The secret that signatures are made with.
    pub secret: String,
    /// The session token that must come with a temporary key; `None` for long-lived keys.
    pub session_token: Option<String>,
    /// Whose key it is.
    pub principal: Principal,
    /// From when on it must be refused, Unix milliseconds; `None` for long-lived keys.
    pub expires_ms: Option<i64>,
}

/// Where keys are found.
#[async_trait::async_trait]
pub trait KeyStore: Send + Sync + 'static {
    /// The credential of an access key id, `None` when there is none. `session_token` is what the request carries in
    /// `X-Amz-Security-Token`: a temporary key is known by it alone. One whose time is over is still answered, with that
    /// time: each protocol has its own words for it, so whoever asks must compare [`Credential::expires_ms`] with the clock.
    async fn credential(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
    ) -> Result<Option<Credential>, AwsError>;
}
