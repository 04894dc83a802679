//! Roles: state machines act as theirs.

use crate::error::Error;
use service::{AwsError, Ctx, Kit, Principal};
use std::sync::Arc;

/// Step Functions' own service principal.
pub(crate) const PRINCIPAL: &str = "states.amazonaws.com";

/// Refuses a role that is not there or does not trust Step Functions.
pub(crate) async fn require_trust(ctx: &Ctx, role_arn: &str) -> Result<(), Error> {
    match ctx.kit.caller().assume(role_arn, PRINCIPAL, "CreateStateMachine").await {
        Ok(_) => Ok(()),
        Err(error) if error.status >= 500 => Err(Error::Other(error)),
        Err(error) => {
            tracing::info!(role_arn, %error, "a role was refused");
            Err(Error::RoleNotTrusting)
        }
    }
}

/// The session of a role for an execution; its name is the execution's as far as session names allow.
pub(crate) async fn assume(
    kit: &Arc<Kit>,
    role_arn: &str,
    execution_name: &str,
) -> Result<Principal, AwsError> {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(*c);
    let mut session: String = execution_name.chars().filter(allowed).take(64).collect();
    if session.len() < 2 {
        session.push_str("states");
    }
    kit.caller().assume(role_arn, PRINCIPAL, &session).await
}
