//! `no-catch`: a failure nobody hears of.

use super::Rule;
use super::no_retry::is_work;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "no-catch",
    severity: Severity::Warning,
    summary: "a job or function task without Catch: its failure is told to nobody",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for (machine, state, task) in context.tasks() {
        // A machine that starts somebody else's work may leave the telling to who started it.
        let is_watched = machine.states.iter().any(|other| {
            matches!(
                other.node.get("Type").and_then(crate::node::Node::as_str),
                Some("Parallel" | "Map")
            ) && other.node.get("Catch").is_some()
        });
        if !is_work(task) || state.node.get("Catch").is_some() || is_watched {
            continue;
        }
        found.push(
            Finding::new(
                &RULE,
                state.name_span,
                format!(
                    "`{}` has no Catch: when it fails, the run fails and nobody is told",
                    state.name
                ),
            )
            .when(When::Sometimes)
            .correction(
                "\"Catch\": [{\"ErrorEquals\": [\"States.ALL\"], \"Next\": \"NotifyFailure\"}]",
            ),
        );
    }
}
