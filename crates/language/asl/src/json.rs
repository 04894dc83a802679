//! JSON text to values that know where they stand in the text, with faults a person can act on.
//!
//! Unlike a data parser it goes on after a fault, so that a comment and a trailing comma in one definition are both reported, and it keeps
//! duplicate keys.

mod literal;
mod parse;
mod position;
#[cfg(test)]
mod tests;

pub use position::{LineIndex, Position, Span};

use serde_json::Value;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned {
    /// From the first to after the last byte of the value.
    pub span: Span,
    /// The value.
    pub kind: Kind,
}

/// What a [`Spanned`] is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Spanned>),
    /// An object: fields in order, duplicates kept.
    Object(Vec<Field>),
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Where the key stands, quotes included.
    pub key_span: Span,
    /// The key.
    pub key: String,
    /// The value.
    pub value: Spanned,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// A `//` or `/* */` comment.
    Comment,
    /// A comma before `]` or `}`.
    TrailingComma,
    /// A missing comma between two members.
    MissingComma,
    /// A missing `:` after a key.
    MissingColon,
    /// A string or key in single quotes.
    SingleQuotes,
    /// A key without quotes.
    UnquotedKey,
    /// `NaN`, `Infinity`, `undefined`, `None`, `True` ...
    NotJsonWord,
    /// A malformed number.
    Number,
    /// A string without its end.
    UnterminatedString,
    /// A raw control character in a string.
    ControlCharacter,
    /// A wrong escape in a string.
    Escape,
    /// An array or object without its end.
    Unclosed,
    /// A byte order mark at the start.
    ByteOrderMark,
    /// The same key twice in one object.
    DuplicateKey,
    /// Nested beyond [`MAX_DEPTH`].
    TooDeep,
    /// More text after the value.
    TrailingText,
    /// Anything else that does not belong.
    Unexpected,
    /// No value at all.
    Empty,
}

/// One thing wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// Which rule.
    pub kind: ProblemKind,
    /// What is wrong and what to do, one sentence without a full stop.
    pub message: String,
}

/// How deep arrays and objects may nest.
pub const MAX_DEPTH: usize = 128;

/// How many problems one text may show before reading it stops.
pub const MAX_PROBLEMS: usize = 64;

/// Parses a text as far as it goes. Without problems the value is exactly the JSON value; with problems
/// it is the best guess, or nothing. At most [`MAX_PROBLEMS`] problems are reported.
pub fn parse(text: &str) -> (Option<Spanned>, Vec<Problem>) {
    parse::document(text)
}

impl Spanned {
    /// The value without positions; of duplicate keys the last wins.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(flag) => Value::Bool(*flag),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::String(text) => Value::String(text.clone()),
            Kind::Array(items) => Value::Array(items.iter().map(Spanned::to_value).collect()),
            Kind::Object(fields) => Value::Object(
                fields.iter().map(|field| (field.key.clone(), field.value.to_value())).collect(),
            ),
        }
    }

    /// The last field named `key`, if this is an object that has it.
    pub fn field(&self, key: &str) -> Option<&Field> {
        match &self.kind {
            Kind::Object(fields) => fields.iter().rev().find(|field| field.key == key),
            _ => None,
        }
    }

    /// The value under `key`, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Spanned> {
        self.field(key).map(|field| &field.value)
    }

    /// The string, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The items, if this is an array.
    pub fn as_array(&self) -> Option<&[Spanned]> {
        match &self.kind {
            Kind::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The fields, if this is an object.
    pub fn as_object(&self) -> Option<&[Field]> {
        match &self.kind {
            Kind::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// The value at a JSON pointer (`/States/A/Type`).
    pub fn pointer(&self, pointer: &str) -> Option<&Spanned> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self, |at, step| {
            let step = step.replace("~1", "/").replace("~0", "~");
            match &at.kind {
                Kind::Array(items) => items.get(step.parse::<usize>().ok()?),
                _ => at.get(&step),
            }
        })
    }
}
