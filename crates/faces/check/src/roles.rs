//! Roles of a program: who may assume them, and what they may do.

use crate::model::{ACCOUNT, Program, Resource};
use crate::node::{Hole, Kind, Node};
use crate::source::Span;
use policy::{Context, Document, PolicyKind, PolicySource, Principal, Request};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A policy in a program.
#[derive(Debug)]
pub(crate) struct Policy {
    /// What to call it.
    pub name: String,
    /// Its document as a value with places.
    pub tree: Node,
    /// The same, read; none when it is no policy.
    document: Option<Document>,
}

/// A role.
#[derive(Debug)]
pub(crate) struct Role {
    /// What the program calls it.
    pub key: String,
    /// Its ARN, as far as that can be known.
    pub arn: String,
    /// Who may assume it.
    pub trust: Option<Node>,
    /// Policies that stand in the program.
    pub policies: Vec<Policy>,
    /// AWS's policies.
    managed: Vec<(String, Document)>,
    /// It has other policies, which are not known here.
    pub has_unknown: bool,
}

static MANAGED: LazyLock<HashMap<String, Value>> = LazyLock::new(|| {
    let rows: Vec<Value> =
        serde_json::from_str(include_str!("../../../services/iam/managed_policies.json"))
            .expect("the policies in the repository can be read");
    let arn = |row: &Value| {
        let part = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        format!("arn:aws:iam::aws:policy{}{}", part("path"), part("name"))
    };
    rows.into_iter()
        .map(|row| (arn(&row), json!({"Version": "2012-10-17", "Statement": row["statements"]})))
        .collect()
});

/// A JSON document that is text, or a value.
pub(crate) fn document(node: &Node) -> Option<Node> {
    match &node.kind {
        Kind::Text(text) => {
            let (tree, _) = asl::json::parse(&text.text);
            Some(Node::from_json(&tree?, node.span.file, &text.map, &text.holes))
        }
        Kind::Map(_) => Some(node.clone()),
        _ => None,
    }
}

impl Role {
    /// The roles of a program.
    pub(crate) fn all(program: &Program) -> Vec<Self> {
        program.of("aws:iam:Role").map(|resource| Self::read(program, resource)).collect()
    }

    fn read(program: &Program, resource: &Resource) -> Self {
        let mut role = Self {
            key: resource.key.clone(),
            arn: resource.predict("arn"),
            trust: resource.get("assumeRolePolicy").and_then(document),
            policies: Vec::new(),
            managed: Vec::new(),
            has_unknown: false,
        };
        for inline in resource.get("inlinePolicies").map(Node::items).unwrap_or_default() {
            match inline.get("policy") {
                Some(given) => {
                    role.add(program, format!("inline policy of `{}`", resource.key), given);
                }
                None => role.has_unknown = true,
            }
        }
        for arn in resource.get("managedPolicyArns").map(Node::items).unwrap_or_default() {
            role.attach(program, arn);
        }
        for policy in program.of("aws:iam:RolePolicy") {
            if names(program, policy.get("role"), resource)
                && let Some(given) = policy.get("policy")
            {
                role.add(program, format!("`{}`", policy.key), given);
            }
        }
        for attachment in program.of("aws:iam:RolePolicyAttachment") {
            if names(program, attachment.get("role"), resource)
                && let Some(arn) = attachment.get("policyArn")
            {
                role.attach(program, arn);
            }
        }
        for attachment in program.of("aws:iam:PolicyAttachment") {
            let roles = attachment.get("roles").map(Node::items).unwrap_or_default();
            if roles.iter().any(|role| names(program, Some(role), resource))
                && let Some(arn) = attachment.get("policyArn")
            {
                role.attach(program, arn);
            }
        }
        role
    }

