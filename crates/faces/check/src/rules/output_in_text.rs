//! `output-in-text`: an output used as if it were text.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::model::FaultKind;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "output-in-text",
    severity: Severity::Error,
    summary: "an output in replace(), an f-string, format(), + or json.dumps()",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for fault in context.program.faults.iter().filter(|fault| fault.kind == FaultKind::OutputInText)
    {
        let mut finding = Finding::new(&RULE, fault.span, fault.message.clone()).when(When::Start);
        finding.says.clone_from(&fault.says);
        finding.correction.clone_from(&fault.correction);
        found.push(finding);
    }
}
