//! Values as a program writes them: trees that know where each part stands, with holes for what is only known later.

use crate::source::{FileId, Span};
use serde_json::{Map, Number, Value};

/// Stands for the first hole of a text; the others follow.
const HOLE: u32 = 0xE000;
/// How many holes one text may have.
const MAX_HOLES: usize = 4096;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: Kind,
    /// It is an output: a program cannot use it as plain text.
    pub is_output: bool,
    /// More may be in it than could be read.
    pub is_partial: bool,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text, perhaps with holes.
    Text(Text),
    /// A list.
    List(Vec<Node>),
    /// Keys and values, in order.
    Map(Vec<Entry>),
    /// Something that is only known later.
    Hole(Hole),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// What is only known later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hole {
    /// A property of a resource: `${role.arn}`. An empty path is the resource itself.
    Attribute {
        /// What the program calls it.
        resource: String,
        /// Which property.
        path: String,
    },
    /// Anything else.
    Unknown,
}

/// Text. Each hole is one private-use character.
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(clippy::struct_field_names, reason = "a text has a text")]
pub(crate) struct Text {
    /// The text with a character for each hole.
    pub text: String,
    /// What the holes are.
    pub holes: Vec<Hole>,
    /// Where parts of the text stand: offset in `text`, offset in the file. Between two of them both count alike.
    pub map: Vec<(usize, usize)>,
}

impl Text {
    /// Plain text that stands in a file as it is.
    pub(crate) fn plain(text: &str, at: usize) -> Self {
        Self { text: text.to_owned(), holes: Vec::new(), map: vec![(0, at)] }
    }

    /// Adds text that stands at a place.
    pub(crate) fn push(&mut self, text: &str, at: usize) {
        self.map.push((self.text.len(), at));
        self.text
            .extend(text.chars().map(|c| if hole_index(c).is_some() { '\u{FFFD}' } else { c }));
    }

    /// Adds a hole.
    pub(crate) fn push_hole(&mut self, hole: Hole, at: usize) {
        self.map.push((self.text.len(), at));
        let index = self.holes.len().min(MAX_HOLES);
        if index < MAX_HOLES {
            self.holes.push(hole);
        }
        let number = HOLE + index.min(MAX_HOLES - 1) as u32;
        self.text.push(char::from_u32(number).unwrap_or('\u{FFFD}'));
    }

    /// Adds another text.
    pub(crate) fn append(&mut self, other: &Self) {
        for (index, c) in other.text.char_indices() {
            let at = other.source_of(index);
            if let Some(hole) = hole_index(c).and_then(|hole| other.holes.get(hole)) {
                self.push_hole(hole.clone(), at);
            } else {
                let follows = self
                    .map
                    .last()
                    .is_some_and(|(offset, source)| source + (self.text.len() - offset) == at);
                if !follows {
                    self.map.push((self.text.len(), at));
                }
                self.text.push(c);
            }
        }
    }

    /// The hole that a character of the text stands for.
    pub(crate) fn hole(&self, c: char) -> Option<&Hole> {
        self.holes.get(hole_index(c)?)
    }

    /// The byte of the file where a byte of the text stands.
    pub(crate) fn source_of(&self, offset: usize) -> usize {
        source_of(&self.map, offset)
    }

    /// The text, if it has no holes.
    pub(crate) fn literal(&self) -> Option<&str> {
        self.holes.is_empty().then_some(&self.text)
    }

    /// The text up to its first hole.
    pub(crate) fn prefix(&self) -> &str {
        let end = self.text.find(|c| hole_index(c).is_some()).unwrap_or(self.text.len());
        &self.text[..end]
    }

    /// The only hole, if the text is nothing else.
    pub(crate) fn only_hole(&self) -> Option<&Hole> {
        let mut characters = self.text.chars();
        let first = characters.next()?;
        if characters.next().is_some() { None } else { self.hole(first) }
    }

