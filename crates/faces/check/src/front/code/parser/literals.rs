//! What expressions are made of in the end: names, numbers, texts, lists, mappings, parentheses.

use super::super::ast::{Expr, Form, Piece};
use super::super::lexer::{self, Kind, Token, code_end};
use super::super::statements;
use super::{MAX_DEPTH, Parser, unknown};
use crate::source::Span;

impl Parser<'_> {
    /// One thing that operators stand between.
    pub(super) fn primary(&mut self) -> Expr {
        let token = self.peek();
        let span = self.span(token);
        match token.kind {
            Kind::Text => self.strings(),
            Kind::Number => {
                self.next();
                let text = self.word(token).replace('_', "");
                let form = serde_json::from_str(&text).map_or(Form::Unknown, Form::Number);
                Expr { span, form }
            }
            Kind::Name => {
                self.next();
                let form = match self.word(token) {
                    "True" | "true" => Form::Bool(true),
                    "False" | "false" => Form::Bool(false),
                    "None" | "null" | "undefined" => Form::Null,
                    name => Form::Name(name.to_owned()),
                };
                Expr { span, form }
            }
            Kind::Operator => match self.word(token) {
                "(" => self.parentheses(),
                "[" => self.list("]"),
                "{" => self.map(),
                ")" | "]" | "}" | "," | ":" | ";" => unknown(span.head()),
                _ => {
                    self.next();
                    unknown(span)
                }
            },
            Kind::Newline | Kind::End => unknown(span.head()),
        }
    }

    fn parentheses(&mut self) -> Expr {
        let start = self.peek();
        let list = self.list(")");
        let Form::List(mut items) = list.form else { return list };
        let is_tuple = items.len() != 1
            || self.text[start.start..list.span.end]
                .trim_end_matches(')')
                .trim_end()
                .ends_with(',');
        match items.pop() {
            Some(only) if !is_tuple => Expr { span: list.span, form: only.form },
            Some(last) => {
                items.push(last);
                Expr { span: list.span, form: Form::List(items) }
            }
            None => Expr { span: list.span, form: Form::List(items) },
        }
    }

    fn list(&mut self, close: &str) -> Expr {
        let start = self.next();
        let mut items = Vec::new();
        while !self.is(close) && !self.at_end() {
            let before = self.position();
            let is_spread = self.eat("...") || self.eat("*");
            let mut item = self.expression();
            if self.is("for") || is_spread {
                if self.is("for") {
                    self.skip_comprehension(close);
                }
                item = unknown(item.span);
            }
            items.push(item);
            self.separator(before, close);
        }
        let end = self.span(self.peek());
        self.eat(close);
        Expr { span: self.span(start).to(end), form: Form::List(items) }
    }

    fn map(&mut self) -> Expr {
        let start = self.next();
        let mut entries = Vec::new();
        while !self.is("}") && !self.at_end() {
            let before = self.position();
            if self.eat("...") || self.eat("**") {
                let value = self.expression();
                entries.push((None, value));
                self.separator(before, "}");
                continue;
            }
            let key = self.key();
            if self.is("(") {
                // A method.
                self.parameters();
                if self.is("{") {
                    statements::braces(self);
                }
            } else if self.eat(":") {
                let value = self.expression();
                entries.push(if self.is("for") {
                    self.skip_comprehension("}");
                    (None, unknown(value.span))
                } else {
                    (Some(key), value)
                });
            } else {
                // Shorthand in TypeScript, a set in Python.
                let value = match &key.form {
                    Form::Text(pieces) if !self.is_python() => match pieces.as_slice() {
                        [Piece::Text(name, _)] => {
                            Expr { span: key.span, form: Form::Name(name.clone()) }
                        }
                        _ => unknown(key.span),
                    },
                    _ => unknown(key.span),
                };
                if self.is("for") {
                    self.skip_comprehension("}");
                    entries.push((None, value));
                } else {
                    entries.push((Some(key), value));
                }
            }
            self.separator(before, "}");
        }
        let end = self.span(self.peek());
        self.eat("}");
        Expr { span: self.span(start).to(end), form: Form::Map(entries) }
    }

    /// A key: any expression in Python; a name is text in TypeScript.
    fn key(&mut self) -> Expr {
        let token = self.peek();
        if self.is_python() {
            return self.expression();
        }
        if token.kind == Kind::Name {
            self.next();
            let span = self.span(token);
            let pieces = vec![Piece::Text(self.word(token).to_owned(), vec![(0, token.start)])];
            return Expr { span, form: Form::Text(pieces) };
        }
        if self.eat("[") {
            let key = self.expression();
            self.eat("]");
            return key;
        }
        self.primary()
    }

    /// A string, or several one after the other.
    fn strings(&mut self) -> Expr {
        let mut span = self.span(self.peek());
        let mut pieces = Vec::new();
        while self.peek().kind == Kind::Text {
            let token = self.next();
            pieces.extend(self.pieces(token));
            span = span.to(self.span(token));
            if !self.is_python() {
                break;
            }
        }
        Expr { span, form: Form::Text(pieces) }
    }

    pub(super) fn pieces(&mut self, token: Token) -> Vec<Piece> {
        let word = self.word(token);
        let prefix = word.find(['"', '\'', '`']).unwrap_or(0);
        let flags = &word[..prefix];
        let quote = &word[prefix..(prefix + 1).min(word.len())];
        let is_triple = self.is_python()
            && word[prefix..].len() >= 6
            && word[prefix..].starts_with(&quote.repeat(3));
        let width = if is_triple { 3 } else { 1 };
        let inner_start = (token.start + prefix + width).min(token.end);
        let closed = word.len() >= prefix + 2 * width && word.ends_with(&quote.repeat(width));
        let inner_end = if closed { token.end - width } else { token.end }.max(inner_start);
        let is_raw = flags.contains(['r', 'R']);
        let reader =
            Strings { is_raw, is_format: flags.contains(['f', 'F']), is_template: quote == "`" };
        self.read_pieces(inner_start, inner_end, &reader)
    }

    fn read_pieces(&mut self, start: usize, end: usize, how: &Strings) -> Vec<Piece> {
        let bytes = self.text.as_bytes();
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut map = vec![(0, start)];
        let mut at = start;
        while at < end {
            let rest = &bytes[at..end];
            let mark = |text: &String, map: &mut Vec<(usize, usize)>, next: usize| {
                map.push((text.len(), next));
            };
            if how.is_format && (rest.starts_with(b"{{") || rest.starts_with(b"}}")) {
                text.push(char::from(rest[0]));
                at += 2;
                mark(&text, &mut map, at);
            } else if (how.is_format && rest[0] == b'{')
                || (how.is_template && rest.starts_with(b"${"))
            {
                let open = if how.is_template { 2 } else { 1 };
                let close = code_end(bytes, at + open, end);
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text), std::mem::take(&mut map)));
                }
                pieces.push(self.code_piece(at, open, close));
                at = close;
                map = vec![(0, at)];
            } else if rest[0] == b'\\' && !how.is_raw && rest.len() > 1 {
                let length = escape(&self.text[at + 1..end], &mut text);
                at += 1 + length;
                mark(&text, &mut map, at);
            } else {
                let c = self.text[at..end].chars().next().unwrap_or(' ');
                text.push(c);
                at += c.len_utf8();
            }
        }
        if !text.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Text(text, map));
        }
        pieces
    }

    fn code_piece(&mut self, at: usize, open: usize, close: usize) -> Piece {
        let span = Span::new(self.file, at, close);
        let inner_end = close.saturating_sub(1).max(at + open);
        if self.depth >= MAX_DEPTH {
            return Piece::Code(Box::new(unknown(span)), span);
        }
        let mut quiet = Vec::new();
        let tokens =
            lexer::tokens(self.text, at + open..inner_end, self.file, self.dialect, &mut quiet);
        let mut inner = Parser {
            text: self.text,
            tokens,
            at: 0,
            file: self.file,
            dialect: self.dialect,
            depth: self.depth + 1,
            faults: Vec::new(),
        };
        Piece::Code(Box::new(inner.expression()), span)
    }
}

/// How a string is read.
struct Strings {
    is_raw: bool,
    is_format: bool,
    is_template: bool,
}

/// Reads what follows a backslash; how many bytes that is.
fn escape(rest: &str, text: &mut String) -> usize {
    let c = rest.chars().next().unwrap_or('\\');
    let simple = match c {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        '0' => Some('\0'),
        '\\' | '\'' | '"' | '`' | '$' | '{' | '/' => Some(c),
        _ => None,
    };
    if c == '\n' {
        return 1;
    }
    if let Some(simple) = simple {
        text.push(simple);
        return c.len_utf8();
    }
    let digits = match c {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    let code = (digits > 0).then(|| rest.get(1..=digits)).flatten();
    if let Some(decoded) =
        code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32)
    {
        text.push(decoded);
        return 1 + digits;
    }
    text.push('\\');
    text.push(c);
    c.len_utf8()
}
