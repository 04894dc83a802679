//! Tokens to expressions, for both languages.

use super::ast::{Argument, Dialect, Expr, Form, Function, Piece, Statement};
use super::lexer::{self, Kind, Token, code_end};
use super::statements;
use crate::model::Fault;
use crate::source::{FileId, Span};
use std::rc::Rc;

/// How deep expressions may nest.
const MAX_DEPTH: usize = 64;

/// Reads a program; goes on after what it cannot read.
pub(super) fn parse(text: &str, file: FileId, dialect: Dialect) -> (Vec<Statement>, Vec<Fault>) {
    let mut faults = Vec::new();
    let tokens = lexer::tokens(text, 0..text.len(), file, dialect, &mut faults);
    let mut parser = Parser { text, tokens, at: 0, file, dialect, depth: 0, faults };
    let statements = statements::program(&mut parser);
    (statements, parser.faults)
}

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    pub(super) file: FileId,
    pub(super) dialect: Dialect,
    pub(super) depth: usize,
    pub(super) faults: Vec<Fault>,
}

impl<'t> Parser<'t> {
    pub(super) fn peek(&self) -> Token {
        self.ahead(0)
    }

    pub(super) fn ahead(&self, count: usize) -> Token {
        let last = self.tokens.len() - 1;
        self.tokens[(self.at + count).min(last)]
    }

    pub(super) fn next(&mut self) -> Token {
        let token = self.peek();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn rewind(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn word(&self, token: Token) -> &'t str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    pub(super) fn span(&self, token: Token) -> Span {
        Span::new(self.file, token.start, token.end)
    }

    /// Whether the next token is this operator or word.
    pub(super) fn is(&self, text: &str) -> bool {
        let token = self.peek();
        matches!(token.kind, Kind::Operator | Kind::Name) && self.word(token) == text
    }

    /// Steps over this operator or word, if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let is = self.is(text);
        if is {
            self.next();
        }
        is
    }

    pub(super) fn at_end(&self) -> bool {
        self.peek().kind == Kind::End
    }

    fn is_python(&self) -> bool {
        self.dialect == Dialect::Python
    }

    /// An expression; something unknown where none can be read. Always goes on, or stands before a closing sign.
    pub(super) fn expression(&mut self) -> Expr {
        let start = self.peek();
        if self.depth >= MAX_DEPTH {
            self.next();
            return unknown(self.span(start));
        }
        self.depth += 1;
        let found = if self.is_python() { self.python() } else { self.typescript() };
        self.depth -= 1;
        found
    }

    fn python(&mut self) -> Expr {
        if self.is("lambda") {
            return self.lambda();
        }
        let value = self.binary();
        if self.is("if") {
            self.next();
            let condition = self.binary();
            if self.eat("else") {
                let otherwise = self.expression();
                let span = value.span.to(otherwise.span);
                return Expr {
                    span,
                    form: Form::Choice(Box::new(condition), Box::new(value), Box::new(otherwise)),
                };
            }
        }
        value
    }

    fn typescript(&mut self) -> Expr {
        if let Some(function) = self.arrow() {
            return function;
        }
        let value = self.binary();
        if self.eat("?") {
            let then = self.expression();
            self.eat(":");
            let otherwise = self.expression();
            let span = value.span.to(otherwise.span);
            return Expr {
                span,
                form: Form::Choice(Box::new(value), Box::new(then), Box::new(otherwise)),
            };
        }
        value
    }

    fn lambda(&mut self) -> Expr {
        let start = self.next();
        let mut parameters = Vec::new();
        while !self.is(":") && !matches!(self.peek().kind, Kind::End | Kind::Newline) {
            let token = self.next();
            if token.kind == Kind::Name {
                parameters.push(self.word(token).to_owned());
            } else if self.word(token) == "=" {
                self.expression();
            }
        }
        self.eat(":");
        let value = self.expression();
        let span = self.span(start).to(value.span);
        let function = Function { parameters, body: vec![Statement::Return(value)] };
        Expr { span, form: Form::Function(Rc::new(function)) }
    }

