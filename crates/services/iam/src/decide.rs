//! From an identity to the policies that speak for it, and from those to a decision.

use crate::Iam;
use crate::directory::{Origin, Source};
use crate::error::internal;
use crate::records::{Entity, Tags};
use policy::{Context, Decision, PolicyKind, PolicySource, Request};
use service::{AwsError, Principal, PrincipalKind};
use std::sync::Arc;

/// A policy with the say it has.
pub(crate) type Say = (PolicyKind, Source);

/// What speaks for an identity.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    /// Its policies, boundary and session policy.
    pub(crate) says: Vec<Say>,
    /// The ARN of the user or role: of a session, that of its role.
    pub(crate) arn: String,
    /// Its unique id.
    id: String,
    tags: Tags,
}

/// One question, with everything that has a say.
pub(crate) struct Question<'a> {
    pub(crate) principal: policy::Principal<'a>,
    pub(crate) says: &'a [Say],
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    /// The account that everything here belongs to.
    pub(crate) account: &'a str,
    pub(crate) context: &'a Context,
}

impl Question<'_> {
    /// The decision, and AWS's sentence about it when it is a refusal.
    pub(crate) fn decide(&self) -> (Decision, Option<String>) {
        let sources: Vec<PolicySource> = self
            .says
            .iter()
            .map(|(kind, source)| PolicySource::new(*kind, &source.id, &source.document))
            .collect();
        let request = Request {
            principal: self.principal,
            action: self.action,
            resource: self.resource,
            resource_account: owner(self.resource, self.account),
            context: self.context,
        };
        let decision = policy::evaluate(&sources, &request);
        let denial = decision.denial(&request);
        (decision, denial)
    }
}

/// The owner of a resource whose ARN does not name one: AWS's own resources (`arn:aws:iam::aws:policy/…`) are
/// looked at from within the account.
fn owner<'a>(resource: &str, account: &'a str) -> Option<&'a str> {
    let named = resource.split(':').nth(4).unwrap_or_default();
    let is_account = named.len() == 12 && named.bytes().all(|byte| byte.is_ascii_digit());
    (!is_account).then_some(account)
}

/// The principal as the policy language knows it. `role_arn` is the role of a session.
pub(crate) fn principal<'a>(principal: &'a Principal, role_arn: &'a str) -> policy::Principal<'a> {
    match &principal.kind {
        PrincipalKind::Root | PrincipalKind::Platform => {
            policy::Principal::Account(&principal.account)
        }
        PrincipalKind::User(_) => policy::Principal::User { arn: &principal.arn },
        PrincipalKind::Role { .. } => {
            policy::Principal::Role { session_arn: &principal.arn, role_arn }
        }
        PrincipalKind::Service(name) => policy::Principal::Service(name),
        PrincipalKind::Anonymous => policy::Principal::Anonymous,
    }
}

impl Iam {
    /// What speaks for a principal; nothing when it is gone, or is none of IAM's.
    pub(crate) async fn grants(&self, principal: &Principal) -> Result<Grants, AwsError> {
        let mut grants = match &principal.kind {
            PrincipalKind::User(name) => self.user_grants(name).await?,
            PrincipalKind::Role { role, .. } => self.role_grants(role).await?,
            _ => None,
        }
        .unwrap_or_default();
        if let Some(text) = &principal.session_policy {
            let document = self.directory.text(text)?;
            let source =
                Source { id: "session policy".to_owned(), origin: Origin::Given, document };
            grants.says.push((PolicyKind::Session, source));
        }
        Ok(grants)
    }

    /// What speaks for a user: its own policies, those of its groups, its boundary.
    pub(crate) async fn user_grants(&self, name: &str) -> Result<Option<Grants>, AwsError> {
        let Some(facts) = self.directory.user(name).await? else { return Ok(None) };
        let user = &facts.user;
        let mut grants = Grants {
            arn: user.arn(&self.account),
            id: user.id.clone(),
            tags: user.tags.clone(),
            says: identity(&facts.inline),
        };
        self.add_attached(&mut grants, user.policies.attached.iter()).await?;
        for group in &user.groups {
            if let Some(of_group) = self.group_grants(group).await? {
                grants.says.extend(of_group.says);
            }
        }
        self.add_boundary(&mut grants, user.boundary.as_deref()).await?;
        Ok(Some(grants))
    }

    /// What speaks for a group's users.
    pub(crate) async fn group_grants(&self, name: &str) -> Result<Option<Grants>, AwsError> {
        let Some(facts) = self.directory.group(name).await? else { return Ok(None) };
        let group = &facts.group;
        let mut grants = Grants {
            arn: group.arn(&self.account),
            id: group.id.clone(),
            tags: Tags::new(),
            says: identity(&facts.inline),
        };
        self.add_attached(&mut grants, group.policies.attached.iter()).await?;
        Ok(Some(grants))
    }

