//! Where a resource's properties stand in the file, through functions, variables and files that are read.

use crate::diagnostic::Place;
use crate::program::Locate;
use crate::provider::check::Inside;
use crate::source::{Source, Span};
use crate::yaml::{Kind, Node};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// How often a node may stand for another one.
const MAX_HOPS: usize = 32;

/// The places of one resource.
pub(super) struct Places {
    pub(super) source: Arc<Source>,
    pub(super) directory: PathBuf,
    /// The resource's key.
    pub(super) resource: Span,
    pub(super) properties: Option<Arc<Node>>,
    pub(super) variables: Arc<HashMap<String, Arc<Node>>>,
}

impl Places {
    /// What a node stands for: the argument of `fn::toJSON` and `fn::secret`, the value of a variable.
    fn through<'a>(&'a self, node: &'a Node) -> &'a Node {
        let mut node = node;
        for _ in 0..MAX_HOPS {
            let next = match &node.kind {
                Kind::Mapping(entries) if entries.len() == 1 => {
                    let key = entries[0].key.to_lowercase();
                    matches!(key.as_str(), "fn::tojson" | "fn::secret").then(|| &*entries[0].value)
                }
                Kind::String(text) => {
                    let name =
                        text.value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
                    name.and_then(|name| self.variables.get(name)).map(|node| &**node)
                }
                _ => None,
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    /// Follows steps as far as they lead: the last key's place, the last value.
    fn walk<'a, 's>(
        &'a self,
        start: &'a Node,
        steps: impl Iterator<Item = &'s str>,
    ) -> (Option<Span>, &'a Node) {
        let mut key = None;
        let mut node = start;
        for step in steps {
            let here = self.through(node);
            let next = match &here.kind {
                Kind::Mapping(entries) => {
                    entries.iter().find(|entry| entry.key == step).map(|entry| {
                        key = Some(entry.key_span);
                        &*entry.value
                    })
                }
                Kind::Sequence(items) => {
                    step.parse::<usize>().ok().and_then(|index| items.get(index)).map(|item| {
                        key = Some(item.span);
                        &**item
                    })
                }
                _ => None,
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        (key, node)
    }

    fn property(&self, path: &str) -> Option<(Option<Span>, &Node)> {
        let properties = self.properties.as_deref()?;
        Some(self.walk(properties, path.split('.')))
    }
}

impl Locate for Places {
    fn place(&self, path: &str, name: bool) -> Option<Place> {
        let found = if path.is_empty() { None } else { self.property(path) };
        let span = match found {
            Some((Some(key), node)) => {
                // A mapping's place is its name: its first line would say little.
                let is_wide = matches!(node.kind, Kind::Mapping(_) | Kind::Sequence(_));
                if name || is_wide { key } else { node.span }
            }
            _ => self.resource,
        };
        Some(self.source.place(span))
    }

    fn inside(&self, path: &str, inside: &Inside) -> Option<Place> {
        let Some((Some(key), node)) = self.property(path) else { return self.place(path, false) };
        let node = self.through(node);
        match &node.kind {
            Kind::Mapping(entries)
                if entries.len() == 1 && entries[0].key.to_lowercase() == "fn::readfile" =>
            {
                let file = self.through(&entries[0].value).as_str()?;
                let full = self.directory.join(file);
                let text = std::fs::read_to_string(&full).ok()?;
                let source = Source::new(full, &text);
                Some(source.place(Span::on_line(inside.line, inside.column, 1)))
            }
            Kind::Mapping(_) => {
                let Some(pointer) = &inside.pointer else { return Some(self.source.place(key)) };
                let steps: Vec<String> = pointer.split('/').flat_map(steps).collect();
                let (found, node) = self.walk(node, steps.iter().map(String::as_str));
                let span = match (&node.kind, found) {
                    (Kind::Mapping(_) | Kind::Sequence(_), Some(key)) => key,
                    (Kind::Mapping(_) | Kind::Sequence(_), None) => key,
                    _ => node.span,
                };
                Some(self.source.place(span))
            }
            Kind::String(text) if text.is_block => {
                let start = node.span.start;
                let mark = self.source.line(start.line).chars().nth(start.column - 1);
                // The block's first line follows the `|`; a span may start at either.
                let line = start.line + inside.line - usize::from(mark != Some('|'));
                let content = text.value.lines().nth(inside.line.checked_sub(1)?)?;
                let written = self.source.line(line);
                let indent = written.chars().count().saturating_sub(content.chars().count());
                Some(self.source.place(Span::on_line(line, indent + inside.column, 1)))
            }
            _ => Some(self.source.place(node.span)),
        }
    }
}

/// `Choices[0]` is two steps.
fn steps(part: &str) -> Vec<String> {
    let part = part.replace("~1", "/").replace("~0", "~");
    let Some((name, indices)) = part.split_once('[').filter(|_| part.ends_with(']')) else {
        return if part.is_empty() { Vec::new() } else { vec![part] };
    };
    let indices = indices.trim_end_matches(']').split("][");
    std::iter::once(name)
        .chain(indices)
        .filter(|step| !step.is_empty())
        .map(str::to_owned)
        .collect()
}
