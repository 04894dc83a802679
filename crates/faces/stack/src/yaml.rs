//! YAML text to a tree that knows where each node stands. Anchors, aliases and merge keys are resolved; duplicate keys, bombs
//! and more than one document are refused; every fault is collected.

mod scalar;
#[cfg(test)]
mod tests;

use crate::diagnostic::Diagnostic;
use crate::source::{Point, Source, Span};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use std::collections::HashMap;
use std::sync::Arc;

/// How deep nodes may nest.
const MAX_DEPTH: usize = 128;
/// How many nodes a document may have once its aliases are expanded.
const MAX_NODES: usize = 250_000;
/// How long a file may be, in bytes.
pub(crate) const MAX_BYTES: usize = 8 << 20;

/// A node and where it stands. An alias has the place of what it stands for.
#[derive(Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) kind: Kind,
    /// Nodes below and including this one, aliases expanded.
    weight: usize,
    /// How many levels are below.
    depth: usize,
}

/// What a node is.
#[derive(Debug, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    String(Text),
    Sequence(Vec<Arc<Node>>),
    Mapping(Vec<Entry>),
}

/// A string.
#[derive(Debug, PartialEq)]
pub(crate) struct Text {
    pub(crate) value: String,
    /// A block (`|`): its lines are the file's lines.
    pub(crate) is_block: bool,
}

/// A key and its value.
#[derive(Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) value: Arc<Node>,
}

impl Node {
    fn new(span: Span, kind: Kind) -> Self {
        let (weight, depth) = match &kind {
            Kind::Sequence(items) => below(items.iter()),
            Kind::Mapping(entries) => below(entries.iter().map(|entry| &entry.value)),
            _ => (1, 0),
        };
        Self { span, kind, weight, depth }
    }

    /// The value under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Arc<Node>> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// A mapping's entries; nothing for other nodes.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// A string's text.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(&text.value),
            _ => None,
        }
    }

    /// What it is, for people.
    pub(crate) fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::String(_) => "a string",
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        }
    }
}

fn below<'a>(children: impl Iterator<Item = &'a Arc<Node>>) -> (usize, usize) {
    children.fold((1, 0), |(weight, depth), child| {
        (weight.saturating_add(child.weight), depth.max(child.depth + 1))
    })
}

/// Parses a file of one document. An empty file is a null.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn parse(source: &Source, text: &str) -> Result<Arc<Node>, Vec<Diagnostic>> {
    if text.len() > MAX_BYTES {
        let message = format!("the file is longer than {} MiB", MAX_BYTES >> 20);
        return Err(vec![Diagnostic::error(message).at(Some(source.place(Span::START)))]);
    }
    let mut builder = Builder {
        source,
        open: Vec::new(),
        anchors: HashMap::new(),
        faults: Vec::new(),
        root: None,
        documents: 0,
        nodes: 0,
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, span)) => {
                let span = Span { start: point(span.start), end: point(span.end) };
                if !builder.event(event, span) {
                    break;
                }
            }
            Err(error) => {
                let start = point(*error.marker());
                let span = Span::on_line(start.line, start.column, 1);
                builder.fault(format!("not YAML: {}", error.info()), span);
                break;
            }
        }
    }
    if builder.faults.is_empty() {
        Ok(builder.root.unwrap_or_else(|| Arc::new(Node::new(Span::START, Kind::Null))))
    } else {
        Err(builder.faults)
    }
}

fn point(marker: Marker) -> Point {
    Point { line: marker.line().max(1), column: marker.col() + 1 }
}

/// A collection that is not closed yet.
enum Open {
    Sequence { span: Span, anchor: usize, items: Vec<Arc<Node>> },
    Mapping(OpenMapping),
}

struct OpenMapping {
    span: Span,
    anchor: usize,
    entries: Vec<Entry>,
    keys: HashMap<String, Span>,
    /// A key that waits for its value.
    key: Option<Key>,
    /// Mappings under `<<`.
    merged: Vec<Arc<Node>>,
}

struct Key {
    text: String,
    span: Span,
    is_merge: bool,
    is_duplicate: bool,
}

struct Builder<'a> {
    source: &'a Source,
    open: Vec<Open>,
    anchors: HashMap<usize, Arc<Node>>,
    faults: Vec<Diagnostic>,
    root: Option<Arc<Node>>,
    documents: usize,
    nodes: usize,
}

