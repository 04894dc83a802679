//! `refit: allow RULE because REASON`: findings that somebody has looked at.
//!
//! In a comment on the line, or on its own above the line or the resource; in a definition in a `Comment`, for the state or the
//! whole; `refit: allow-file RULE because REASON` anywhere, for the whole text. Without a reason nothing is allowed.

use crate::context::Context;
use crate::finding::Finding;
use crate::node::Node;
use crate::source::{FileId, Span};

/// One allowance.
struct Allowance {
    rule: String,
    reason: String,
    span: Span,
}

/// Marks what is allowed.
pub(crate) fn apply(context: &Context<'_>, found: &mut [Finding]) {
    let mut allowances = Vec::new();
    let mut files: Vec<FileId> = found.iter().map(|finding| finding.span.file).collect();
    files.sort_unstable();
    files.dedup();
    for file in files {
        in_comments(context, file, &mut allowances);
    }
    for machine in &context.machines {
        machine.tree.walk(&mut |node| in_definition(node, &mut allowances));
    }
    for finding in found {
        let allowance = allowances.iter().find(|allowance| {
            let span = allowance.span;
            allowance.rule == finding.rule
                && span.file == finding.span.file
                && (span.start..=span.end).contains(&finding.span.start)
        });
        finding.allowed = allowance.map(|allowance| allowance.reason.clone());
    }
}

/// The rule, the reason, and whether the whole file is meant.
fn read(text: &str) -> Option<(String, String, bool)> {
    let rest = &text[text.find("refit: allow")? + "refit: allow".len()..];
    let (rest, is_file) = rest.strip_prefix("-file").map_or((rest, false), |rest| (rest, true));
    let (rule, reason) = rest.trim().split_once(" because ")?;
    let reason = reason.trim().trim_end_matches(['"', ',', '*', '/']).trim();
    (!reason.is_empty()).then(|| (rule.trim().to_owned(), reason.to_owned(), is_file))
}

fn in_comments(context: &Context<'_>, file: FileId, allowances: &mut Vec<Allowance>) {
    let source = context.sources.file(file);
    if !source.text.contains("refit: allow") {
        return;
    }
    for line in 1..=source.lines() {
        let text = source.line(line);
        let Some((rule, reason, is_file)) = read(text) else { continue };
        if is_file {
            allowances.push(Allowance {
                rule,
                reason,
                span: Span::new(file, 0, source.text.len()),
            });
            continue;
        }
        let is_comment =
            |text: &str| text.trim_start().starts_with('#') || text.trim_start().starts_with("//");
        let mut target = line;
        while target < source.lines()
            && (is_comment(source.line(target)) || source.line(target).trim().is_empty())
        {
            target += 1;
        }
        let start = source.offset(target, 1);
        let mut span = Span::new(file, start, start + source.line(target).len());
        for resource in &context.program.resources {
            let is_here = resource.span.file == file
                && (span.start..=span.end).contains(&resource.span.start);
            if is_here {
                span.end = span.end.max(resource.span.end);
            }
        }
        allowances.push(Allowance { rule, reason, span });
    }
}

fn in_definition(node: &Node, allowances: &mut Vec<Allowance>) {
    let Some(comment) = node.get("Comment").and_then(Node::as_str) else { return };
    if let Some((rule, reason, _)) = read(comment) {
        // The name of a state stands before its fields.
        let start = node.span.start.saturating_sub(200);
        allowances.push(Allowance { rule, reason, span: Span { start, ..node.span } });
    }
}