    /// `x => …`, `(a, b) => …`, `async … => …`, `function (…) { … }`.
    fn arrow(&mut self) -> Option<Expr> {
        let from = self.position();
        let start = self.peek();
        if self.is("async") && !matches!(self.word(self.ahead(1)), "." | "=") {
            self.next();
        }
        let parameters = if self.eat("function") {
            if self.peek().kind == Kind::Name {
                self.next();
            }
            self.parameters()
        } else if self.peek().kind == Kind::Name && self.word(self.ahead(1)) == "=>" {
            let name = self.next();
            self.next();
            Some(vec![self.word(name).to_owned()])
        } else if self.is("(") {
            self.parameters().filter(|_| self.eat("=>"))
        } else {
            None
        };
        let Some(parameters) = parameters else {
            self.rewind(from);
            return None;
        };
        let body = if self.is("{") {
            statements::braces(self)
        } else {
            vec![Statement::Return(self.expression())]
        };
        let end = self.tokens[self.at.saturating_sub(1)];
        let span = self.span(start).to(self.span(end));
        Some(Expr { span, form: Form::Function(Rc::new(Function { parameters, body })) })
    }

    /// `(a: T, [b, c], { d })` and a return type; names in patterns are joined by commas.
    pub(super) fn parameters(&mut self) -> Option<Vec<String>> {
        if !self.eat("(") {
            return None;
        }
        let mut names = Vec::new();
        let mut depth = 0_usize;
        let (mut is_type, mut pattern) = (false, String::new());
        loop {
            let token = self.next();
            let word = self.word(token);
            match word {
                _ if token.kind == Kind::End => return None,
                ")" if depth == 0 => break,
                "[" | "{" | "(" | "<" => depth += 1,
                "]" | "}" | ")" | ">" => depth = depth.saturating_sub(1),
                ":" if depth == 0 => is_type = true,
                "=" if depth == 0 => {
                    self.expression();
                }
                "," if depth == 0 => {
                    names.push(std::mem::take(&mut pattern));
                    is_type = false;
                }
                "..." | "*" | "**" | "/" => {}
                _ if is_type => {}
                _ if token.kind == Kind::Name => {
                    if !pattern.is_empty() {
                        pattern.push(',');
                    }
                    pattern.push_str(word);
                }
                "," => {}
                _ => return None,
            }
        }
        if !pattern.is_empty() {
            names.push(pattern);
        }
        if self.is(":") && !self.is_python() {
            // A return type goes up to the arrow or the body.
            self.next();
            while !self.is("=>") && !self.is("{") && !self.is(";") && !self.at_end() {
                self.next();
            }
        }
        Some(names)
    }

    /// Operators of all ranks from left to right: ranks do not matter for what is looked for.
    fn binary(&mut self) -> Expr {
        let mut left = self.unary();
        loop {
            let token = self.peek();
            let operator = match self.word(token) {
                _ if !matches!(token.kind, Kind::Operator | Kind::Name) => return left,
                "+" => "+",
                "%" => "%",
                "or" | "||" | "??" => "or",
                "and" | "&&" => "and",
                "-" | "*" | "/" | "//" | "**" | "|" | "&" | "^" | "==" | "!=" | "===" | "!=="
                | "<" | ">" | "<=" | ">=" | "in" | "is" | "instanceof" => "?",
                "not" if self.is_python() && self.word(self.ahead(1)) == "in" => {
                    self.next();
                    "?"
                }
                "as" | "satisfies" if !self.is_python() => {
                    self.next();
                    self.skip_type();
                    continue;
                }
                _ => return left,
            };
            self.next();
            let right = self.unary();
            let span = left.span.to(right.span);
            left = Expr { span, form: Form::Binary(operator, Box::new(left), Box::new(right)) };
        }
    }