    fn add(&mut self, program: &Program, name: String, given: &Node) {
        let Some(tree) = document(given) else {
            self.has_unknown = true;
            return;
        };
        // What is not known is taken as allowing everything: no finding without a reason.
        let fill = |hole: &Hole| match hole {
            Hole::Attribute { resource, .. } if program.find(resource).is_some() => {
                program.predict(hole)
            }
            Hole::Unknown | Hole::Attribute { .. } => "*".to_owned(),
        };
        let document = Document::from_value(&tree.to_json(&fill)).ok();
        self.has_unknown |= document.is_none();
        self.policies.push(Policy { name, tree, document });
    }

    fn attach(&mut self, program: &Program, arn: &Node) {
        if let Some(policy) = program.referred(arn).filter(|resource| resource.is("aws:iam:Policy"))
        {
            match policy.get("policy") {
                Some(given) => self.add(program, format!("`{}`", policy.key), given),
                None => self.has_unknown = true,
            }
            return;
        }
        let known = arn.as_str().and_then(|arn| Some((arn, MANAGED.get(arn)?)));
        match known.and_then(|(arn, value)| Some((arn, Document::from_value(value).ok()?))) {
            Some((arn, document)) => self.managed.push((arn.to_owned(), document)),
            None => self.has_unknown = true,
        }
    }

    /// Whether it may do something. Without a resource: with any at all. What it has and is not known counts as yes.
    pub(crate) fn may(
        &self,
        action: &str,
        resource: Option<&str>,
        passed_to: Option<&str>,
    ) -> bool {
        if self.has_unknown {
            return true;
        }
        let own = self
            .policies
            .iter()
            .filter_map(|policy| Some((policy.name.as_str(), policy.document.as_ref()?)));
        let all: Vec<(&str, &Document)> = own
            .chain(self.managed.iter().map(|(arn, document)| (arn.as_str(), document)))
            .collect();
        let Some(resource) = resource else {
            return all.iter().flat_map(|(_, document)| document.statements()).any(|statement| {
                statement.effect() == policy::Effect::Allow && statement.is_about_action(action)
            });
        };
        let sources: Vec<PolicySource<'_>> = all
            .iter()
            .map(|(name, document)| PolicySource::new(PolicyKind::Identity, name, document))
            .collect();
        let mut context = Context::new();
        if let Some(service) = passed_to {
            context.insert("iam:PassedToService", [service]);
        }
        let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/role/session");
        let principal = Principal::Role { session_arn: &session, role_arn: &self.arn };
        let request = Request {
            principal,
            action,
            resource,
            resource_account: Some(account_of(&self.arn)),
            context: &context,
        };
        policy::evaluate(&sources, &request).is_allowed()
    }

    /// Whether a service may assume it; yes where that is not known. The place of the principals, too.
    pub(crate) fn trusts(&self, service: &str) -> (bool, Option<Span>) {
        let Some(trust) = &self.trust else { return (true, None) };
        // A document without statements is no trust policy at all: `policy-document` tells of it.
        if trust.get("Statement").is_none_or(|statements| statements.items().is_empty()) {
            return (true, None);
        }
        let mut place = None;
        for statement in trust.get("Statement").map(Node::items).unwrap_or_default() {
            let is_allow = statement.get("Effect").and_then(Node::as_str) == Some("Allow");
            let Some(principal) = statement.get("Principal") else { continue };
            if !is_allow {
                continue;
            }
            let services = principal.get("Service").map(Node::items).unwrap_or_default();
            let is_anyone = principal.as_str() == Some("*");
            if is_anyone
                || services.iter().any(|node| node.as_str().is_none_or(|name| name == service))
            {
                return (true, None);
            }
            if !matches!(principal.kind, Kind::Map(_)) {
                return (true, None);
            }
            place = place.or_else(|| Some(principal.get("Service").unwrap_or(principal).span));
        }
        (false, place.or(Some(trust.span)))
    }
}

fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or(ACCOUNT)
}

/// Whether a property names a role.
fn names(program: &Program, given: Option<&Node>, role: &Resource) -> bool {
    let Some(given) = given else { return false };
    match program.referred(given) {
        Some(found) => found.key == role.key,
        None => given
            .as_str()
            .is_some_and(|text| text == role.physical_name() || text == role.predict("arn")),
    }
}
