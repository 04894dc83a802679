//! What is asked, and which policies have a say.

use crate::principal::account_of;
use crate::{Context, Document, Principal};

/// One question: may this principal do this?
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: Principal<'a>,
    /// The action with its service, for instance `states:StartExecution`.
    pub action: &'a str,
    /// The resource's ARN, or `*` for an action that is not about one.
    pub resource: &'a str,
    /// The account that owns the resource, for ARNs that do not say (S3). By default the one in the
    /// ARN, or else the principal's own.
    pub resource_account: Option<&'a str>,
    /// The condition keys. Those that follow from principal and resource need not be in it.
    pub context: &'a Context,
}

impl Request<'_> {
    /// The condition keys together with those that follow from principal and resource.
    pub(crate) fn full_context(&self) -> Context {
        let mut context = self.context.clone();
        self.principal.describe(&mut context);
        if let Some(account) = self.resource_account.or_else(|| account_of(self.resource)) {
            context.insert_if_absent("aws:ResourceAccount", account);
        }
        context
    }

    /// Whether the resource belongs to another account than the principal.
    pub(crate) fn is_cross_account(&self) -> bool {
        let owner = self.resource_account.or_else(|| account_of(self.resource));
        match (owner, self.principal.account()) {
            (Some(owner), Some(account)) => owner != account,
            _ => false,
        }
    }
}

/// What a policy is to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// Attached to the user, one of its groups or the role.
    Identity,
    /// The permissions boundary of the user or role: the most it may do.
    Boundary,
    /// Given when the session was made: the most it may do.
    Session,
    /// Attached to the resource.
    Resource,
    /// The trust policy of the role that is to be assumed.
    Trust,
}

impl PolicyKind {
    /// The words for it in AWS's messages.
    // AWS: troubleshoot_access-denied, examples of messages.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Resource => "resource-based policy",
            Self::Trust => "role trust policy",
        }
    }

    /// The words with their article.
    pub(crate) fn words_with_article(self) -> String {
        let article = match self {
            Self::Identity => "an",
            Self::Trust => "the",
            _ => "a",
        };
        format!("{article} {}", self.words())
    }

    /// Whether the policy says for itself whom it is about.
    pub(crate) fn has_principals(self) -> bool {
        matches!(self, Self::Resource | Self::Trust)
    }
}

/// A policy that has a say in a request.
#[derive(Debug, Clone, Copy)]
pub struct PolicySource<'a> {
    /// What it is to the request.
    pub kind: PolicyKind,
    /// The name or ARN to report it by.
    pub name: &'a str,
    /// What it says.
    pub document: &'a Document,
}

impl<'a> PolicySource<'a> {
    /// Puts the three together.
    pub fn new(kind: PolicyKind, name: &'a str, document: &'a Document) -> Self {
        Self { kind, name, document }
    }
}
