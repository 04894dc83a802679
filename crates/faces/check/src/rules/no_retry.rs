//! `no-retry`: a task that gives up at the first hiccup.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::machine::Task;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "no-retry",
    severity: Severity::Warning,
    summary: "a job or function task without Retry",
    check,
};

/// What is worth trying again: jobs and functions; what only asks or tells goes on by the SDK's own retries.
pub(super) fn is_work(task: &Task) -> bool {
    task.is_job() || (task.service == "lambda" && task.action == "invoke")
}

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for (_, state, task) in context.tasks() {
        if !is_work(task) || state.node.get("Retry").is_some() {
            continue;
        }
        let error = if task.service == "lambda" {
            "Lambda.ServiceException\", \"Lambda.SdkClientException\", \"Lambda.TooManyRequestsException"
        } else {
            "SageMaker.AmazonSageMakerException\", \"States.TaskFailed"
        };
        found.push(
            Finding::new(&RULE, state.name_span, format!("`{}` has no Retry: one throttled call or lost instance ends the whole run", state.name))
                .when(When::Sometimes)
                .correction(format!("\"Retry\": [{{\"ErrorEquals\": [\"{error}\"], \"IntervalSeconds\": 30, \"MaxAttempts\": 2, \"BackoffRate\": 2}}]")),
        );
    }
}
