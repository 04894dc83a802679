//! Who asks, and whom a policy names.

use crate::Context;

/// The identity behind a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal<'a> {
    /// Nobody: an unsigned request.
    Anonymous,
    /// The account itself (its root user), by number.
    Account(&'a str),
    /// An IAM user.
    User {
        /// `arn:aws:iam::…:user/…`.
        arn: &'a str,
    },
    /// A session of a role.
    Role {
        /// `arn:aws:sts::…:assumed-role/…/…`.
        session_arn: &'a str,
        /// `arn:aws:iam::…:role/…`, with the path the session's ARN has not.
        role_arn: &'a str,
    },
    /// An AWS service, for instance `events.amazonaws.com`.
    Service(&'a str),
    /// Somebody an identity provider vouches for; the provider's name or ARN.
    Federated(&'a str),
}

impl<'a> Principal<'a> {
    /// The account the principal belongs to, if it has one.
    pub fn account(&self) -> Option<&'a str> {
        match self {
            Self::Account(account) => Some(account),
            Self::User { arn } => account_of(arn),
            Self::Role { role_arn, .. } => account_of(role_arn),
            Self::Anonymous | Self::Service(_) | Self::Federated(_) => None,
        }
    }

    /// How AWS names the principal in messages.
    // UNVERIFIED: for services, providers and nobody.
    pub fn name(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::Account(account) => format!("arn:aws:iam::{account}:root"),
            Self::User { arn } => (*arn).to_owned(),
            Self::Role { session_arn, .. } => (*session_arn).to_owned(),
            Self::Service(name) | Self::Federated(name) => (*name).to_owned(),
        }
    }

    /// Sets the condition keys that follow from the principal, where the caller has not.
    // AWS: reference_policies_condition-keys, properties of the principal.
    pub(crate) fn describe(&self, context: &mut Context) {
        if let Some(account) = self.account() {
            context.insert_if_absent("aws:PrincipalAccount", account);
        }
        let is_service = matches!(self, Self::Service(_));
        context.insert_if_absent(
            "aws:PrincipalIsAWSService",
            if is_service { "true" } else { "false" },
        );
        let (kind, arn) = match self {
            Self::Anonymous => ("Anonymous", None),
            Self::Account(_) => ("Account", Some(self.name())),
            Self::User { arn } => ("User", Some((*arn).to_owned())),
            Self::Role { role_arn, .. } => ("AssumedRole", Some((*role_arn).to_owned())),
            Self::Federated(_) => ("FederatedUser", None),
            Self::Service(name) => {
                context.insert_if_absent("aws:PrincipalServiceName", name);
                return;
            }
        };
        context.insert_if_absent("aws:PrincipalType", kind);
        if let Some(arn) = arn {
            context.insert_if_absent("aws:PrincipalArn", &arn);
        }
        if let Self::User { arn } = self
            && let Some((_, name)) = arn.rsplit_once('/')
        {
            context.insert_if_absent("aws:username", name);
        }
    }
}

/// The fifth part of an ARN, if it is there and not empty.
pub(crate) fn account_of(arn: &str) -> Option<&str> {
    let mut parts = arn.split(':');
    (parts.next() == Some("arn")).then(|| parts.nth(3)).flatten().filter(|it| !it.is_empty())
}

/// The `Principal` element of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PrincipalElement {
    /// `"*"` and `{"AWS": "*"}`.
    Everybody,
    /// Kind (`AWS`, `Service`, ...) and name.
    Names(Vec<(String, String)>),
}

/// How closely a statement names a principal; what follows from an allow depends on it.
// AWS: reference_policies_evaluation-logic, resource-based policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Closeness {
    /// Its account, which leaves it to the account's own policies.
    Account,
    /// Its role, so that boundary and session policy still limit it.
    Role,
    /// Itself, or everybody.
    // UNVERIFIED: that `*` goes beyond boundary and session policy as naming the session does.
    Itself,
}

impl PrincipalElement {
    /// How closely the element names the principal, if it does.
    pub(crate) fn names(&self, principal: &Principal) -> Option<Closeness> {
        match self {
            Self::Everybody => Some(Closeness::Itself),
            Self::Names(names) => {
                names.iter().filter_map(|(kind, name)| closeness(kind, name, principal)).max()
            }
        }
    }
}

fn closeness(kind: &str, name: &str, principal: &Principal) -> Option<Closeness> {
    let itself = |is: bool| is.then_some(Closeness::Itself);
    match (kind, principal) {
        ("AWS", _) if name == "*" => Some(Closeness::Itself),
        ("Service", Principal::Service(service)) => itself(name == *service),
        ("Federated", Principal::Federated(provider)) => itself(name == *provider),
        ("AWS", Principal::Account(account)) => itself(is_account(name, account)),
        ("AWS", Principal::User { arn }) if name == *arn => Some(Closeness::Itself),
        ("AWS", Principal::Role { session_arn, .. }) if name == *session_arn => {
            Some(Closeness::Itself)
        }
        ("AWS", Principal::Role { role_arn, .. }) if name == *role_arn => Some(Closeness::Role),
        ("AWS", _) => {
            principal.account().filter(|account| is_account(name, account))?;
            Some(Closeness::Account)
        }
        _ => None,
    }
}

/// An account is named by its number or by the ARN of its root.
fn is_account(name: &str, account: &str) -> bool {
    name == account
        || (name.starts_with("arn:")
            && name.ends_with(":root")
            && account_of(name) == Some(account))
}
