//! `allow-reason`: an allowance that allows nothing.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::source::Span;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "allow-reason",
    severity: Severity::Warning,
    summary: "`refit: allow` without a reason, or of a rule that does not exist",
    check,
};

const SIGN: &str = "refit: allow";

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    let file = context.program.file;
    let text = &context.sources.file(file).text;
    for (at, _) in text.match_indices(SIGN) {
        let rest = text[at + SIGN.len()..].lines().next().unwrap_or_default();
        let rest = rest.strip_prefix("-file").unwrap_or(rest).trim_end_matches(['"', ',', ' ']);
        let span = Span::new(file, at, at + SIGN.len());
        let rule = rest.split_whitespace().next().unwrap_or_default().trim_end_matches(['"', ',']);
        if super::find(rule).is_none() {
            let near = crate::text::nearest(rule, super::RULES.iter().map(|rule| rule.id));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            found.push(
                Finding::new(&RULE, span, format!("there is no rule `{rule}`{hint}"))
                    .when(When::Never),
            );
        } else if rest.split_once(" because ").is_none_or(|(_, reason)| reason.trim().is_empty()) {
            let message = format!("`{rule}` is not allowed without a reason");
            found.push(
                Finding::new(&RULE, span, message)
                    .correction(format!("refit: allow {rule} because …")),
            );
        }
    }
}
