//! `states-language`: what Step Functions refuses in a definition.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "states-language",
    severity: Severity::Error,
    summary: "what Step Functions refuses: unknown fields, missing targets, unreachable states, broken paths …",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for problem in context.machines.iter().flat_map(|machine| &machine.problems) {
        let diagnostic = &problem.diagnostic;
        let mut finding = Finding::new(&RULE, problem.span, diagnostic.message.clone());
        finding = match diagnostic.severity {
            asl::Severity::Error => finding.when(When::Deploy).says(format!(
                "InvalidDefinition: Invalid State Machine Definition: '{diagnostic}'"
            )),
            asl::Severity::Warning => finding.severity(Severity::Warning).when(When::FirstRun),
        };
        if let Some(hint) = &diagnostic.hint {
            finding = finding.help(hint.clone());
        }
        found.push(finding);
    }
}
