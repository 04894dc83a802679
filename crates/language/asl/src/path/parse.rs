//! Text to steps.

use super::filter::{self, Filter};
use super::function::{self, Function};
use super::{Path, PathError, Root};
use std::sync::Arc;

/// Paths are written by people; a text beyond this is not one, and the bound keeps every later pass bounded too.
const MAX_TEXT_BYTES: usize = 64 * 1024;
/// How deep filters may nest in filters and parentheses.
pub(super) const MAX_NESTING: usize = 32;

/// One step from a node to its descendants.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// `.name`, `['name']`
    Name(Box<str>),
    /// `['a','b']`
    Names(Box<[Box<str>]>),
    /// `[3]`, `[-1]`
    Index(i64),
    /// `[0,2]`
    Indices(Box<[i64]>),
    /// `[1:3]`
    Slice(Option<i64>, Option<i64>),
    /// `.*`, `[*]`
    Wildcard,
    /// `[?(...)]`
    Filter(Arc<Filter>),
    /// `..`: the next step applies to the node and all its descendants.
    Scan,
}

impl Step {
    /// Whether the step names one node at most; `last` because a union of names at the end yields one object.
    fn is_definite(&self, last: bool) -> bool {
        match self {
            Step::Name(_) | Step::Index(_) => true,
            Step::Names(_) => last,
            _ => false,
        }
    }
}

/// A place in a path's text.
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    pub(super) nesting: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, nesting: 0 }
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    pub(super) fn skip_spaces(&mut self) {
        while self.peek().is_some_and(|c| c.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    pub(super) fn error<T>(&self, message: impl Into<String>) -> Result<T, PathError> {
        Err(PathError { offset: self.at, message: message.into() })
    }

    pub(super) fn expect(&mut self, token: &str) -> Result<(), PathError> {
        if self.eat(token) { Ok(()) } else { self.error(format!("expected '{token}'")) }
    }

    pub(super) fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// A quoted text; the cursor stands on the opening quote.
    pub(super) fn quoted(&mut self) -> Result<String, PathError> {
        let opening = self.at;
        let quote = self.next();
        let mut text = String::new();
        while let Some(c) = self.next() {
            if Some(c) == quote {
                return Ok(text);
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            match self.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some('u') => match self.unicode_escape() {
                    Some(c) => text.push(c),
                    None => return self.error("malformed \\u escape"),
                },
                Some(other) => text.push(other),
                None => break,
            }
        }
        self.at = opening;
        self.error("quote without its end")
    }

    fn unicode_escape(&mut self) -> Option<char> {
        let digits = self.rest().get(..4)?;
        let code = u32::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        char::from_u32(code)
    }

    pub(super) fn integer(&mut self) -> Result<i64, PathError> {
        let start = self.at;
        self.eat("-");
        self.take_while(|c| c.is_ascii_digit());
        let digits = &self.text[start..self.at];
        digits.parse().or_else(|_| {
            self.at = start;
            self.error(if digits.is_empty() { "expected an index" } else { "index out of range" })
        })
    }
}

/// A whole path.
pub(super) fn path(text: &str) -> Result<Path, PathError> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(PathError { offset: MAX_TEXT_BYTES, message: "path is too long".into() });
    }
    // Jayway trims. AWS: published samples of Step Functions have spaces at the end.
    let mut cursor = Cursor::new(text.trim_end_matches(' '));
    if !cursor.eat("$") {
        return cursor.error("a path starts with '$'");
    }
    let root = root(&mut cursor)?;
    let (steps, function) = steps(&mut cursor, true)?;
    if !cursor.rest().is_empty() {
        return cursor.error("unexpected text");
    }
    Ok(finish(text, root, steps, function))
}

/// Steps read after a root, as a path of its own.
pub(super) fn finish(text: &str, root: Root, steps: Vec<Step>, function: Option<Function>) -> Path {
    let last = steps.len().wrapping_sub(1);
    let definite = function.is_some()
        || steps.iter().enumerate().all(|(at, step)| step.is_definite(at == last));
    Path {
        text: text.into(),
        root,
        steps: steps.into(),
        function: function.map(Arc::new),
        definite,
    }
}

fn root(cursor: &mut Cursor<'_>) -> Result<Root, PathError> {
    if cursor.eat("$") {
        return Ok(Root::Context);
    }
    let name = cursor.take_while(|c| c.is_alphanumeric() || c == '_');
    if name.is_empty() {
        return Ok(Root::Input);
    }
    if name.starts_with(|c: char| c.is_numeric()) {
        return cursor.error("a variable's name does not start with a digit");
    }
    Ok(Root::Variable(name.to_owned()))
}

