//! Whose calls they are to be, where that is not whoever the chain leads to: a profile, keys, roles to assume.

use wire::sigv4::Credentials;

/// What of it is given takes the place of the client's own credentials; roles are assumed one after the other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Identity {
    /// A profile of the shared files.
    pub profile: Option<String>,
    /// Keys that are written down; they win over the profile.
    pub keys: Option<Credentials>,
    /// Roles to assume, in order.
    pub roles: Vec<AssumedRole>,
}

/// A role, and how it is assumed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssumedRole {
    /// Its ARN.
    pub arn: String,
    /// What the session is called; `refit` when absent.
    pub session_name: Option<String>,
    /// What its owner wants to be told.
    pub external_id: Option<String>,
    /// How long a session lasts.
    pub duration_seconds: Option<u32>,
}

impl Identity {
    /// Whether it says nothing: the client's own credentials do.
    pub fn is_empty(&self) -> bool {
        self.profile.is_none() && self.keys.is_none() && self.roles.is_empty()
    }
}
