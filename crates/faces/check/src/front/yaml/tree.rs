//! YAML text to nodes that know the bytes they stand at. Anchors and merge keys are resolved.

use crate::node::{Entry, Kind, Node, Text};
use crate::source::{FileId, Span};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use std::collections::HashMap;

/// How deep nodes may nest.
const MAX_DEPTH: usize = 128;
/// How many nodes a document may have once its aliases are expanded.
const MAX_NODES: usize = 200_000;

/// The first document, and what is wrong and where.
pub(super) fn parse(text: &str, file: FileId) -> (Option<Node>, Option<(String, usize)>) {
    let bytes =
        (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).collect::<Vec<_>>());
    let mut builder = Builder {
        text,
        file,
        bytes,
        open: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        nodes: 0,
        last_end: 0,
    };
    for event in &mut Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                let (start, end) = (builder.offset(span.start), builder.offset(span.end));
                if let Err(message) = builder.event(event, start, end) {
                    return (builder.rest(), Some((message, start)));
                }
                if builder.root.is_some() {
                    break;
                }
            }
            Err(error) => {
                let at = builder.offset(*error.marker());
                return (builder.rest(), Some((format!("not YAML: {}", error.info()), at)));
            }
        }
    }
    (builder.root, None)
}

enum Open {
    List(usize, usize, Vec<Node>),
    Map(usize, usize, Vec<Entry>, Option<(String, Span)>, Vec<Node>),
}

struct Builder<'t> {
    text: &'t str,
    file: FileId,
    /// Byte of each character, unless they are the same.
    bytes: Option<Vec<usize>>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
    nodes: usize,
    /// Where the last scalar ended: collections end there.
    last_end: usize,
}

impl Builder<'_> {
    fn offset(&self, marker: Marker) -> usize {
        match &self.bytes {
            None => marker.index().min(self.text.len()),
            Some(bytes) => bytes.get(marker.index()).copied().unwrap_or(self.text.len()),
        }
    }

    /// What was read before a fault, closed as it is.
    fn rest(mut self) -> Option<Node> {
        while !self.open.is_empty() && self.root.is_none() {
            let at = self.last_end;
            if self.close(at).is_err() {
                return None;
            }
        }
        self.root
    }

    fn event(&mut self, event: Event<'_>, start: usize, end: usize) -> Result<(), String> {
        match event {
            Event::Alias(id) => {
                let node = self
                    .anchors
                    .get(&id)
                    .cloned()
                    .ok_or("this alias stands inside what it refers to")?;
                node.walk(&mut |_| self.nodes += 1);
                self.last_end = end;
                self.value(node)
            }
            Event::Scalar(value, style, anchor, _) => {
                self.last_end = end;
                let is_key = matches!(self.open.last(), Some(Open::Map(_, _, _, None, _)));
                if is_key {
                    let span = Span::new(self.file, start, end);
                    if let Some(Open::Map(_, _, _, key, _)) = self.open.last_mut() {
                        *key = Some((value.into_owned(), span));
                    }
                    return Ok(());
                }
                let node = self.scalar(&value, style, start, end);
                if anchor > 0 {
                    self.anchors.insert(anchor, node.clone());
                }
                self.value(node)
            }
            Event::SequenceStart(anchor, _) => self.start(Open::List(start, anchor, Vec::new())),
            Event::MappingStart(anchor, _) => {
                self.start(Open::Map(start, anchor, Vec::new(), None, Vec::new()))
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let is_flow = end > start;
                let at = if is_flow { end } else { self.last_end };
                self.last_end = at;
                self.close(at)
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, open: Open) -> Result<(), String> {
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        if matches!(self.open.last(), Some(Open::Map(_, _, _, None, _))) {
            return Err("a list or a mapping cannot be a key".to_owned());
        }
        self.open.push(open);
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), String> {
        let (start, anchor, kind) = match self.open.pop() {
            Some(Open::List(start, anchor, items)) => (start, anchor, Kind::List(items)),
            Some(Open::Map(start, anchor, mut entries, _, merged)) => {
                for entry in merged.iter().flat_map(Node::items).flat_map(Node::entries) {
                    if !entries.iter().any(|own| own.key == entry.key) {
                        entries.push(entry.clone());
                    }
                }
                (start, anchor, Kind::Map(entries))
            }
            None => return Ok(()),
        };
        let node = Node::new(Span::new(self.file, start, end), kind);
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        self.value(node)
    }

    fn value(&mut self, node: Node) -> Result<(), String> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(format!("more than {MAX_NODES} values once aliases are expanded"));
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, _, items)) => items.push(node),
            Some(Open::Map(_, _, entries, key, merged)) => {
                let Some((key, key_span)) = key.take() else {
                    return Err("an alias cannot be a key".to_owned());
                };
                if key == "<<" {
                    merged.push(node);
                } else {
                    entries.push(Entry { key, key_span, value: node });
                }
            }
        }
        Ok(())
    }

    fn scalar(&self, value: &str, style: ScalarStyle, start: usize, end: usize) -> Node {
        let span = Span::new(self.file, start, end);
        if style == ScalarStyle::Plain
            && let Some(kind) = plain(value)
        {
            return Node::new(span, kind);
        }
        let is_quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        let from = if is_quoted { start + 1 } else { start };
        Node::new(
            span,
            Kind::Text(Text {
                text: value.to_owned(),
                holes: Vec::new(),
                map: self.align(value, from, end),
            }),
        )
    }

    /// Where the characters of a value stand: they are those of the text, but for indentation, escapes and folds.
    fn align(&self, value: &str, from: usize, end: usize) -> Vec<(usize, usize)> {
        let source = &self.text.as_bytes()[..end.min(self.text.len())];
        let mut map = vec![(0, from)];
        let mut at = from;
        for (index, byte) in value.bytes().enumerate() {
            while at < source.len() && source[at] != byte {
                match source[at] {
                    b'\\' => {
                        at += match source.get(at + 1) {
                            Some(b'x') => 4,
                            Some(b'u') => 6,
                            Some(b'U') => 10,
                            _ => 2,
                        };
                        break;
                    }
                    b' ' | b'\n' | b'\r' | b'\t' | b'|' | b'>' | b'-' | b'+' | b'\'' => at += 1,
                    _ if byte == b' ' || byte == b'\n' => break,
                    _ => return map,
                }
            }
            let is_same = source.get(at) == Some(&byte);
            let follows = map.last().is_some_and(|(offset, place)| place + (index - offset) == at);
            if !follows && is_same {
                map.push((index, at));
            }
            if is_same {
                at += 1;
            }
        }
        map
    }
}

/// What a plain scalar is, unless it is text. AWS and Pulumi read YAML 1.2.
fn plain(value: &str) -> Option<Kind> {
    match value {
        "" | "~" | "null" | "Null" | "NULL" => Some(Kind::Null),
        "true" | "True" | "TRUE" => Some(Kind::Bool(true)),
        "false" | "False" | "FALSE" => Some(Kind::Bool(false)),
        _ => serde_json::from_str::<serde_json::Number>(value).ok().map(Kind::Number),
    }
}
