//! For people: place, line, what is wrong, what AWS says and when, and the corrected lines.

use super::corrected;
use super::width::{column, columns};
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
    let place = (start.column - 1).min(line.len());
    let until = if end.line == start.line { end.column - 1 } else { line.len() };
    let from = shown_from(&line[..place]);
    let shown = fitting(&line[from..], WIDTH);
    let before = columns(&line[from..place]);
    let room = columns(shown).saturating_sub(before).max(1);
    let marked = line.get(place..until.min(line.len())).unwrap_or_default();
    let marks = "^".repeat(columns(marked).clamp(1, room));
    let shown: String = shown.iter().collect();
    let number = start.line.to_string();
    let margin = " ".repeat(number.len());
    format!("\n  {number} | {shown}\n  {margin} | {}{marks}", " ".repeat(before))
}

/// The first letter that is shown of those before the place: all of them, or the last few.
fn shown_from(before: &[char]) -> usize {
    if columns(before) < WIDTH - 20 {
        return 0;
    }
    let mut room = BEFORE;
    let is_shown = |letter: &&char| {
        let left = room.checked_sub(column(**letter));
        room = left.unwrap_or_default();
        left.is_some()
    };
    before.len() - before.iter().rev().take_while(is_shown).count()
}

/// The letters that fit into so many columns.
fn fitting(letters: &[char], columns: usize) -> &[char] {
    let mut room = columns;
    let fits = |letter: &&char| {
        let left = room.checked_sub(column(**letter));
        room = left.unwrap_or_default();
        left.is_some()
    };
    let count = letters.iter().take_while(fits).count();
    &letters[..count]
}
