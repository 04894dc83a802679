//! `unknown-name`: a resource, variable or module that nothing has.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::model::{FaultKind, Language};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "unknown-name",
    severity: Severity::Error,
    summary: "a reference to a resource, variable or module that does not exist",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for fault in context.program.faults.iter().filter(|fault| fault.kind == FaultKind::UnknownName)
    {
        let mut finding = Finding::new(&RULE, fault.span, fault.message.clone()).when(When::Start);
        finding.says.clone_from(&fault.says);
        match &fault.correction {
            Some(text) if context.program.language == Language::Yaml => {
                finding = finding.edit(fault.span, text.clone());
            }
            other => finding.correction.clone_from(other),
        }
        found.push(finding);
    }
}
