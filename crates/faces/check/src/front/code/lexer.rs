//! Text to tokens, for both languages.

use super::ast::Dialect;
use crate::model::{Fault, FaultKind};
use crate::source::{FileId, Span};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Number,
    /// A string, quotes and prefix included.
    Text,
    Operator,
    /// The end of a logical line (Python).
    Newline,
    End,
}

/// A token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Columns before the first token of its line, if it is the first of a line.
    pub(super) indent: Option<usize>,
}

/// Operators of two and three characters; everything else is one.
const LONG: &[&str] = &[
    "===", "!==", "**=", "//=", ">>=", "<<=", "...", "=>", "==", "!=", "<=", ">=", "->", ":=",
    "**", "//", "+=", "-=", "*=", "/=", "&&", "||", "??", "?.", "%=", "|=", "&=",
];

/// Reads a range of a text into tokens; the last is an `End`.
pub(super) fn tokens(
    text: &str,
    range: std::ops::Range<usize>,
    file: FileId,
    dialect: Dialect,
    faults: &mut Vec<Fault>,
) -> Vec<Token> {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: range.start,
        end: range.end,
        file,
        dialect,
        open: Vec::new(),
        found: Vec::new(),
        faults,
        line_start: true,
        indent: 0,
    };
    lexer.run();
    lexer.found
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    end: usize,
    file: FileId,
    dialect: Dialect,
    /// Places of open brackets.
    open: Vec<usize>,
    found: Vec<Token>,
    faults: &'a mut Vec<Fault>,
    line_start: bool,
    indent: usize,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        let at = self.at + ahead;
        (at < self.end).then(|| self.bytes[at])
    }

    fn run(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\n' => self.newline(),
                b' ' | b'\t' | b'\r' | 0x0c => {
                    self.at += 1;
                    if self.line_start {
                        self.indent += 1;
                    }
                }
                b'\\' if self.peek(1) == Some(b'\n') => self.at += 2,
                b'#' if self.dialect == Dialect::Python => self.skip_line(),
                b'/' if self.dialect == Dialect::TypeScript && self.peek(1) == Some(b'/') => {
                    self.skip_line();
                }
                b'/' if self.dialect == Dialect::TypeScript && self.peek(1) == Some(b'*') => {
                    self.skip_block();
                }
                _ => self.token(byte),
            }
        }
        let (at, file) = (self.end, self.file);
        for open in std::mem::take(&mut self.open) {
            self.never_closed(open, file);
        }
        if self.dialect == Dialect::Python {
            self.push(Kind::Newline, at);
        }
        self.push(Kind::End, at);
    }

    fn push(&mut self, kind: Kind, start: usize) {
        let indent = self.line_start.then_some(self.indent);
        self.line_start = false;
        self.found.push(Token { kind, start, end: self.at, indent });
    }

    fn never_closed(&mut self, open: usize, file: FileId) {
        let bracket = char::from(self.bytes[open]);
        self.faults.push(Fault {
            kind: FaultKind::Syntax,
            span: Span::new(file, open, open + 1),
            message: format!("this '{bracket}' is never closed"),
            says: (self.dialect == Dialect::Python)
                .then(|| format!("SyntaxError: '{bracket}' was never closed")),
            correction: None,
        });
    }

    fn newline(&mut self) {
        if self.open.is_empty() && self.dialect == Dialect::Python {
            if self.found.last().is_some_and(|token| token.kind != Kind::Newline) {
                self.push(Kind::Newline, self.at);
            }
        } else if self.dialect == Dialect::Python && self.starts_statement(self.at + 1) {
            // A statement at the margin inside brackets: a bracket before it was never closed.
            let file = self.file;
            if let Some(open) = self.open.first().copied() {
                self.never_closed(open, file);
            }
            self.open.clear();
            self.push(Kind::Newline, self.at);
        }
        self.at += 1;
        self.line_start = true;
        self.indent = 0;
    }

    /// Whether a statement starts at the margin here: `name =`, `import`, `def` ...
    fn starts_statement(&self, at: usize) -> bool {
        let rest = &self.text[at.min(self.end)..self.end];
        let line = rest.lines().next().unwrap_or_default();
        let word: String = line.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if word.is_empty() {
            return false;
        }
        if ["import", "from", "def", "class"].contains(&word.as_str()) {
            return line[word.len()..].starts_with(' ');
        }
        line[word.len()..].starts_with(" = ")
    }

    fn skip_line(&mut self) {
        while self.peek(0).is_some_and(|byte| byte != b'\n') {
            self.at += 1;
        }
    }

    fn skip_block(&mut self) {
        let length = self.text[self.at..self.end].find("*/");
        self.at = length.map_or(self.end, |length| self.at + length + 2);
    }

    fn token(&mut self, byte: u8) {
        let start = self.at;
        if let Some(quote) = self.string_start() {
            self.string(start, quote);
        } else if byte.is_ascii_digit() {
            while self.peek(0).is_some_and(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_')
            {
                self.at += 1;
            }
            self.push(Kind::Number, start);
        } else if byte == b'_' || byte == b'$' || byte.is_ascii_alphabetic() || byte >= 0x80 {
            while self
                .peek(0)
                .is_some_and(|b| b == b'_' || b == b'$' || b.is_ascii_alphanumeric() || b >= 0x80)
            {
                self.at += 1;
            }
            self.push(Kind::Name, start);
        } else {
            self.operator(start, byte);
        }
    }

    fn operator(&mut self, start: usize, byte: u8) {
        let rest = &self.bytes[start..self.end];
        let long = LONG.iter().find(|long| rest.starts_with(long.as_bytes()));
        let is_comment_sign = self.dialect == Dialect::TypeScript;
        let length =
            long.filter(|long| !(is_comment_sign && **long == "//")).map_or(1, |long| long.len());
        self.at += length;
        match byte {
            b'(' | b'[' | b'{' => self.open.push(start),
            b')' | b']' | b'}' => {
                let fits =
                    |open: u8| matches!((open, byte), (b'(', b')') | (b'[', b']') | (b'{', b'}'));
                match self.open.last().copied() {
                    Some(open) if fits(self.bytes[open]) => drop(self.open.pop()),
                    _ => self.wrong_close(start, byte),
                }
            }
            _ => {}
        }
        self.push(Kind::Operator, start);
    }

    fn wrong_close(&mut self, start: usize, byte: u8) {
        let bracket = char::from(byte);
        let says = format!("SyntaxError: unmatched '{bracket}'");
        self.faults.push(Fault {
            kind: FaultKind::Syntax,
            span: Span::new(self.file, start, start + 1),
            message: format!("this '{bracket}' closes nothing"),
            says: (self.dialect == Dialect::Python).then_some(says),
            correction: None,
        });
        let fits = |open: u8| matches!((open, byte), (b'(', b')') | (b'[', b']') | (b'{', b'}'));
        if let Some(index) = self.open.iter().rposition(|open| fits(self.bytes[*open])) {
            self.open.truncate(index);
        }
    }

    /// The offset of the quote when a string starts here.
    fn string_start(&self) -> Option<usize> {
        let is_quote = |byte: Option<u8>| match self.dialect {
            Dialect::Python => matches!(byte, Some(b'"' | b'\'')),
            Dialect::TypeScript => matches!(byte, Some(b'"' | b'\'' | b'`')),
        };
        let is_prefix = |byte: Option<u8>| {
            matches!(byte, Some(b'r' | b'R' | b'f' | b'F' | b'b' | b'B' | b'u' | b'U' | b't'))
        };
        if is_quote(self.peek(0)) {
            Some(0)
        } else if self.dialect == Dialect::Python
            && is_prefix(self.peek(0))
            && is_quote(self.peek(1))
        {
            Some(1)
        } else if self.dialect == Dialect::Python
            && is_prefix(self.peek(0))
            && is_prefix(self.peek(1))
            && is_quote(self.peek(2))
        {
            Some(2)
        } else {
            None
        }
    }

    fn string(&mut self, start: usize, prefix: usize) {
        let quote = self.bytes[start + prefix];
        let triple = self.dialect == Dialect::Python
            && self.peek(prefix + 1) == Some(quote)
            && self.peek(prefix + 2) == Some(quote);
        self.at += prefix + if triple { 3 } else { 1 };
        let is_multiline = triple || quote == b'`';
        loop {
            match self.peek(0) {
                None => break self.unterminated(start, prefix, triple),
                Some(b'\n') if !is_multiline => break self.unterminated(start, prefix, triple),
                Some(b'\\') => self.at = (self.at + 2).min(self.end),
                Some(b'$') if quote == b'`' && self.peek(1) == Some(b'{') => {
                    self.skip_template_code();
                }
                Some(byte) if byte == quote => {
                    if !triple {
                        self.at += 1;
                        break;
                    }
                    if self.peek(1) == Some(quote) && self.peek(2) == Some(quote) {
                        self.at += 3;
                        break;
                    }
                    self.at += 1;
                }
                Some(_) => self.at += 1,
            }
        }
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        self.push(Kind::Text, start);
    }

    /// Steps over `${ ... }`, strings and braces inside included.
    fn skip_template_code(&mut self) {
        self.at = code_end(self.bytes, self.at + 2, self.end);
    }

    fn unterminated(&mut self, start: usize, prefix: usize, triple: bool) {
        let says = if triple {
            "SyntaxError: unterminated triple-quoted string literal"
        } else {
            "SyntaxError: unterminated string literal"
        };
        self.faults.push(Fault {
            kind: FaultKind::Syntax,
            span: Span::new(self.file, start, start + prefix + if triple { 3 } else { 1 }),
            message: "this string has no end".to_owned(),
            says: (self.dialect == Dialect::Python).then(|| says.to_owned()),
            correction: None,
        });
    }
}

/// After the brace that closes code inside a string.
pub(super) fn code_end(bytes: &[u8], from: usize, end: usize) -> usize {
    let mut depth = 1_usize;
    let mut at = from;
    let mut quote = None;
    while at < end {
        let byte = bytes[at];
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), b'\\') => at += 1,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'{') => depth += 1,
            (None, b'}') => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    end
}
