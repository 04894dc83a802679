//! Roles: state machines act as theirs.

use crate::error::Error;
use crate::records::Content;
use service::{Access, AwsError, Ctx, Kit, Principal};
use std::sync::Arc;

/// Step Functions' own service principal.
pub(crate) const PRINCIPAL: &str = "states.amazonaws.com";

/// What a role needs so that its machine can write logs.
// AWS: Step Functions: IAM policies for logging to CloudWatch Logs.
const LOGGING_ACTIONS: [&str; 5] = [
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
];

/// Refuses a role that is not there, does not trust Step Functions, or must not write the logs that are asked for.
pub(crate) async fn check(ctx: &Ctx, content: &Content, machine_arn: &str) -> Result<(), Error> {
    let role_arn = content.role_arn.as_str();
    let caller = ctx.kit.caller();
    match caller.assume_for(role_arn, PRINCIPAL, "CreateStateMachine", machine_arn).await {
        Ok(session) if content.logging.level != "OFF" => {
            may_log(ctx, &session).await?;
            destination_exists(ctx, session, content.logging.log_group().unwrap_or_default()).await
        }
        Ok(_) => Ok(()),
        Err(error) if error.status >= 500 => Err(Error::Other(error)),
        Err(error) => {
            tracing::info!(role_arn, %error, "a role was refused");
            Err(Error::RoleNotTrusting)
        }
    }
}

async fn may_log(ctx: &Ctx, session: &Principal) -> Result<(), Error> {
    for action in LOGGING_ACTIONS {
        let access = Access {
            principal: session,
            action,
            resource: "*",
            context: Vec::new(),
            resource_policy: None,
        };
        if let Err(error) = ctx.kit.authoriser().authorise(&access).await {
            tracing::info!(%error, "a role must not write logs");
            return Err(Error::RoleNotLogging);
        }
    }
    Ok(())
}

/// Refuses a log group that is not there.
// AWS: recorded from CreateStateMachine.
async fn destination_exists(ctx: &Ctx, session: Principal, name: &str) -> Result<(), Error> {
    if ctx.kit.service("logs").is_none() {
        return Ok(());
    }
    let input = serde_json::json!({"logGroupNamePrefix": name, "limit": 50});
    let answer = ctx.call_as(session, "logs", "DescribeLogGroups", input, None).await?;
    let groups = answer["logGroups"].as_array().map_or(&[][..], Vec::as_slice);
    // Groups come in the order of their names, so one whose name is the prefix comes first.
    if groups.iter().any(|group| group["logGroupName"] == name) {
        return Ok(());
    }
    let message = "Log Destination not found.".to_owned();
    Err(Error::InvalidLoggingConfiguration(message))
}

/// The session of a role for an execution; its name is the execution's as far as session names allow.
pub(crate) async fn assume(
    kit: &Arc<Kit>,
    role_arn: &str,
    execution_name: &str,
    machine_arn: &str,
) -> Result<Principal, AwsError> {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(*c);
    let mut session: String = execution_name.chars().filter(allowed).take(64).collect();
    if session.len() < 2 {
        session.push_str("states");
    }
    kit.caller().assume_for(role_arn, PRINCIPAL, &session, machine_arn).await
}
