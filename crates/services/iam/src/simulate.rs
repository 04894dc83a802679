//! What the policy simulator answers: every action on every resource, decided by the policies of an identity or by
//! given ones. Nothing is done.

use crate::Iam;
use crate::decide::{Question, Say};
use crate::directory::{Origin, Source};
use crate::document;
use crate::error::Error;
use crate::page::{Paging, Truncation};
use policy::{Context, Decision, PolicyKind};
use serde::{Deserialize, Serialize};

/// Input members that both simulations have.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Simulation {
    policy_input_list: Option<Vec<String>>,
    permissions_boundary_policy_input_list: Option<Vec<String>>,
    action_names: Vec<String>,
    resource_arns: Option<Vec<String>>,
    resource_policy: Option<String>,
    resource_owner: Option<String>,
    caller_arn: Option<String>,
    context_entries: Option<Vec<ContextEntry>>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContextEntry {
    context_key_name: Option<String>,
    context_key_values: Option<Vec<String>>,
}

/// Output of both simulations.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Results {
    evaluation_results: Vec<EvaluationResult>,
    #[serde(flatten)]
    truncation: Truncation,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EvaluationResult {
    eval_action_name: String,
    eval_resource_name: String,
    eval_decision: &'static str,
    matched_statements: Vec<MatchedStatement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions_boundary_decision_detail: Option<BoundaryDetail>,
}

/// The deciding statement's policy. AWS names all statements that match, with their place in the text.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MatchedStatement {
    source_policy_id: String,
    source_policy_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BoundaryDetail {
    allowed_by_permissions_boundary: bool,
}

/// Whose rights are simulated.
pub(crate) struct Subject {
    /// The user, role or group; without one, given policies only.
    pub(crate) arn: Option<String>,
    /// What speaks for it.
    pub(crate) says: Vec<Say>,
}

impl Simulation {
    /// Decides on the page of questions that is asked for.
    ///
    /// # Errors
    /// `InvalidInput` for policies that are none and for a resource policy without a caller.
    pub(crate) fn run(self, iam: &Iam, subject: Subject) -> Result<Results, Error> {
        let says = self.says(iam, subject.says)?;
        let context = self.context(iam);
        let account = &iam.account;
        let caller = match (&self.caller_arn, &subject.arn) {
            (Some(arn), _) | (None, Some(arn)) => arn.clone(),
            (None, None) if self.resource_policy.is_some() => {
                return Err(Error::InvalidInput(
                    "CallerArn is required when a ResourcePolicy is given.".to_owned(),
                ));
            }
            (None, None) => format!("arn:aws:iam::{account}:user/simulated"),
        };
        let everything = vec!["*".to_owned()];
        let resources = self.resource_arns.as_ref().filter(|arns| !arns.is_empty());
        let resources = resources.unwrap_or(&everything);
        let pairs = self.action_names.len().saturating_mul(resources.len());
        let numbers: Vec<usize> = (0..pairs).collect();
        let question = format!("simulation for {caller}");
        let (page, truncation) =
            self.paging.page(&question, numbers, |number| format!("{number:020}"))?;
        let owner = self.resource_owner.as_deref().and_then(|arn| arn.split(':').nth(4));
        let mut evaluation_results = Vec::with_capacity(page.len());
        for number in page {
            let asked = Question {
                principal: principal(&caller),
                says: &says,
                action: &self.action_names[number / resources.len()],
                resource: &resources[number % resources.len()],
                account: owner.unwrap_or(account),
                context: &context,
            };
            evaluation_results.push(result(&asked));
        }
        Ok(Results { evaluation_results, truncation })
    }