    /// What speaks for a role's sessions: its policies and its boundary.
    pub(crate) async fn role_grants(&self, name: &str) -> Result<Option<Grants>, AwsError> {
        let Some(facts) = self.directory.role(name).await? else { return Ok(None) };
        let role = &facts.role;
        let mut grants = Grants {
            arn: role.arn(&self.account),
            id: role.id.clone(),
            tags: role.tags.clone(),
            says: identity(&facts.inline),
        };
        self.add_attached(&mut grants, role.policies.attached.iter()).await?;
        self.add_boundary(&mut grants, role.boundary.as_deref()).await?;
        Ok(Some(grants))
    }

    async fn add_attached(
        &self,
        grants: &mut Grants,
        arns: impl Iterator<Item = &String>,
    ) -> Result<(), AwsError> {
        for arn in arns {
            if let Some(source) = self.directory.managed(&self.account, arn).await? {
                grants.says.push((PolicyKind::Identity, source));
            }
        }
        Ok(())
    }

    /// A boundary that is gone would be no boundary; that it cannot go while it is one is an invariant of the records.
    async fn add_boundary(&self, grants: &mut Grants, arn: Option<&str>) -> Result<(), AwsError> {
        let Some(arn) = arn else { return Ok(()) };
        let source = self.directory.managed(&self.account, arn).await?;
        let source =
            source.ok_or_else(|| internal(format!("the permissions boundary {arn} is gone")))?;
        grants.says.push((PolicyKind::Boundary, source));
        Ok(())
    }

    /// The condition keys that follow from who asks and when, besides those given.
    pub(crate) fn context(
        &self,
        principal: &Principal,
        grants: &Grants,
        given: &[(String, Vec<String>)],
    ) -> Context {
        let mut context = Context::new();
        context.insert_time(self.clock.now_ms());
        // Clients of AWS always come by TLS; over refit's loopback the same policies must decide the same.
        context.insert("aws:SecureTransport", ["true"]);
        match &principal.kind {
            PrincipalKind::Role { session, .. } => {
                context.insert("aws:userid", [format!("{}:{session}", grants.id)]);
            }
            PrincipalKind::User(_) => context.insert("aws:userid", [grants.id.as_str()]),
            PrincipalKind::Root => context.insert("aws:userid", [self.account.as_str()]),
            PrincipalKind::Service(_) => {
                context.insert("aws:SourceAccount", [self.account.as_str()]);
            }
            _ => {}
        }
        for (key, value) in &grants.tags {
            context.insert(&format!("aws:PrincipalTag/{key}"), [value.as_str()]);
        }
        for (key, values) in given {
            context.insert(key, values.iter().map(String::as_str));
        }
        context
    }

    /// Whether a principal may do something, by its policies and those in `more` (of the resource, of the role that is
    /// to be assumed). `Err` holds AWS's sentence.
    pub(crate) async fn may(
        &self,
        who: &Principal,
        action: &str,
        resource: &str,
        given: &[(String, Vec<String>)],
        more: Vec<Say>,
    ) -> Result<Result<(), String>, AwsError> {
        let mut grants = self.grants(who).await?;
        grants.says.extend(more);
        let reads_context = grants.says.iter().any(|(_, source)| source.document.reads_context());
        let context =
            if reads_context { self.context(who, &grants, given) } else { Context::new() };
        let question = Question {
            principal: principal(who, &grants.arn),
            says: &grants.says,
            action,
            resource,
            account: &self.account,
            context: &context,
        };
        Ok(match question.decide().1 {
            None => Ok(()),
            Some(denial) => Err(denial),
        })
    }

    /// The policy of a resource, as a source.
    pub(crate) fn resource_say(&self, text: &str) -> Result<Say, AwsError> {
        let document = self.directory.text(text)?;
        let id = "resource policy".to_owned();
        Ok((PolicyKind::Resource, Source { id, origin: Origin::Resource, document }))
    }
}

/// A role's trust policy, as a source.
pub(crate) fn trust_say(trust: &Arc<policy::Document>) -> Say {
    let id = "trust policy".to_owned();
    let source = Source { id, origin: Origin::Resource, document: trust.clone() };
    (PolicyKind::Trust, source)
}

fn identity(inline: &[Source]) -> Vec<Say> {
    inline.iter().map(|source| (PolicyKind::Identity, source.clone())).collect()
}
