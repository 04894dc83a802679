//! Who is calling.

/// The kind of identity behind a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum PrincipalKind {
    /// The account itself: everything is allowed.
    Root,
    /// An IAM user, by name.
    User(String),
    /// An assumed role: role name and session name.
    Role {
        /// The role's name, without its path.
        role: String,
        /// The session's name.
        session: String,
    },
    /// An AWS service acting by itself, for instance `events.amazonaws.com`: only resource policies admit it.
    Service(String),
    /// refit's own plumbing (log delivery, service events on the default bus): everything is allowed.
    Platform,
    /// Nobody: an unsigned request.
    Anonymous,
}

/// The identity a call is made with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Principal {
    /// What it is.
    pub kind: PrincipalKind,
    /// The 12-digit account.
    pub account: String,
    /// `arn:aws:iam::…:user/…`, `arn:aws:sts::…:assumed-role/…/…`, or the service's name.
    pub arn: String,
    /// The key the request was signed with, when it came from a socket.
    pub access_key_id: Option<String>,
    /// An inline session policy that narrows what the session may do.
    pub session_policy: Option<String>,
    /// The resource on whose behalf a service acts; resource policies ask about it as `aws:SourceArn`.
    #[serde(default)]
    pub source_arn: Option<String>,
}

impl Principal {
    /// The account's root, which may do everything.
    pub fn root(account: &str) -> Self {
        Self::plain(PrincipalKind::Root, account, format!("arn:aws:iam::{account}:root"))
    }

    /// refit's own plumbing.
    pub fn platform(account: &str) -> Self {
        Self::plain(PrincipalKind::Platform, account, "refit.internal".to_owned())
    }

    /// An AWS service by its principal name, for instance `events.amazonaws.com`.
    pub fn service(account: &str, name: &str) -> Self {
        Self::plain(PrincipalKind::Service(name.to_owned()), account, name.to_owned())
    }

    /// The same, on behalf of the resource `source_arn`: a rule, a topic.
    #[must_use]
    pub fn on_behalf_of(self, source_arn: &str) -> Self {
        Self { source_arn: Some(source_arn.to_owned()), ..self }
    }

    /// Nobody.
    pub fn anonymous(account: &str) -> Self {
        Self::plain(PrincipalKind::Anonymous, account, "anonymous".to_owned())
    }

    /// A session of a role.
    pub fn role(account: &str, role: &str, session: &str) -> Self {
        let arn = format!("arn:aws:sts::{account}:assumed-role/{role}/{session}");
        let kind = PrincipalKind::Role { role: role.to_owned(), session: session.to_owned() };
        Self::plain(kind, account, arn)
    }

    /// A user.
    pub fn user(account: &str, path: &str, name: &str) -> Self {
        let arn = format!("arn:aws:iam::{account}:user{path}{name}");
        Self::plain(PrincipalKind::User(name.to_owned()), account, arn)
    }

    /// True for those that no policy limits.
    pub fn is_unlimited(&self) -> bool {
        matches!(self.kind, PrincipalKind::Root | PrincipalKind::Platform)
    }

    fn plain(kind: PrincipalKind, account: &str, arn: String) -> Self {
        Self {
            kind,
            account: account.to_owned(),
            arn,
            access_key_id: None,
            session_policy: None,
            source_arn: None,
        }
    }
}
