//! Arrays, objects and what goes wrong around them.

use super::{Field, Kind, MAX_DEPTH, MAX_PROBLEMS, Problem, ProblemKind, Span, Spanned};
use std::collections::HashSet;

/// Objects up to this many fields are searched for duplicates one by one.
const SMALL_OBJECT: usize = 8;

/// Reads a whole text.
pub(super) fn document(text: &str) -> (Option<Spanned>, Vec<Problem>) {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, depth: 0, problems: Vec::new() };
    if text.starts_with('\u{feff}') {
        reader.at = '\u{feff}'.len_utf8();
        reader.report(
            0,
            ProblemKind::ByteOrderMark,
            "the text starts with a byte order mark; save it as UTF-8 without one",
        );
    }
    reader.skip_trivia();
    if reader.at == reader.bytes.len() {
        reader.report(reader.at, ProblemKind::Empty, "there is no JSON value in the text");
        return (None, reader.problems);
    }
    let value = reader.value();
    reader.skip_trivia();
    if reader.at < reader.bytes.len() && !reader.is_full() {
        let start = reader.at;
        reader.at = reader.bytes.len();
        reader.report(
            start,
            ProblemKind::TrailingText,
            "unexpected text after the end of the JSON value",
        );
    }
    (value, reader.problems)
}

