//! For people: place, line, what is wrong, what AWS says and when, and the corrected lines.

use super::corrected;
use crate::Checked;
use crate::finding::{Finding, Severity, When};
use crate::source::{SourceFile, Sources};
use std::fmt::Write;

/// How much of a long line is shown, and how much of it before the place.
const WIDTH: usize = 110;
const BEFORE: usize = 50;
/// How many lines of a correction are shown.
const LINES: usize = 24;

/// One finding.
pub fn human(checked: &Checked, finding: &Finding) -> String {
    let sources = &checked.sources;
    let position = sources.position(finding.span);
    let file = sources.file(finding.span.file);
    let mut text = format!(
        "{}:{}:{}: {}[{}]: {}",
        file.path.display(),
        position.line,
        position.column,
        finding.severity.word(),
        finding.rule,
        finding.message
    );
    text.push_str(&excerpt(sources, file, finding));
    match &finding.says {
        Some(says) => add(&mut text, format_args!("\n  {}: {says}", heading(finding))),
        None if finding.when != When::Never => {
            add(&mut text, format_args!("\n  shows {}", finding.when.text()));
        }
        None => {}
    }
    if let Some(help) = &finding.help {
        add(&mut text, format_args!("\n  help: {help}"));
    }
    if let Some(lines) = corrected(sources, finding) {
        text.push_str("\n  write:");
        let all: Vec<&str> = lines.lines().collect();
        for line in all.iter().take(LINES) {
            add(&mut text, format_args!("\n    {line}"));
        }
        if all.len() > LINES {
            add(&mut text, format_args!("\n    … ({} lines more)", all.len() - LINES));
        }
    } else if finding.edits.iter().any(|edit| edit.text.is_empty()) {
        text.push_str("\n  write: nothing; remove it");
    }
    if let Some(reason) = &finding.allowed {
        add(&mut text, format_args!("\n  allowed: {reason}"));
    }
    text
}

/// Adds to a text, which takes anything.
fn add(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more).expect("a String takes any text");
}

fn heading(finding: &Finding) -> String {
    let who = match finding.when {
        When::Start => "says",
        _ => "AWS says",
    };
    match (&finding.when, finding.severity) {
        (When::Never, _) => "AWS says".to_owned(),
        (when, Severity::Note) => format!("{who}, {}", when.text()),
        (when, _) => format!("{who} {}", when.text()),
    }
}

/// The line with the place underlined.
fn excerpt(sources: &Sources, file: &SourceFile, finding: &Finding) -> String {
    let start = sources.position(finding.span);
    let end = sources.end_position(finding.span);
    let line: Vec<char> =
        file.line(start.line).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.is_empty() {
        return String::new();
    }
    let column = (start.column - 1).min(line.len());
    let until = if end.line == start.line { end.column - 1 } else { line.len() };
    let from = if column < WIDTH - 20 { 0 } else { column - BEFORE };
    let shown: String = line.iter().skip(from).take(WIDTH).collect();
    let room = shown.chars().count().saturating_sub(column - from).max(1);
    let marks = "^".repeat(until.saturating_sub(column).clamp(1, room));
    let number = start.line.to_string();
    let margin = " ".repeat(number.len());
    format!("\n  {number} | {shown}\n  {margin} | {}{marks}", " ".repeat(column - from))
}
