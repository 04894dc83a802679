//! Tokens to expressions, for both languages.

mod literals;

use super::ast::{Argument, Dialect, Expr, Form, Function, Statement};
use super::lexer::{self, Kind, Token};
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
}

fn unknown(span: Span) -> Expr {
    Expr { span, form: Form::Unknown }
}
