//! From policies and a request to a decision.

use crate::decision::{DecidingStatement, Decision};
use crate::principal::Closeness;
use crate::{Context, Effect, PolicyKind, PolicySource, Principal, Request, Statement};

/// Decides on a request by IAM's rules.
///
/// A matching deny anywhere decides. Otherwise a user or role needs an allow of its identity
/// policies that its boundary and session policy, if it has such, allow too. A resource in another
/// account, and a role to be assumed, must allow it besides. A policy of the resource that names the
/// principal (and not only its account) suffices by itself within one account: for a role within its
/// boundary and session, for a user or one session of a role even beyond them. Services, providers
/// and nobody have what resource and trust policies allow them. The account itself may do everything
/// within it.
// AWS: reference_policies_evaluation-logic (single account and cross account).
pub fn evaluate(sources: &[PolicySource], request: &Request) -> Decision {
    let reads_context = sources.iter().any(|source| source.document.reads_context());
    let context = if reads_context { request.full_context() } else { Context::new() };
    let action = request.action.to_lowercase();
    let mut allows = Allows::default();
    for source in sources {
        for (index, statement) in source.document.statements().iter().enumerate() {
            let Some(closeness) = applies(statement, source.kind, request, &action, &context)
            else {
                continue;
            };
            let found = || DecidingStatement {
                kind: source.kind,
                policy: source.name.to_owned(),
                sid: statement.sid().map(ToOwned::to_owned),
                index,
            };
            if statement.effect() == Effect::Deny {
                return Decision::ExplicitDeny(found());
            }
            allows.note(source.kind, closeness, found);
        }
    }
    let has = |kind: PolicyKind| sources.iter().any(|source| source.kind == kind);
    decide(allows, request, &has)
}

/// The first allow of each kind, for the policies of resources the one that names the principal
/// most closely.
#[derive(Debug, Default)]
struct Allows {
    identity: Option<DecidingStatement>,
    boundary: bool,
    session: bool,
    resource: Option<(Closeness, DecidingStatement)>,
}

impl Allows {
    fn note(
        &mut self,
        kind: PolicyKind,
        closeness: Closeness,
        found: impl FnOnce() -> DecidingStatement,
    ) {
        match kind {
            PolicyKind::Identity if self.identity.is_none() => self.identity = Some(found()),
            PolicyKind::Identity => {}
            PolicyKind::Boundary => self.boundary = true,
            PolicyKind::Session => self.session = true,
            PolicyKind::Resource | PolicyKind::Trust => {
                if self.resource.as_ref().is_none_or(|(known, _)| *known < closeness) {
                    self.resource = Some((closeness, found()));
                }
            }
        }
    }
}

fn decide(allows: Allows, request: &Request, has: &dyn Fn(PolicyKind) -> bool) -> Decision {
    let resource_kind =
        if has(PolicyKind::Trust) { PolicyKind::Trust } else { PolicyKind::Resource };
    let needs_resource = has(PolicyKind::Trust) || request.is_cross_account();
    let refused = |kind| Decision::ImplicitDeny(kind);
    match request.principal {
        Principal::Anonymous | Principal::Service(_) | Principal::Federated(_) => {
            return match allows.resource {
                Some((_, statement)) => Decision::Allow(Some(statement)),
                None => refused(resource_kind),
            };
        }
        Principal::Account(_) => {
            return match allows.resource {
                Some((_, statement)) => Decision::Allow(Some(statement)),
                None if needs_resource => refused(resource_kind),
                None => Decision::Allow(None),
            };
        }
        Principal::User { .. } | Principal::Role { .. } => {}
    }
    let boundary = allows.boundary || !has(PolicyKind::Boundary);
    let session = allows.session || !has(PolicyKind::Session);
    if !request.is_cross_account()
        && let Some((closeness, statement)) = &allows.resource
    {
        let suffices = match closeness {
            Closeness::Itself => true,
            Closeness::Role => boundary && session,
            Closeness::Account => false,
        };
        if suffices {
            return Decision::Allow(Some(statement.clone()));
        }
    }
    let Some(identity) = allows.identity else {
        // Within one account the role's trust is what is missing first.
        let is_untrusted = has(PolicyKind::Trust) && allows.resource.is_none();
        let kind = if is_untrusted { PolicyKind::Trust } else { PolicyKind::Identity };
        return refused(kind);
    };
    if needs_resource && allows.resource.is_none() {
        return refused(resource_kind);
    }
    if !boundary {
        return refused(PolicyKind::Boundary);
    }
    if !session {
        return refused(PolicyKind::Session);
    }
    Decision::Allow(Some(identity))
}

/// Whether a statement is about the request, and how closely it names the principal (a policy that
/// names none is about the principal itself).
fn applies(
    statement: &Statement,
    kind: PolicyKind,
    request: &Request,
    lowercase_action: &str,
    context: &Context,
) -> Option<Closeness> {
    let closeness = if kind.has_principals() {
        statement.names(&request.principal)?
    } else {
        Closeness::Itself
    };
    let applies = statement.is_about_lowercase_action(lowercase_action)
        && statement.is_about_resource(request.resource, context, kind.has_principals())
        && statement.conditions_hold(context);
    applies.then_some(closeness)
}