    /// The text with other text in its holes, and where its parts stand.
    pub(crate) fn filled(&self, fill: &dyn Fn(&Hole) -> String) -> (String, Vec<(usize, usize)>) {
        let mut filled = Self::default();
        for (index, c) in self.text.char_indices() {
            let at = self.source_of(index);
            if let Some(hole) = self.hole(c) {
                filled.push(&fill(hole), at);
            } else {
                let last = filled.map.last().copied();
                let follows = last
                    .is_some_and(|(offset, source)| source + (filled.text.len() - offset) == at);
                if !follows {
                    filled.map.push((filled.text.len(), at));
                }
                filled.text.push(c);
            }
        }
        (filled.text, filled.map)
    }
}

/// Which hole a character stands for.
pub(crate) fn hole_index(c: char) -> Option<usize> {
    let index = (u32::from(c).checked_sub(HOLE)?) as usize;
    (index < MAX_HOLES).then_some(index)
}

/// The byte of the file for a byte of a text.
pub(crate) fn source_of(map: &[(usize, usize)], offset: usize) -> usize {
    match map.partition_point(|(at, _)| *at <= offset).checked_sub(1) {
        Some(index) => map[index].1 + (offset - map[index].0),
        None => map.first().map_or(0, |(_, at)| *at),
    }
}

impl Node {
    /// A value at a place.
    pub(crate) fn new(span: Span, kind: Kind) -> Self {
        let kind = match kind {
            Kind::Text(text) => match text.only_hole() {
                Some(hole) => Kind::Hole(hole.clone()),
                None => Kind::Text(text),
            },
            other => other,
        };
        Self { span, kind, is_output: false, is_partial: false }
    }

    /// Something unknown.
    pub(crate) fn unknown(span: Span) -> Self {
        Self::new(span, Kind::Hole(Hole::Unknown))
    }

    /// Plain text.
    pub(crate) fn text(span: Span, text: &str) -> Self {
        Self::new(span, Kind::Text(Text::plain(text, span.start)))
    }

