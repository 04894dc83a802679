//! `choice-default`: a Choice that may have nowhere to go.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::node::Node;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "choice-default",
    severity: Severity::Warning,
    summary: "a Choice without Default",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for state in context.machines.iter().flat_map(|machine| &machine.states) {
        if state.node.get("Type").and_then(Node::as_str) != Some("Choice")
            || state.node.get("Default").is_some()
        {
            continue;
        }
        found.push(
            Finding::new(
                &RULE,
                state.name_span,
                format!("`{}` has no Default: what fits no choice ends the run", state.name),
            )
            .when(When::Sometimes)
            .says("States.NoChoiceMatched")
            .correction("\"Default\": \"STATE\""),
        );
    }
}
