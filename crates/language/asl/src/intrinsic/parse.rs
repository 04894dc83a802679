//! Text to calls.

use super::call::{Argument, Call, Function};
use super::format::Template;
use super::{IntrinsicError, MAX_NESTING};
use crate::path::Path;
use serde_json::Value;

/// An expression longer than this is not written by a person.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// A whole expression.
pub(super) fn expression(text: &str) -> Result<Call, IntrinsicError> {
    let mut parser = Parser { text, at: 0 };
    if text.len() > MAX_TEXT_BYTES {
        return parser.error("expression is too long");
    }
    parser.skip_spaces();
    let call = parser.call(1)?;
    parser.skip_spaces();
    if parser.at < text.len() { parser.error("unexpected text after the call") } else { Ok(call) }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn error<T>(&self, message: impl Into<String>) -> Result<T, IntrinsicError> {
        Err(IntrinsicError { offset: self.at.min(self.text.len()), message: message.into() })
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, token: char) -> bool {
        let found = self.peek() == Some(token);
        if found {
            self.at += token.len_utf8();
        }
        found
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(|c| c.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn call(&mut self, depth: usize) -> Result<Call, IntrinsicError> {
        let start = self.at;
        if depth > MAX_NESTING {
            return self.error(format!("calls nest more than {MAX_NESTING} levels deep"));
        }
        let rest = self.rest();
        let length =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
        let name = &rest[..length];
        let Some(function) = Function::named(name) else {
            return self.error(if name.is_empty() {
                "expected a call".to_owned()
            } else {
                format!("unknown function '{name}'")
            });
        };
        self.at += length;
        self.skip_spaces();
        if !self.eat('(') {
            return self.error("expected '('");
        }
        let arguments = self.arguments(function, depth)?;
        let (least, most) = function.arity();
        if arguments.len() < least || arguments.len() > most {
            self.at = start;
            return self.error(format!("{name} does not take {} arguments", arguments.len()));
        }
        Ok(Call { function, arguments: arguments.into() })
    }

    fn arguments(
        &mut self,
        function: Function,
        depth: usize,
    ) -> Result<Vec<Argument>, IntrinsicError> {
        let mut arguments = Vec::new();
        self.skip_spaces();
        if self.eat(')') {
            return Ok(arguments);
        }
        loop {
            self.skip_spaces();
            let template = function == Function::Format && arguments.is_empty();
            arguments.push(self.argument(template, depth)?);
            self.skip_spaces();
            if self.eat(')') {
                return Ok(arguments);
            }
            if !self.eat(',') {
                return self.error("expected ',' or ')'");
            }
        }
    }

    fn argument(&mut self, template: bool, depth: usize) -> Result<Argument, IntrinsicError> {
        match self.peek() {
            Some('\'') => {
                let raw = self.quoted()?;
                if template {
                    // A template that does not parse fails when it runs, as one read from the input does.
                    return Ok(Argument::Template(Template::parse(raw)));
                }
                Ok(Argument::Literal(Value::String(unescape(raw))))
            }
            Some('$') => self.path(),
            Some('S') => Ok(Argument::Call(Box::new(self.call(depth + 1)?))),
            Some(_) => self.literal(),
            None => self.error("expected an argument"),
        }
    }

    /// The raw text between single quotes.
    fn quoted(&mut self) -> Result<&'t str, IntrinsicError> {
        let opening = self.at;
        self.at += 1;
        let start = self.at;
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            match c {
                '\'' => return Ok(&self.text[start..self.at - 1]),
                '\\' => self.at += self.peek().map_or(0, char::len_utf8),
                _ => {}
            }
        }
        self.at = opening;
        self.error("string without its closing quote")
    }

    /// A path goes on to the comma or parenthesis that is not inside its own brackets, parentheses or quotes.
    fn path(&mut self) -> Result<Argument, IntrinsicError> {
        let start = self.at;
        let mut open = 0usize;
        let mut quote = None;
        while let Some(c) = self.peek() {
            match (quote, c) {
                (Some(_), '\\') => {
                    self.at += 1 + self.rest()[1..].chars().next().map_or(0, char::len_utf8);
                }
                (Some(closing), _) => {
                    if c == closing {
                        quote = None;
                    }
                    self.at += c.len_utf8();
                }
                (None, ',' | ')') if open == 0 => break,
                (None, _) => {
                    match c {
                        '[' | '(' => open += 1,
                        ']' | ')' => open = open.saturating_sub(1),
                        '\'' | '"' => quote = Some(c),
                        _ => {}
                    }
                    self.at += c.len_utf8();
                }
            }
        }
        let text = self.text[start..self.at].trim_end();
        match Path::parse(text) {
            Ok(path) => Ok(Argument::Path(path)),
            Err(error) => {
                Err(IntrinsicError { offset: start + error.offset, message: error.message })
            }
        }
    }

    fn literal(&mut self) -> Result<Argument, IntrinsicError> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| matches!(c, ',' | ')') || c.is_ascii_whitespace())
            .unwrap_or(rest.len());
        match serde_json::from_str::<Value>(&rest[..length]) {
            Ok(value @ (Value::Number(_) | Value::Bool(_) | Value::Null)) => {
                self.at += length;
                Ok(Argument::Literal(value))
            }
            _ => self.error(
                "expected a string in single quotes, a number, true, false, null, a path or a call",
            ),
        }
    }
}

/// Takes the backslash off the characters that must wear one: `'`, `{`, `}`, `\`.
///
/// UNVERIFIED: a backslash in front of anything else stays.
pub(super) fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(&escaped @ ('\'' | '{' | '}' | '\\'))) => {
                text.push(escaped);
                chars.next();
            }
            _ => text.push(c),
        }
    }
    text
}
