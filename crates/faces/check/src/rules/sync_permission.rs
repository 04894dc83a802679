//! `sync-permission`: `.sync` without the permission to watch the job.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::model::{ACCOUNT, REGION};
use crate::needs::managed_rule;
use std::collections::HashSet;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "sync-permission",
    severity: Severity::Error,
    summary: "a .sync task whose role may not make the rule that tells of the job's end",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    let mut told = HashSet::new();
    for (machine, state, task) in context.tasks() {
        let (Some(role), Some(rule)) = (context.machine_role(machine), managed_rule(task)) else {
            continue;
        };
        let arn = format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule}");
        let missing: Vec<&str> = ["events:PutTargets", "events:PutRule", "events:DescribeRule"]
            .into_iter()
            .filter(|action| !role.may(action, Some(&arn), None))
            .collect();
        if missing.is_empty() || !told.insert((machine.key.clone(), rule)) {
            continue;
        }
        let message = format!(
            "`{}` waits for the job (.sync), and the role `{}` does not allow {} on the rule {rule}, with which Step Functions hears of the end",
            state.name,
            role.key,
            missing.join(", ")
        );
        let statement = format!(
            "{{\"Effect\": \"Allow\", \"Action\": [\"events:PutTargets\", \"events:PutRule\", \"events:DescribeRule\"],\n \"Resource\": \"arn:aws:events:*:*:rule/{rule}\"}}"
        );
        found.push(
            Finding::new(&RULE, task.span, message)
                .when(When::Deploy)
                .says(format!(
                    "AccessDeniedException: '{}' is not authorized to create managed-rule.",
                    role.arn
                ))
                .correction(statement),
        );
    }
}