    fn skip_type(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.word(self.peek()) {
                _ if self.at_end() => return,
                "<" | "[" | "{" | "(" => depth += 1,
                ">" | "]" | "}" | ")" if depth > 0 => depth -= 1,
                ")" | "]" | "}" | "," | ";" | "=" | "?" | ":" if depth == 0 => return,
                _ => {}
            }
            self.next();
        }
    }

    fn unary(&mut self) -> Expr {
        let start = self.peek();
        let word = self.word(start);
        let is_sign =
            start.kind == Kind::Operator && matches!(word, "-" | "+" | "!" | "~" | "*" | "**");
        let is_word = start.kind == Kind::Name
            && matches!(word, "not" | "await" | "typeof" | "void" | "new" | "yield");
        let is_keyword = match word {
            "not" | "await" => true,
            "yield" => self.is_python(),
            "typeof" | "void" | "new" => !self.is_python(),
            _ => false,
        };
        if !(is_sign || is_word && is_keyword) || self.depth >= MAX_DEPTH {
            return self.postfix();
        }
        self.next();
        self.depth += 1;
        let value = self.unary();
        self.depth -= 1;
        let span = self.span(start).to(value.span);
        let form = match (word, value.form) {
            ("-", Form::Number(number)) => {
                match number.as_f64().and_then(|float| serde_json::Number::from_f64(-float)) {
                    Some(_) if number.is_i64() => {
                        Form::Number((-number.as_i64().unwrap_or_default()).into())
                    }
                    Some(negative) => Form::Number(negative),
                    None => Form::Unknown,
                }
            }
            ("await" | "new" | "+", form) => form,
            _ => Form::Unknown,
        };
        Expr { span, form }
    }

    fn postfix(&mut self) -> Expr {
        let mut value = self.primary();
        loop {
            let token = self.peek();
            if token.kind == Kind::Text && !self.is_python() && self.word(token).starts_with('`') {
                let token = self.next();
                let pieces = self.pieces(token);
                let span = value.span.to(self.span(token));
                value = Expr { span, form: Form::Tagged(pieces) };
                continue;
            }
            if token.kind != Kind::Operator {
                return value;
            }
            match self.word(token) {
                "." | "?." => {
                    self.next();
                    let name = self.peek();
                    if name.kind == Kind::Name {
                        self.next();
                        let span = value.span.to(self.span(name));
                        value = Expr {
                            span,
                            form: Form::Attribute(Box::new(value), self.word(name).to_owned()),
                        };
                    }
                }
                "!" if !self.is_python() => drop(self.next()),
                "<" if !self.is_python() && self.skip_type_arguments() => {}
                "(" => value = self.call(value),
                "[" => {
                    self.next();
                    let index = self.expression();
                    self.skip_to("]");
                    let close = self.tokens[self.at.saturating_sub(1)];
                    let span = value.span.to(self.span(close));
                    value = Expr { span, form: Form::Index(Box::new(value), Box::new(index)) };
                }
                _ => return value,
            }
        }
    }

    /// `<T>` before an argument list.
    fn skip_type_arguments(&mut self) -> bool {
        let from = self.position();
        let mut depth = 0_usize;
        for _ in 0..64 {
            let token = self.next();
            match self.word(token) {
                _ if token.kind == Kind::End => break,
                "<" => depth += 1,
                ">" => {
                    depth -= 1;
                    if depth == 0 && self.is("(") {
                        return true;
                    }
                    if depth == 0 {
                        break;
                    }
                }
                ";" | "(" | ")" | "=" | "&&" | "||" => break,
                _ => {}
            }
        }
        self.rewind(from);
        false
    }

    fn call(&mut self, callee: Expr) -> Expr {
        self.next();
        let mut arguments = Vec::new();
        while !self.is(")") && !self.at_end() {
            let before = self.position();
            let is_spread = self.eat("**") || self.eat("*") || self.eat("...");
            let name = self.peek();
            let is_named = self.is_python()
                && name.kind == Kind::Name
                && self.word(self.ahead(1)) == "="
                && self.ahead(1).kind == Kind::Operator;
            let name = is_named.then(|| {
                self.next();
                self.next();
                (self.word(name).to_owned(), self.span(name))
            });
            let mut value = self.expression();
            if self.is("for") {
                self.skip_comprehension(")");
                value = unknown(value.span);
            }
            arguments.push(Argument { name, value, is_spread });
            self.separator(before, ")");
        }
        let end = self.span(self.peek());
        self.eat(")");
        Expr { span: callee.span.to(end), form: Form::Call(Box::new(callee), arguments) }
    }

    /// Between items: a comma, or the closing sign. Whatever else is stepped over.
    fn separator(&mut self, before: usize, close: &str) {
        if self.eat(",") || self.is(close) {
            return;
        }
        if matches!(self.word(self.peek()), ")" | "]" | "}") || self.peek().kind == Kind::Newline {
            // Another bracket closes here: the reader above goes on with it.
            self.eat(close);
            if self.position() == before {
                self.next();
            }
            return;
        }
        if self.position() == before {
            self.next();
        }
    }

    /// Steps over everything up to a closing sign, and over it.
    fn skip_to(&mut self, close: &str) {
        let mut depth = 0_usize;
        while !self.at_end() {
            let token = self.next();
            match self.word(token) {
                word if depth == 0 && word == close => return,
                _ if token.kind != Kind::Operator => {}
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Steps over the rest of a comprehension, up to before its closing sign.
    fn skip_comprehension(&mut self, close: &str) {
        let mut depth = 0_usize;
        while !self.at_end() && (depth > 0 || !self.is(close)) {
            let token = self.next();
            match self.word(token) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn primary(&mut self) -> Expr {
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

    fn pieces(&mut self, token: Token) -> Vec<Piece> {
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

fn unknown(span: Span) -> Expr {
    Expr { span, form: Form::Unknown }
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
