//! For programs: everything about each finding.

use super::corrected;
use crate::Checked;
use crate::finding::{Finding, Severity};
use serde_json::{Value, json};

/// The whole check as one document.
pub fn json(checked: &Checked) -> Value {
    json!({
        "programs": checked.programs,
        "resources": checked.resources,
        "definitions": checked.definitions,
        "errors": checked.count(Severity::Error),
        "warnings": checked.count(Severity::Warning),
        "notes": checked.count(Severity::Note),
        "findings": checked.findings.iter().map(|finding| one(checked, finding)).collect::<Vec<_>>(),
    })
}

fn one(checked: &Checked, finding: &Finding) -> Value {
    let sources = &checked.sources;
    let (start, end) = (sources.position(finding.span), sources.end_position(finding.span));
    let edits: Vec<Value> = finding
        .edits
        .iter()
        .map(|edit| {
            let (start, end) = (sources.position(edit.span), sources.end_position(edit.span));
            json!({"line": start.line, "column": start.column, "endLine": end.line, "endColumn": end.column, "text": edit.text})
        })
        .collect();
    json!({
        "rule": finding.rule,
        "severity": finding.severity.word(),
        "file": sources.file(finding.span.file).path.display().to_string(),
        "line": start.line,
        "column": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "message": finding.message,
        "says": finding.says,
        "when": finding.when.word(),
        "whenText": finding.when.text(),
        "help": finding.help,
        "correction": corrected(sources, finding),
        "edits": edits,
        "allowed": finding.allowed,
    })
}
