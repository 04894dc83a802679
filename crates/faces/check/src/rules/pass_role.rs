//! `pass-role`: a role handed to a job without the permission to.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::machine::Task;
use crate::node::Node;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "pass-role",
    severity: Severity::Error,
    summary: "a job's role that the state machine may not pass (iam:PassRole)",
    check,
};

/// The role that a task hands on.
pub(super) fn passed(task: &Task) -> Option<&Node> {
    if task.service != "sagemaker" {
        return None;
    }
    ["RoleArn", "ExecutionRoleArn"]
        .iter()
        .find_map(|name| task.member(name))
        .filter(|member| !member.is_dynamic)
        .map(|member| member.value)
}

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for (machine, state, task) in context.tasks() {
        let (Some(role), Some(given)) = (context.machine_role(machine), passed(task)) else {
            continue;
        };
        if !context.program.is_known(given) {
            continue;
        }
        let Some(arn) = context.program.predicted(given) else { continue };
        if role.may("iam:PassRole", Some(&arn), Some("sagemaker.amazonaws.com")) {
            continue;
        }
        let message = format!(
            "`{}` hands a role to SageMaker, and `{}` does not allow iam:PassRole on it",
            state.name, role.key
        );
        let resource = context
            .program
            .referred(given)
            .map_or_else(|| format!("\"{arn}\""), |own| context.value(&own.key, "arn"));
        let statement = format!(
            "{{\"Effect\": \"Allow\", \"Action\": \"iam:PassRole\", \"Resource\": {resource},\n \"Condition\": {{\"StringEquals\": {{\"iam:PassedToService\": \"sagemaker.amazonaws.com\"}}}}}}"
        );
        found.push(
            Finding::new(&RULE, given.span, message)
                .when(When::FirstRun)
                .says(format!("AccessDeniedException: … is not authorized to perform: iam:PassRole on resource: {arn}"))
                .correction(statement),
        );
    }
}