    /// The last entry under a key.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().rev().find(|entry| entry.key == key)
    }

    /// The value under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value under keys, one below the other.
    pub(crate) fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries of a map; none of anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; a single value is a list of itself.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            Kind::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The text, if it is one without holes.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => text.literal(),
            _ => None,
        }
    }

    /// The text up to its first hole; empty for what is no text.
    pub(crate) fn prefix(&self) -> &str {
        match &self.kind {
            Kind::Text(text) => text.prefix(),
            _ => "",
        }
    }

    /// The number, if it is one.
    pub(crate) fn as_f64(&self) -> Option<f64> {
        match &self.kind {
            Kind::Number(number) => number.as_f64(),
            Kind::Text(text) => text.literal()?.parse().ok(),
            _ => None,
        }
    }

    /// True or false, if it says so.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match &self.kind {
            Kind::Bool(flag) => Some(*flag),
            Kind::Text(text) => text.literal()?.parse().ok(),
            _ => None,
        }
    }

    /// The property of a resource it refers to as a whole.
    pub(crate) fn attribute(&self) -> Option<(&str, &str)> {
        match &self.kind {
            Kind::Hole(Hole::Attribute { resource, path }) => Some((resource, path)),
            _ => None,
        }
    }

    /// Every hole in it.
    pub(crate) fn holes(&self) -> Vec<&Hole> {
        let mut found = Vec::new();
        self.walk(&mut |node| match &node.kind {
            Kind::Hole(hole) => found.push(hole),
            Kind::Text(text) => found.extend(&text.holes),
            _ => {}
        });
        found
    }

    /// Visits it and everything in it.
    pub(crate) fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        match &self.kind {
            Kind::List(items) => items.iter().for_each(|item| item.walk(visit)),
            Kind::Map(entries) => entries.iter().for_each(|entry| entry.value.walk(visit)),
            _ => {}
        }
    }

    /// Whether something in it is an output.
    pub(crate) fn has_output(&self) -> bool {
        let mut found = false;
        self.walk(&mut |node| found |= node.is_output);
        found
    }

    /// The same, with more in it perhaps than could be read.
    #[must_use]
    pub(crate) fn with_more(mut self, is_partial: bool) -> Self {
        self.is_partial |= is_partial;
        self
    }

    /// The same with everything in it an output, or nothing.
    #[must_use]
    pub(crate) fn with_output(mut self, is_output: bool) -> Self {
        self.mark(is_output);
        self
    }

    fn mark(&mut self, is_output: bool) {
        self.is_output = is_output;
        match &mut self.kind {
            Kind::List(items) => items.iter_mut().for_each(|item| item.mark(is_output)),
            Kind::Map(entries) => entries.iter_mut().for_each(|entry| entry.value.mark(is_output)),
            _ => {}
        }
    }

    /// The JSON value, with text in the holes.
    pub(crate) fn to_json(&self, fill: &dyn Fn(&Hole) -> String) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(flag) => Value::Bool(*flag),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::String(text.filled(fill).0),
            Kind::Hole(hole) => Value::String(fill(hole)),
            Kind::List(items) => items.iter().map(|item| item.to_json(fill)).collect(),
            Kind::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.value.to_json(fill)))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    /// JSON text of it with text in the holes, and where its parts stand.
    pub(crate) fn render(&self, fill: &dyn Fn(&Hole) -> String) -> (String, Vec<(usize, usize)>) {
        let mut out = (String::new(), Vec::new());
        self.write(fill, &mut out);
        out
    }

    fn write(&self, fill: &dyn Fn(&Hole) -> String, out: &mut (String, Vec<(usize, usize)>)) {
        out.1.push((out.0.len(), self.span.start));
        match &self.kind {
            Kind::List(items) => {
                out.0.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.0.push(',');
                    }
                    item.write(fill, out);
                }
                out.0.push(']');
            }
            Kind::Map(entries) => {
                out.0.push('{');
                for (index, entry) in entries.iter().enumerate() {
                    if index > 0 {
                        out.0.push(',');
                    }
                    out.1.push((out.0.len(), entry.key_span.start));
                    out.0.push_str(&Value::from(entry.key.as_str()).to_string());
                    out.0.push(':');
                    entry.value.write(fill, out);
                }
                out.0.push('}');
            }
            _ => out.0.push_str(&self.to_json(fill).to_string()),
        }
    }

    /// JSON that was parsed out of a text of a file.
    pub(crate) fn from_json(
        json: &asl::json::Spanned,
        file: FileId,
        map: &[(usize, usize)],
        holes: &[Hole],
    ) -> Self {
        let place = |span: asl::json::Span| {
            Span::new(
                file,
                source_of(map, span.start),
                source_of(map, span.end.saturating_sub(1)) + 1,
            )
        };
        let span = place(json.span);
        let kind = match &json.kind {
            asl::json::Kind::Null => Kind::Null,
            asl::json::Kind::Bool(flag) => Kind::Bool(*flag),
            asl::json::Kind::Number(number) => Kind::Number(number.clone()),
            asl::json::Kind::String(text) => Kind::Text(
                Text { text: text.clone(), holes: holes.to_vec(), map: vec![(0, span.start + 1)] }
                    .pruned(),
            ),
            asl::json::Kind::Array(items) => Kind::List(
                items.iter().map(|item| Self::from_json(item, file, map, holes)).collect(),
            ),
            asl::json::Kind::Object(fields) => Kind::Map(
                fields
                    .iter()
                    .map(|field| Entry {
                        key: field.key.clone(),
                        key_span: place(field.key_span),
                        value: Self::from_json(&field.value, file, map, holes),
                    })
                    .collect(),
            ),
        };
        Self::new(span, kind)
    }
}

impl Text {
    /// Without holes when none of its characters is one: a part of a text keeps only the holes it has.
    fn pruned(mut self) -> Self {
        let mut own = Vec::new();
        let mut text = String::with_capacity(self.text.len());
        for c in self.text.chars() {
            match hole_index(c).and_then(|index| self.holes.get(index)) {
                Some(hole) => {
                    let number = HOLE + own.len() as u32;
                    text.push(char::from_u32(number).unwrap_or('\u{FFFD}'));
                    own.push(hole.clone());
                }
                None => text.push(c),
            }
        }
        self.text = text;
        self.holes = own;
        self
    }
}
