//! IAM as the rest of the server sees it: may this principal do this, and who is it after assuming that role.

use crate::Iam;
use crate::decide::trust_say;
use crate::directory::RoleFacts;
use crate::records::{Entity, name_in};
use service::{Access, Authoriser, AwsError, Principal, PrincipalKind};
use std::sync::Arc;

/// Actions that IAM is not asked about: the first two need no permission on AWS, and `AssumeRole` itself asks with all
/// that its request says.
const NOT_ASKED: [&str; 3] = ["sts:GetCallerIdentity", "sts:GetSessionToken", "sts:AssumeRole"];

#[async_trait::async_trait]
impl Authoriser for Iam {
    async fn authorise(&self, access: &Access<'_>) -> Result<(), AwsError> {
        if access.principal.is_unlimited() || NOT_ASKED.contains(&access.action) {
            return Ok(());
        }
        let resource = self.whole_arn(access).await?;
        let more = match &access.resource_policy {
            Some(text) => vec![self.resource_say(text)?],
            None => Vec::new(),
        };
        let verdict =
            self.may(access.principal, access.action, &resource, &access.context, more).await?;
        verdict.map_err(|denial| denied(access, denial))
    }

    async fn assume(
        &self,
        role_arn: &str,
        service: &str,
        session: &str,
        source_arn: Option<&str>,
    ) -> Result<Principal, AwsError> {
        let refused = |more: &str| {
            // AWS: recorded answer of states:CreateStateMachine; services with other words have their own.
            let message = format!(
                "Neither the global service principal {service}, nor the regional one is authorized to assume the provided role.{more}"
            );
            AwsError::new("AccessDeniedException", message)
        };
        let Some(facts) = self.role_of(role_arn).await? else { return Err(refused("")) };
        let mut context = vec![("aws:SourceAccount".to_owned(), vec![self.account.clone()])];
        context.extend(source_arn.map(|arn| ("aws:SourceArn".to_owned(), vec![arn.to_owned()])));
        let regional = facts.services.iter().filter(|name| is_regional(name, service));
        for name in std::iter::once(service).chain(regional.map(String::as_str)) {
            let principal = Principal::service(&self.account, name);
            let trust = vec![trust_say(&facts.trust)];
            let verdict = self.may(&principal, "sts:AssumeRole", role_arn, &context, trust).await?;
            if verdict.is_ok() {
                return Ok(Principal::role(&self.account, &facts.role.name, session));
            }
        }
        // Silence here would leave the user searching a policy that looks right.
        let asks_for_source = facts.role.trust.to_lowercase().contains("aws:sourcearn");
        Err(refused(&match source_arn {
            _ if !asks_for_source => String::new(),
            Some(arn) => format!(" (The trust policy has a condition on aws:SourceArn, which is {arn} here.)"),
            None => " (The trust policy has a condition on aws:SourceArn, which this call does not set.)".to_owned(),
        }))
    }

    async fn credentials(
        &self,
        session: &Principal,
        duration_seconds: i64,
    ) -> Result<Vec<(String, String)>, AwsError> {
        let issued = self.issue(session.clone(), duration_seconds).await?;
        Ok(vec![
            ("AWS_ACCESS_KEY_ID".to_owned(), issued.access_key_id),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), issued.secret_access_key),
            ("AWS_SESSION_TOKEN".to_owned(), issued.session_token),
        ])
    }
}

impl Iam {
    /// The role of that ARN, whose path must be the role's.
    pub(crate) async fn role_of(&self, role_arn: &str) -> Result<Option<Arc<RoleFacts>>, AwsError> {
        let facts = self.directory.role(name_in(role_arn)).await?;
        Ok(facts.filter(|facts| facts.role.arn(&self.account) == role_arn))
    }

    /// The resource with what a request to IAM does not say of it: the path of the role, user or group that it names,
    /// and the calling user where it names none.
    async fn whole_arn(&self, access: &Access<'_>) -> Result<String, AwsError> {
        let as_asked = access.resource.to_owned();
        if !access.action.starts_with("iam:") || access.action == "iam:PassRole" {
            return Ok(as_asked);
        }
        let Some((_, resource)) = access.resource.rsplit_once(':') else { return Ok(as_asked) };
        let Some((kind, name)) = resource.split_once('/') else { return Ok(as_asked) };
        let account = &self.account;
        let whole = match (kind, &access.principal.kind) {
            ("user", PrincipalKind::User(own))
                if name == "*" && access.action != "iam:ListUsers" =>
            {
                self.directory.user(own).await?.map(|facts| facts.user.arn(account))
            }
            ("user", _) => self.directory.user(name).await?.map(|facts| facts.user.arn(account)),
            ("role", _) => self.directory.role(name).await?.map(|facts| facts.role.arn(account)),
            ("group", _) => self.directory.group(name).await?.map(|facts| facts.group.arn(account)),
            _ => None,
        };
        Ok(whole.unwrap_or(as_asked))
    }
}

/// Whether `name` is a regional form of the service principal `service`: `states.eu-west-1.amazonaws.com`.
fn is_regional(name: &str, service: &str) -> bool {
    let Some(short) = service.strip_suffix(".amazonaws.com") else { return false };
    let region = name.strip_prefix(short).and_then(|rest| rest.strip_suffix(".amazonaws.com"));
    region.is_some_and(|region| region.starts_with('.') && region.matches('-').count() >= 2)
}

/// The refusal under the code of the service that is called.
fn denied(access: &Access<'_>, message: String) -> AwsError {
    let prefix = access.action.split(':').next().unwrap_or_default();
    // Passing a role is refused by the service that would get it.
    let passed_to = access.context.iter().find(|(key, _)| key == "iam:PassedToService");
    let service = match passed_to.and_then(|(_, values)| values.first()) {
        Some(name) => name.split('.').next().unwrap_or(prefix),
        None => prefix,
    };
    match service {
        "iam" | "sts" | "s3" | "sqs" | "cloudwatch" => {
            AwsError::fault("AccessDenied", message, 403)
        }
        "sns" => AwsError::fault("AuthorizationError", message, 403),
        "lambda" | "scheduler" => AwsError::fault("AccessDeniedException", message, 403),
        _ => AwsError::new("AccessDeniedException", message),
    }
}