    /// The subject's policies together with those of the request. A given boundary stands in for the subject's.
    fn says(&self, iam: &Iam, mut says: Vec<Say>) -> Result<Vec<Say>, Error> {
        for (number, text) in self.policy_input_list.iter().flatten().enumerate() {
            let id = format!("PolicyInputList.{}", number + 1);
            says.push((PolicyKind::Identity, given(iam, id, text, true)?));
        }
        if let Some(boundaries) = &self.permissions_boundary_policy_input_list {
            says.retain(|(kind, _)| *kind != PolicyKind::Boundary);
            for (number, text) in boundaries.iter().enumerate() {
                let id = format!("PermissionsBoundaryPolicyInputList.{}", number + 1);
                says.push((PolicyKind::Boundary, given(iam, id, text, true)?));
            }
        }
        if let Some(text) = &self.resource_policy {
            let mut source = given(iam, "ResourcePolicy".to_owned(), text, false)?;
            source.origin = Origin::Resource;
            says.push((PolicyKind::Resource, source));
        }
        Ok(says)
    }

    fn context(&self, iam: &Iam) -> Context {
        let mut context = Context::new();
        context.insert_time(iam.clock.now_ms());
        for entry in self.context_entries.iter().flatten() {
            if let Some(name) = &entry.context_key_name {
                let values = entry.context_key_values.iter().flatten();
                context.insert(name, values.map(String::as_str));
            }
        }
        context
    }
}

/// A policy that comes with the request.
fn given(iam: &Iam, id: String, text: &str, is_identity: bool) -> Result<Source, Error> {
    if is_identity {
        document::check_identity(text).map_err(|error| Error::InvalidInput(error.to_string()))?;
    }
    let document = iam.directory.text(text);
    let document = document.map_err(|error| Error::InvalidInput(error.message))?;
    Ok(Source { id, origin: Origin::Given, document })
}

/// The caller of an ARN as the policy language knows it.
fn principal(arn: &str) -> policy::Principal<'_> {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    if resource == "root" {
        policy::Principal::Account(arn.split(':').nth(4).unwrap_or_default())
    } else if resource.starts_with("role/") {
        policy::Principal::Role { session_arn: arn, role_arn: arn }
    } else {
        policy::Principal::User { arn }
    }
}

fn result(asked: &Question<'_>) -> EvaluationResult {
    let (decision, _) = asked.decide();
    let (word, deciding) = match decision {
        Decision::Allow(statement) => ("allowed", statement),
        Decision::ExplicitDeny(statement) => ("explicitDeny", Some(statement)),
        Decision::ImplicitDeny(_) => ("implicitDeny", None),
    };
    let matched = deciding.and_then(|statement| {
        let (_, source) = asked
            .says
            .iter()
            .find(|(kind, source)| *kind == statement.kind && source.id == statement.policy)?;
        Some(MatchedStatement {
            source_policy_id: source.id.rsplit('/').next().unwrap_or_default().to_owned(),
            source_policy_type: type_of(source.origin),
        })
    });
    EvaluationResult {
        eval_action_name: asked.action.to_owned(),
        eval_resource_name: asked.resource.to_owned(),
        eval_decision: word,
        matched_statements: matched.into_iter().collect(),
        permissions_boundary_decision_detail: boundary_detail(asked),
    }
}

/// What the boundary by itself would say, when there is one.
fn boundary_detail(asked: &Question<'_>) -> Option<BoundaryDetail> {
    let is_boundary = |say: &&Say| say.0 == PolicyKind::Boundary;
    let alone: Vec<Say> = asked
        .says
        .iter()
        .filter(is_boundary)
        .map(|(_, source)| (PolicyKind::Identity, source.clone()))
        .collect();
    if alone.is_empty() {
        return None;
    }
    let (decision, _) = Question { says: &alone, ..*asked }.decide();
    Some(BoundaryDetail { allowed_by_permissions_boundary: decision.is_allowed() })
}

// AWS: IAM API reference, Statement, SourcePolicyType.
fn type_of(origin: Origin) -> &'static str {
    match origin {
        Origin::Role => "role",
        Origin::User => "user",
        Origin::Group => "group",
        Origin::AwsManaged => "aws-managed",
        Origin::CustomerManaged => "user-managed",
        Origin::Resource => "resource",
        Origin::Given => "none",
    }
}
