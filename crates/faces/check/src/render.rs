//! Findings as people, programs and code hosts read them.

mod human;
mod json;
mod sarif;
mod width;

pub use human::human;
pub use json::json;
pub use sarif::sarif;

use crate::finding::Finding;
use crate::fix;
use crate::source::Sources;

/// The lines as they should be: those the finding tells, or those its edits make.
pub(crate) fn corrected(sources: &Sources, finding: &Finding) -> Option<String> {
    if let Some(lines) = &finding.correction {
        return Some(lines.clone());
    }
    if finding
        .edits
        .iter()
        .all(|edit| edit.text.is_empty() && sources.text(edit.span).ends_with('\n'))
    {
        return None;
    }
    let first = finding.edits.iter().map(|edit| edit.span.start).min()?;
    let last = finding.edits.iter().map(|edit| edit.span.end).max()?;
    let file = sources.file(finding.edits[0].span.file);
    let start = file.line_start(first);
    let end = file.text[last..].find('\n').map_or(file.text.len(), |length| last + length);
    let shifted: Vec<_> = finding
        .edits
        .iter()
        .map(|edit| {
            let span = crate::source::Span {
                start: edit.span.start - start,
                end: edit.span.end - start,
                ..edit.span
            };
            crate::finding::Edit { span, text: edit.text.clone() }
        })
        .collect();
    let mut alone = finding.clone();
    alone.edits = shifted;
    let (text, _) = fix::apply(&file.text[start..end.max(start)], &[&alone]);
    let lines: Vec<&str> =
        text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() || lines.iter().any(|line| line.len() > 2000) {
        None
    } else {
        Some(lines.join("\n"))
    }
}
