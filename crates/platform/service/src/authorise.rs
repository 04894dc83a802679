//! The port to IAM: may this principal do this, and who is it after assuming that role.

use crate::{AwsError, Principal};

/// One question to IAM.
#[derive(Debug, Clone)]
pub struct Access<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// The IAM action, for instance `states:StartExecution`.
    pub action: &'a str,
    /// The resource's ARN, or `*`.
    pub resource: &'a str,
    /// Condition keys with their values, for instance `iam:PassedToService`.
    pub context: Vec<(String, Vec<String>)>,
    /// The policy attached to the resource itself, as JSON text.
    pub resource_policy: Option<String>,
}

/// Decides on access. Implemented by the `iam` service; [`OpenDoor`] admits everybody (tests of other services).
#[async_trait::async_trait]
pub trait Authoriser: Send + Sync + 'static {
    /// # Errors
    /// `AccessDenied…` in AWS's words, naming who, what and why.
    async fn authorise(&self, access: &Access<'_>) -> Result<(), AwsError>;

    /// The session that `service` (for instance `states.amazonaws.com`) gets when it assumes `role_arn`: the role must
    /// exist and its trust policy must admit the service. `source_arn` is the resource it acts for (a rule, a function),
    /// which trust policies may ask about as `aws:SourceArn`.
    ///
    /// # Errors
    /// `AccessDenied` when the role is not there or does not trust the service.
    async fn assume(
        &self,
        role_arn: &str,
        service: &str,
        session: &str,
        source_arn: Option<&str>,
    ) -> Result<Principal, AwsError>;

    /// Temporary credentials of a role session, for code that runs in a job or function, as environment variables
    /// (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`).
    async fn credentials(
        &self,
        session: &Principal,
        duration_seconds: i64,
    ) -> Result<Vec<(String, String)>, AwsError>;
}

/// Admits everybody to everything; for tests of other services.
#[derive(Debug, Clone, Copy)]
pub struct OpenDoor;

#[async_trait::async_trait]
impl Authoriser for OpenDoor {
    async fn authorise(&self, _access: &Access<'_>) -> Result<(), AwsError> {
        Ok(())
    }

    async fn assume(
        &self,
        role_arn: &str,
        _service: &str,
        session: &str,
        _source_arn: Option<&str>,
    ) -> Result<Principal, AwsError> {
        let name = role_arn.rsplit('/').next().unwrap_or(role_arn);
        let account = role_arn.split(':').nth(4).unwrap_or_default();
        Ok(Principal::role(account, name, session))
    }

    async fn credentials(
        &self,
        _session: &Principal,
        _duration_seconds: i64,
    ) -> Result<Vec<(String, String)>, AwsError> {
        Ok(Vec::new())
    }
}
