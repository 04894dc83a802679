//! `task-permission`: a task that its role may not do.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::needs::needs;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "task-permission",
    severity: Severity::Error,
    summary: "a task whose call the state machine's role does not allow",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for (machine, state, task) in context.tasks() {
        let Some(role) = context.machine_role(machine) else { continue };
        let missing: Vec<_> = needs(context, task)
            .into_iter()
            .filter(|need| !role.may(&need.action, need.resource.as_deref(), None))
            .collect();
        let Some(first) = missing.first() else { continue };
        let actions: Vec<&str> = missing.iter().map(|need| need.action.as_str()).collect();
        let resource = first.resource.clone().unwrap_or_else(|| "*".to_owned());
        let message = format!(
            "the role `{}` of `{}` does not allow {}",
            role.key,
            state.name,
            actions.join(", ")
        );
        let says = format!(
            "AccessDeniedException: User: {}/… is not authorized to perform: {} on resource: {resource} because no identity-based policy allows the {} action",
            role.arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/"),
            first.action,
            first.action
        );
        let quoted: Vec<String> = actions.iter().map(|action| format!("\"{action}\"")).collect();
        let statement = format!(
            "{{\"Effect\": \"Allow\", \"Action\": [{}], \"Resource\": \"{resource}\"}}",
            quoted.join(", ")
        );
        found.push(
            Finding::new(&RULE, task.span, message)
                .when(When::FirstRun)
                .says(says)
                .correction(statement),
        );
    }
}
