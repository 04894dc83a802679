//! For code hosts: SARIF 2.1.0.

use super::corrected;
use crate::Checked;
use crate::finding::{Finding, Severity};
use crate::rules::RULES;
use crate::source::Span;
use serde_json::{Value, json};

/// The whole check as one SARIF log.
pub fn sarif(checked: &Checked, version: &str) -> Value {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": {"text": rule.summary},
                "help": {"text": format!("docs/reference/checks/{}.md", rule.id)},
                "defaultConfiguration": {"level": level(rule.severity)},
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "refit", "version": version, "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": checked.findings.iter().map(|finding| result(checked, finding)).collect::<Vec<_>>(),
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    severity.word()
}

fn result(checked: &Checked, finding: &Finding) -> Value {
    let mut text = finding.message.clone();
    if let Some(says) = &finding.says {
        text = format!("{text}. AWS, {}: {says}", finding.when.text());
    }
    if let Some(lines) = corrected(&checked.sources, finding) {
        text = format!("{text}\nWrite:\n{lines}");
    }
    let index = RULES.iter().position(|rule| rule.id == finding.rule);
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": {"text": text},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(checked, finding.span)},
            "region": region(checked, finding.span),
        }}],
    });
    if let Some(index) = index {
        result["ruleIndex"] = index.into();
    }
    if !finding.edits.is_empty() {
        let replacements: Vec<Value> = finding
            .edits
            .iter()
            .map(|edit| json!({"deletedRegion": region(checked, edit.span), "insertedContent": {"text": edit.text}}))
            .collect();
        result["fixes"] = json!([{
            "description": {"text": "as it should be"},
            "artifactChanges": [{
                "artifactLocation": {"uri": uri(checked, finding.span)},
                "replacements": replacements,
            }],
        }]);
    }
    if let Some(reason) = &finding.allowed {
        result["suppressions"] = json!([{"kind": "inSource", "justification": reason}]);
    }
    result
}

fn region(checked: &Checked, span: Span) -> Value {
    let (start, end) = (checked.sources.position(span), checked.sources.end_position(span));
    json!({"startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column})
}

/// The file as a relative reference; characters that are not for URIs are escaped.
fn uri(checked: &Checked, span: Span) -> String {
    let path = checked.sources.file(span.file).path.to_string_lossy().replace('\\', "/");
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    uri
}

fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase()
}