impl Builder<'_> {
    fn fault(&mut self, message: impl Into<String>, span: Span) {
        self.faults.push(Diagnostic::error(message).at(Some(self.source.place(span))));
    }

    /// Takes one event; false when reading on makes no sense.
    fn event(&mut self, event: Event<'_>, span: Span) -> bool {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.fault("a second document starts here; only one is read", span);
                    return false;
                }
                true
            }
            Event::Alias(id) => {
                let Some(node) = self.anchors.get(&id).cloned() else {
                    self.fault("this alias stands inside what it refers to", span);
                    return false;
                };
                self.value(node, span)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_merge = style == ScalarStyle::Plain && text == "<<";
                let kind = scalar::resolve(text.into_owned(), style, tag.as_deref());
                self.scalar(Node::new(span, kind), anchor, is_merge)
            }
            Event::SequenceStart(anchor, _) => {
                self.start(Open::Sequence { span, anchor, items: Vec::new() }, span)
            }
            Event::MappingStart(anchor, _) => {
                let mapping = OpenMapping {
                    span,
                    anchor,
                    entries: Vec::new(),
                    keys: HashMap::new(),
                    key: None,
                    merged: Vec::new(),
                };
                self.start(Open::Mapping(mapping), span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => true,
        }
    }

    fn start(&mut self, open: Open, span: Span) -> bool {
        let in_key =
            matches!(self.open.last(), Some(Open::Mapping(mapping)) if mapping.key.is_none());
        if in_key {
            self.fault("a list or a mapping cannot be a key", span);
            return false;
        }
        if self.open.len() >= MAX_DEPTH {
            self.fault(format!("nested deeper than {MAX_DEPTH} levels"), span);
            return false;
        }
        self.open.push(open);
        true
    }

    fn end(&mut self, end: Span) -> bool {
        let (node, anchor) = match self.open.pop() {
            Some(Open::Sequence { span, anchor, items }) => {
                let span = Span { start: span.start, end: end.end };
                (Node::new(span, Kind::Sequence(items)), anchor)
            }
            Some(Open::Mapping(mapping)) => {
                let span = Span { start: mapping.span.start, end: end.end };
                let anchor = mapping.anchor;
                (Node::new(span, Kind::Mapping(mapping.finish())), anchor)
            }
            None => return false,
        };
        let span = node.span;
        let node = Arc::new(node);
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        self.value(node, span)
    }

    fn scalar(&mut self, node: Node, anchor: usize, is_merge: bool) -> bool {
        let span = node.span;
        if let Some(Open::Mapping(mapping)) = self.open.last_mut()
            && mapping.key.is_none()
        {
            let text = scalar::key_text(&node.kind);
            let duplicate = mapping.keys.get(&text).copied();
            if duplicate.is_none() {
                mapping.keys.insert(text.clone(), span);
            }
            let fault = duplicate.map(|first| {
                format!(
                    "the key `{text}` stands here a second time (first in line {})",
                    first.start.line
                )
            });
            mapping.key = Some(Key { text, span, is_merge, is_duplicate: duplicate.is_some() });
            if let Some(fault) = fault {
                self.fault(fault, span);
            }
            return true;
        }
        let node = Arc::new(node);
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        self.value(node, span)
    }

    /// A complete value, for whatever is open. `span` is where it stands (for an alias not where it is defined).
    fn value(&mut self, node: Arc<Node>, span: Span) -> bool {
        self.nodes = self.nodes.saturating_add(1);
        if node.weight > MAX_NODES || self.nodes > MAX_NODES {
            self.fault(format!("more than {MAX_NODES} values once aliases are expanded"), span);
            return false;
        }
        if self.open.len() + node.depth > MAX_DEPTH {
            self.fault(
                format!("nested deeper than {MAX_DEPTH} levels once aliases are expanded"),
                span,
            );
            return false;
        }
        let mut fault = None;
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::Sequence { items, .. }) => items.push(node),
            Some(Open::Mapping(mapping)) => fault = mapping.value(node),
        }
        if let Some(fault) = fault {
            self.fault(fault, span);
        }
        true
    }
}

impl OpenMapping {
    fn value(&mut self, node: Arc<Node>) -> Option<&'static str> {
        let Some(key) = self.key.take() else {
            return Some("an alias cannot be a key");
        };
        if key.is_merge {
            return self.merge(node);
        }
        if !key.is_duplicate {
            self.entries.push(Entry { key: key.text, key_span: key.span, value: node });
        }
        None
    }

    fn merge(&mut self, node: Arc<Node>) -> Option<&'static str> {
        const FAULT: &str = "only a mapping, or a list of mappings, can be merged with `<<`";
        match &node.kind {
            Kind::Mapping(_) => self.merged.push(node),
            Kind::Sequence(items) => {
                if items.iter().any(|item| !matches!(item.kind, Kind::Mapping(_))) {
                    return Some(FAULT);
                }
                self.merged.extend(items.iter().cloned());
            }
            _ => return Some(FAULT),
        }
        None
    }

    /// The entries; merged ones follow where no own entry, and no earlier merged one, has their key.
    fn finish(mut self) -> Vec<Entry> {
        for node in std::mem::take(&mut self.merged) {
            for entry in node.entries() {
                if !self.keys.contains_key(&entry.key) {
                    self.keys.insert(entry.key.clone(), entry.key_span);
                    self.entries.push(Entry {
                        key: entry.key.clone(),
                        key_span: entry.key_span,
                        value: entry.value.clone(),
                    });
                }
            }
        }
        self.entries
    }
}
