//! `AssumeRole`: temporary credentials of a role that trusts the caller.

use crate::Sts;
use crate::decide::trust_say;
use crate::error::Error;
use crate::records::Entity;
use crate::views::Credentials;
use crate::{document, managed};
use serde_json::{Value, json};
use service::{Ctx, Principal, PrincipalKind, Reply};

/// Most characters of a session policy.
// AWS: AssumeRole, Policy.
const SESSION_POLICY_CHARACTERS: usize = 2048;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    role_arn: String,
    role_session_name: String,
    policy_arns: Option<Vec<PolicyArn>>,
    policy: Option<String>,
    duration_seconds: Option<i64>,
    tags: Option<Value>,
    transitive_tag_keys: Option<Value>,
    external_id: Option<String>,
    serial_number: Option<String>,
    token_code: Option<String>,
    source_identity: Option<String>,
    provided_contexts: Option<Value>,
}

#[derive(serde::Deserialize)]
struct PolicyArn {
    arn: Option<String>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    credentials: Credentials,
    assumed_role_user: AssumedRoleUser,
    packed_policy_size: Option<usize>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct AssumedRoleUser {
    assumed_role_id: String,
    arn: String,
}

pub(crate) async fn run(sts: &Sts, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    refuse_what_is_missing(&input)?;
    if service::Arn::parse(&input.role_arn).is_err() {
        return Err(Error::Validation(format!("{} is invalid", input.role_arn)));
    }
    let denied = || {
        Error::AccessDenied(format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
            ctx.principal.arn, input.role_arn
        ))
    };
    if ctx.principal.kind == PrincipalKind::Anonymous {
        return Err(denied());
    }
    let Some(facts) = sts.0.role_of(&input.role_arn).await? else { return Err(denied()) };
    let context: Vec<(String, Vec<String>)> = [
        ("sts:ExternalId", &input.external_id),
        ("sts:RoleSessionName", &Some(input.role_session_name.clone())),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key.to_owned(), vec![value.clone()?])))
    .collect();
    let trust = vec![trust_say(&facts.trust)];
    let action = "sts:AssumeRole";
    let verdict = sts.0.may(&ctx.principal, action, &input.role_arn, &context, trust).await?;
    verdict.map_err(|_| denied())?;
    let duration_seconds = duration(ctx, facts.role.max_session_seconds, input.duration_seconds)?;
    let (session_policy, packed_policy_size) = session_policy(ctx, &input).await?;
    let role = Principal::role(ctx.account(), facts.role.name(), &input.role_session_name);
    let principal = Principal { session_policy, ..role };
    let assumed_role_user = AssumedRoleUser {
        assumed_role_id: format!("{}:{}", facts.role.id, input.role_session_name),
        arn: principal.arn.clone(),
    };
    let credentials = Credentials::new(sts.0.issue(principal, duration_seconds).await?);
    Ok(Reply::new(Output { credentials, assumed_role_user, packed_policy_size }))
}

/// Says no to what would otherwise be left out silently.
fn refuse_what_is_missing(input: &Input) -> Result<(), Error> {
    if input.serial_number.is_some() || input.token_code.is_some() {
        return Err(Error::AccessDenied(
            "MultiFactorAuthentication failed with invalid MFA one time pass code.".to_owned(),
        ));
    }
    let given = [
        ("Tags", input.tags.is_some()),
        ("TransitiveTagKeys", input.transitive_tag_keys.is_some()),
        ("SourceIdentity", input.source_identity.is_some()),
        ("ProvidedContexts", input.provided_contexts.is_some()),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((member, _)) => Err(Error::NotImplemented(format!(
            "refit's AssumeRole does not know {member}; docs/reference/services.md lists what it does"
        ))),
        None => Ok(()),
    }
}

/// How long the session lasts.
// AWS: AssumeRole, DurationSeconds; one hour at most for a role that assumes another.
fn duration(ctx: &Ctx, most: i64, asked: Option<i64>) -> Result<i64, Error> {
    let seconds = asked.unwrap_or(3600);
    if seconds > most {
        return Err(Error::Validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
                .to_owned(),
        ));
    }
    if seconds > 3600 && matches!(ctx.principal.kind, PrincipalKind::Role { .. }) {
        return Err(Error::Validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
                .to_owned(),
        ));
    }
    Ok(seconds)
}

/// The session policy: all statements of the given policies in one document, which allows what one of them allows and
/// denies what one of them denies; and how much of AWS's room it takes, in per cent.
async fn session_policy(
    ctx: &Ctx,
    input: &Input,
) -> Result<(Option<String>, Option<usize>), Error> {
    let mut documents = Vec::new();
    if let Some(text) = &input.policy {
        document::check_identity(text)?;
        documents.push(text.clone());
    }
    for arn in input.policy_arns.iter().flatten().filter_map(|policy| policy.arn.as_deref()) {
        documents.push(match managed::find_attachable(ctx, arn).await? {
            managed::Managed::Aws(policy) => policy.document.clone(),
            managed::Managed::Customer(found) => {
                let version = found.value.versions.get(&found.value.default_version);
                version.map(|version| version.document.clone()).unwrap_or_default()
            }
        });
    }
    if documents.is_empty() {
        return Ok((None, None));
    }
    // UNVERIFIED: how AWS packs policies; the share of the longest plain text stands in for it.
    let size = input.policy.as_deref().map(document::size).unwrap_or_default();
    let percent = size * 100 / SESSION_POLICY_CHARACTERS;
    if percent > 100 {
        return Err(Error::PackedPolicyTooLarge(format!(
            "Packed policy consumes {percent}% of allotted space, please use smaller policy."
        )));
    }
    if let [one] = documents.as_slice() {
        return Ok((Some(one.clone()), Some(percent)));
    }
    let statements: Vec<Value> = documents.iter().flat_map(|text| statements(text)).collect();
    let merged = json!({"Version": "2012-10-17", "Statement": statements});
    Ok((Some(merged.to_string()), Some(percent)))
}

fn statements(document: &str) -> Vec<Value> {
    let mut value: Value = serde_json::from_str(document).unwrap_or_default();
    match value.get_mut("Statement").map(Value::take) {
        Some(Value::Array(list)) => list,
        Some(one) => vec![one],
        None => Vec::new(),
    }
}
