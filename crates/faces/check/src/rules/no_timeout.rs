//! `no-timeout`: a task that may wait for ever.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "no-timeout",
    severity: Severity::Warning,
    summary: "a job or callback task without a time limit",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for (machine, state, task) in context.tasks() {
        let waits = task.waits_for_token || (task.is_job() && task.is_sync);
        let has_limit = ["TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds"]
            .iter()
            .any(|field| state.node.get(field).is_some());
        let job_limit = task.member("StoppingCondition").is_some_and(|member| {
            member.is_dynamic
                || member
                    .value
                    .entries()
                    .iter()
                    .any(|entry| entry.key.starts_with("MaxRuntimeInSeconds"))
        });
        if !waits
            || has_limit
            || machine.tree.get("TimeoutSeconds").is_some()
            || (job_limit && !task.waits_for_token)
        {
            continue;
        }
        found.push(
            Finding::new(
                &RULE,
                state.name_span,
                format!(
                    "`{}` has no time limit: what never answers is waited for up to a year",
                    state.name
                ),
            )
            .when(When::Sometimes)
            .correction("\"TimeoutSeconds\": 7200"),
        );
    }
}
