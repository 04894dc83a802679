//! `program-syntax`: a program that cannot be read.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::model::FaultKind;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "program-syntax",
    severity: Severity::Error,
    summary: "a program that cannot be read: lost line breaks, brackets and strings without an end",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for fault in &context.program.faults {
        if !matches!(fault.kind, FaultKind::Syntax | FaultKind::LineBreaks) {
            continue;
        }
        let mut finding = Finding::new(&RULE, fault.span, fault.message.clone()).when(When::Start);
        finding.says.clone_from(&fault.says);
        finding.correction.clone_from(&fault.correction);
        found.push(finding);
    }
}