/// Steps up to the first text that is none; `whole` when nothing else may follow a name (spaces belong to it then).
pub(super) fn steps(
    cursor: &mut Cursor<'_>,
    whole: bool,
) -> Result<(Vec<Step>, Option<Function>), PathError> {
    let mut steps = Vec::new();
    loop {
        match cursor.peek() {
            Some('.') => {
                if let Some(function) = dotted(cursor, &mut steps, whole)? {
                    return Ok((steps, Some(function)));
                }
            }
            Some('[') => steps.push(bracketed(cursor)?),
            _ => return Ok((steps, None)),
        }
    }
}

fn dotted(
    cursor: &mut Cursor<'_>,
    steps: &mut Vec<Step>,
    whole: bool,
) -> Result<Option<Function>, PathError> {
    cursor.expect(".")?;
    if cursor.eat(".") {
        steps.push(Step::Scan);
    }
    match cursor.peek() {
        None => cursor.error("path must not end with '.'"),
        Some('.') => cursor.error("unexpected '.'"),
        Some('[') => {
            steps.push(bracketed(cursor)?);
            Ok(None)
        }
        Some('*') => {
            cursor.expect("*")?;
            steps.push(Step::Wildcard);
            Ok(None)
        }
        Some(_) => name_or_function(cursor, steps, whole),
    }
}

fn name_or_function(
    cursor: &mut Cursor<'_>,
    steps: &mut Vec<Step>,
    whole: bool,
) -> Result<Option<Function>, PathError> {
    let start = cursor.at;
    let name = if whole {
        cursor.take_while(|c| !matches!(c, '.' | '[' | '(') && !c.is_ascii_whitespace())
    } else {
        cursor.take_while(|c| {
            !matches!(
                c,
                '.' | '[' | '(' | ')' | ']' | '=' | '!' | '<' | '>' | '&' | '|' | ',' | '~'
            ) && !c.is_ascii_whitespace()
        })
    };
    if name.is_empty() {
        return cursor.error("expected a name");
    }
    if cursor.peek() == Some('(') {
        let function = function::call(cursor, name).map_err(|error| {
            // Point at the name when it is the name that is wrong.
            if error.offset <= cursor.at {
                PathError { offset: start.max(error.offset.min(start)), ..error }
            } else {
                error
            }
        })?;
        return Ok(Some(function));
    }
    steps.push(Step::Name(name.into()));
    Ok(None)
}

fn bracketed(cursor: &mut Cursor<'_>) -> Result<Step, PathError> {
    cursor.expect("[")?;
    cursor.skip_spaces();
    let step = match cursor.peek() {
        Some('*') => {
            cursor.expect("*")?;
            Step::Wildcard
        }
        Some('\'' | '"') => names(cursor)?,
        Some('?') => {
            cursor.expect("?")?;
            Step::Filter(Arc::new(filter::bracket(cursor)?))
        }
        Some('-' | ':' | '0'..='9') => numbers(cursor)?,
        _ => return cursor.error("expected an index, a quoted name, '*' or '?('"),
    };
    cursor.skip_spaces();
    cursor.expect("]")?;
    Ok(step)
}

fn names(cursor: &mut Cursor<'_>) -> Result<Step, PathError> {
    let mut names = vec![cursor.quoted()?.into_boxed_str()];
    loop {
        cursor.skip_spaces();
        if !cursor.eat(",") {
            break;
        }
        cursor.skip_spaces();
        if !matches!(cursor.peek(), Some('\'' | '"')) {
            return cursor.error("expected a quoted name");
        }
        names.push(cursor.quoted()?.into_boxed_str());
    }
    if names.len() > 1 {
        return Ok(Step::Names(names.into()));
    }
    match names.pop() {
        Some(name) => Ok(Step::Name(name)),
        None => cursor.error("expected a quoted name"),
    }
}

fn numbers(cursor: &mut Cursor<'_>) -> Result<Step, PathError> {
    let first = if cursor.peek() == Some(':') { None } else { Some(cursor.integer()?) };
    cursor.skip_spaces();
    if cursor.eat(":") {
        cursor.skip_spaces();
        let to = if matches!(cursor.peek(), Some('-' | '0'..='9')) {
            Some(cursor.integer()?)
        } else {
            None
        };
        return Ok(Step::Slice(first, to));
    }
    let Some(first) = first else {
        return cursor.error("expected an index");
    };
    let mut indices = vec![first];
    while cursor.eat(",") {
        cursor.skip_spaces();
        indices.push(cursor.integer()?);
        cursor.skip_spaces();
    }
    Ok(if indices.len() == 1 { Step::Index(first) } else { Step::Indices(indices.into()) })
}
