//! `definition-json`: a definition that is not JSON.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::machine::JsonProblem;
use crate::source::Span;
use asl::json::ProblemKind;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "definition-json",
    severity: Severity::Error,
    summary: "a definition that is not JSON: comments, trailing commas, single quotes …",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for machine in &context.machines {
        // Text after the end is told only where nothing else explains it.
        let is_alone = machine.json.len() == 1;
        for problem in &machine.json {
            if is_alone || problem.kind != ProblemKind::TrailingText {
                found.push(finding(context, problem));
            }
        }
    }
}

fn finding(context: &Context<'_>, problem: &JsonProblem) -> Finding {
    let mut finding = Finding::new(&RULE, problem.span, problem.message.clone())
        .when(When::Deploy)
        .says("InvalidDefinition: Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION'");
    let edit = match problem.kind {
        ProblemKind::Comment => Some(whole_comment(context, problem.span)),
        ProblemKind::TrailingComma => Some(problem.span),
        _ => None,
    };
    if let Some(span) = edit {
        finding = finding.edit(span, "");
    }
    finding.help("Step Functions takes strict JSON; put remarks into a \"Comment\" field")
}

/// A comment with the blanks before it, and its line when nothing else stands there.
fn whole_comment(context: &Context<'_>, span: Span) -> Span {
    let file = context.sources.file(span.file);
    let text = &file.text;
    let start = file.line_start(span.start);
    let end = span.end.max(span.start);
    let is_alone = text[start..span.start].trim().is_empty() && start > 0;
    if is_alone && text[end..].starts_with('\n') {
        return Span { start, end: end + 1, ..span };
    }
    let blanks = text[start..span.start].len() - text[start..span.start].trim_end().len();
    Span { start: span.start - blanks, ..span }
}