/// A place in a text being read.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) bytes: &'t [u8],
    pub(super) at: usize,
    depth: usize,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// Reports a problem from `start` to where the reader is, at least one character long.
    pub(super) fn report(&mut self, start: usize, kind: ProblemKind, message: impl Into<String>) {
        self.report_span(Span { start, end: self.at.max(start) }, kind, message);
    }

    pub(super) fn report_span(
        &mut self,
        span: Span,
        kind: ProblemKind,
        message: impl Into<String>,
    ) {
        if self.is_full() {
            return;
        }
        self.problems.push(Problem { span, kind, message: message.into() });
        if self.is_full() {
            // Nothing after this would be reported: stop at once, whatever is open.
            self.at = self.bytes.len();
        }
    }

    fn is_full(&self) -> bool {
        self.problems.len() >= MAX_PROBLEMS
    }

    /// Steps over one character, whatever it is.
    pub(super) fn skip_char(&mut self) {
        let length = self.text[self.at..].chars().next().map_or(0, char::len_utf8);
        self.at += length;
    }

    /// Steps over white space, and over comments with a report.
    fn skip_trivia(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(b'/') if self.peek_at(1) == Some(b'/') => self.line_comment(),
                Some(b'#') => self.line_comment(),
                Some(b'/') if self.peek_at(1) == Some(b'*') => self.block_comment(),
                _ => return,
            }
        }
    }

    fn line_comment(&mut self) {
        let start = self.at;
        let length = self.bytes[start..].iter().position(|byte| *byte == b'\n');
        self.at = length.map_or(self.bytes.len(), |length| start + length);
        let sign = if self.bytes[start] == b'#' { "#" } else { "//" };
        let message = format!(
            "JSON has no comments: remove the '{sign}' comment or put it into a \"Comment\" field"
        );
        self.report(start, ProblemKind::Comment, message);
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let end = self.text[start + 2..].find("*/");
        self.at = end.map_or(self.bytes.len(), |end| start + 2 + end + 2);
        let message = if end.is_some() {
            "JSON has no comments: remove the '/* */' comment or put it into a \"Comment\" field"
        } else {
            "JSON has no comments, and this '/*' has no '*/'"
        };
        self.report(start, ProblemKind::Comment, message);
    }

    /// Reads a value; nothing when no value starts here (the reader then stands where it stood).
    fn value(&mut self) -> Option<Spanned> {
        self.skip_trivia();
        let start = self.at;
        let kind = match self.peek()? {
            b'{' | b'[' if self.depth >= MAX_DEPTH => {
                self.skip_nested();
                let message = format!("arrays and objects nest more than {MAX_DEPTH} levels deep");
                self.report(start, ProblemKind::TooDeep, message);
                Kind::Null
            }
            b'{' => self.object(),
            b'[' => self.array(),
            b'"' => Kind::String(self.string(b'"')),
            b'\'' => {
                let text = self.string(b'\'');
                self.report(
                    start,
                    ProblemKind::SingleQuotes,
                    "strings are written in double quotes",
                );
                Kind::String(text)
            }
            b'-' | b'+' | b'.' | b'0'..=b'9' => self.number(),
            byte if byte.is_ascii_alphabetic() => self.word(),
            _ => return None,
        };
        Some(Spanned { span: Span { start, end: self.at }, kind })
    }

    fn array(&mut self) -> Kind {
        let start = self.at;
        self.at += 1;
        self.depth += 1;
        let mut items = Vec::new();
        loop {
            self.skip_trivia();
            match self.peek() {
                None => {
                    self.report_unclosed(start, "[", "]");
                    break;
                }
                Some(b']') => {
                    self.at += 1;
                    break;
                }
                Some(b'}') => {
                    self.mismatched('}', ']');
                    break;
                }
                Some(b',') => {
                    self.at += 1;
                    self.report(
                        self.at - 1,
                        ProblemKind::Unexpected,
                        "expected a value before this comma",
                    );
                }
                Some(_) => match self.value() {
                    Some(item) => {
                        items.push(item);
                        self.after_member(b']');
                    }
                    None => self.unexpected("expected a value"),
                },
            }
        }
        self.depth -= 1;
        Kind::Array(items)
    }

    fn object(&mut self) -> Kind {
        let start = self.at;
        self.at += 1;
        self.depth += 1;
        let mut fields: Vec<Field> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        loop {
            self.skip_trivia();
            match self.peek() {
                None => {
                    self.report_unclosed(start, "{", "}");
                    break;
                }
                Some(b'}') => {
                    self.at += 1;
                    break;
                }
                Some(b']') => {
                    self.mismatched(']', '}');
                    break;
                }
                Some(b',') => {
                    self.at += 1;
                    self.report(
                        self.at - 1,
                        ProblemKind::Unexpected,
                        "expected a key before this comma",
                    );
                }
                Some(_) => {
                    if let Some(field) = self.field() {
                        self.check_duplicate(&field, &fields, &mut seen);
                        fields.push(field);
                        self.after_member(b'}');
                    } else {
                        self.unexpected("expected a key in double quotes");
                    }
                }
            }
        }
        self.depth -= 1;
        Kind::Object(fields)
    }

    fn check_duplicate(&mut self, field: &Field, fields: &[Field], seen: &mut HashSet<String>) {
        let duplicate = if fields.len() < SMALL_OBJECT {
            fields.iter().any(|earlier| earlier.key == field.key)
        } else {
            if seen.is_empty() {
                seen.extend(fields.iter().map(|earlier| earlier.key.clone()));
            }
            !seen.insert(field.key.clone())
        };
        if duplicate {
            let message = format!("the key {:?} is already used in this object", field.key);
            self.report_span(field.key_span, ProblemKind::DuplicateKey, message);
        }
    }

    fn field(&mut self) -> Option<Field> {
        let start = self.at;
        let key = match self.peek()? {
            b'"' => self.string(b'"'),
            b'\'' => {
                let key = self.string(b'\'');
                self.report(start, ProblemKind::SingleQuotes, "keys are written in double quotes");
                key
            }
            byte if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' => {
                let key = self.bare_word().to_owned();
                self.report(
                    start,
                    ProblemKind::UnquotedKey,
                    format!("the key {key:?} is not in double quotes"),
                );
                key
            }
            _ => return None,
        };
        let key_span = Span { start, end: self.at };
        self.skip_trivia();
        match self.peek() {
            Some(b':') => self.at += 1,
            Some(b'=') => {
                self.at += 1;
                self.report(
                    self.at - 1,
                    ProblemKind::MissingColon,
                    format!("expected ':' after the key {key:?}, not '='"),
                );
            }
            _ => self.report_span(
                key_span,
                ProblemKind::MissingColon,
                format!("expected ':' after the key {key:?}"),
            ),
        }
        let value = self.value().unwrap_or_else(|| {
            let here = Span { start: self.at, end: self.at };
            self.report_span(
                here,
                ProblemKind::Unexpected,
                format!("expected a value for the key {key:?}"),
            );
            Spanned { span: here, kind: Kind::Null }
        });
        Some(Field { key_span, key, value })
    }

    /// After an item or field: a comma, the end, or a fault that is one of the two forgotten.
    fn after_member(&mut self, end: u8) {
        let member_end = self.at;
        self.skip_trivia();
        match self.peek() {
            Some(b',') => {
                let comma = self.at;
                self.at += 1;
                self.skip_trivia();
                if self.peek() == Some(end) {
                    let span = Span { start: comma, end: comma + 1 };
                    let message = format!("remove the comma before '{}'", char::from(end));
                    self.report_span(span, ProblemKind::TrailingComma, message);
                }
            }
            None | Some(b']' | b'}') => {}
            Some(byte)
                if matches!(byte, b'"' | b'\'' | b'{' | b'[' | b'-')
                    || byte.is_ascii_alphanumeric() =>
            {
                let span = Span { start: member_end, end: member_end };
                self.report_span(
                    span,
                    ProblemKind::MissingComma,
                    "expected a comma between two members",
                );
            }
            Some(_) => self.unexpected("expected a comma or the end"),
        }
    }

    /// Reports what stands here and steps over it, up to where reading can go on.
    fn unexpected(&mut self, expected: &str) {
        let start = self.at;
        let found = self.text[start..].chars().next();
        self.skip_char();
        while self
            .peek()
            .is_some_and(|byte| !matches!(byte, b',' | b'}' | b']' | b'{' | b'[' | b'"' | b'\n'))
        {
            self.skip_char();
        }
        let found = found.map_or_else(|| "the end".to_owned(), |c| format!("{c:?}"));
        self.report(start, ProblemKind::Unexpected, format!("{expected}, found {found}"));
    }

    fn mismatched(&mut self, found: char, expected: char) {
        let start = self.at;
        self.at += 1;
        self.report(
            start,
            ProblemKind::Unclosed,
            format!("found '{found}' where '{expected}' is expected"),
        );
    }

    fn report_unclosed(&mut self, start: usize, open: &str, close: &str) {
        let span = Span { start, end: start + 1 };
        self.report_span(
            span,
            ProblemKind::Unclosed,
            format!("this '{open}' is never closed with '{close}'"),
        );
    }

    /// Steps over an array or object without recursion.
    fn skip_nested(&mut self) {
        let mut open = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'{' | b'[' => open += 1,
                b'}' | b']' => open = open.saturating_sub(1),
                b'"' => {
                    self.skip_string();
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.at = (self.at + 1).min(self.bytes.len()),
                b'"' => return,
                _ => {}
            }
        }
    }
}
