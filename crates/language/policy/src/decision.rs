//! What came out, why, and how AWS says it.

use crate::{PolicyKind, Request};

/// The statement that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidingStatement {
    /// What its policy is to the request.
    pub kind: PolicyKind,
    /// The name of its policy.
    pub policy: String,
    /// Its `Sid`, if it has one.
    pub sid: Option<String>,
    /// Its place among the statements of its policy, from 0.
    pub index: usize,
}

impl std::fmt::Display for DecidingStatement {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.sid {
            Some(sid) => write!(formatter, "statement {sid} of {}", self.policy),
            None => write!(formatter, "statement {} of {}", self.index, self.policy),
        }
    }
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Allowed by this statement; `None` for the account itself, which needs none.
    Allow(Option<DecidingStatement>),
    /// Refused by this statement, whatever others allow.
    ExplicitDeny(DecidingStatement),
    /// Nothing of this kind allows it.
    ImplicitDeny(PolicyKind),
}

impl Decision {
    /// Whether it is an allow.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow(_))
    }

    /// The message of AWS's `AccessDenied` errors; `None` if it is allowed.
    // AWS: troubleshoot_access-denied, examples of messages.
    pub fn denial(&self, request: &Request) -> Option<String> {
        let because = match self {
            Self::Allow(_) => return None,
            Self::ExplicitDeny(statement) => {
                format!("with an explicit deny in {}", statement.kind.words_with_article())
            }
            Self::ImplicitDeny(kind) => {
                format!("because no {} allows the {} action", kind.words(), request.action)
            }
        };
        Some(format!(
            "User: {} is not authorized to perform: {} on resource: {} {because}",
            request.principal.name(),
            request.action,
            request.resource
        ))
    }
}
