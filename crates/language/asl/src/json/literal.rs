//! Strings, numbers and words.

use super::parse::Reader;
use super::{Kind, ProblemKind, Span};

impl<'t> Reader<'t> {
    /// Reads a string in `quote`s; the reader stands on the first.
    pub(super) fn string(&mut self, quote: u8) -> String {
        let opening = self.at;
        self.at += 1;
        let mut text = String::new();
        let mut told_control = false;
        loop {
            let start = self.at;
            let plain = self.bytes[start..]
                .iter()
                .position(|byte| *byte == quote || *byte == b'\\' || *byte < b' ');
            self.at = plain.map_or(self.bytes.len(), |plain| start + plain);
            text.push_str(&self.text[start..self.at]);
            match self.peek() {
                None => {
                    self.report_unterminated(opening);
                    return text;
                }
                Some(b'\\') => self.escape(&mut text),
                Some(byte) if byte == quote => {
                    self.at += 1;
                    return text;
                }
                Some(b'\n' | b'\r') if self.ends_with_line(opening) => {
                    if let Some(kept) = text.trim_end().strip_suffix(',') {
                        self.at -= text.len() - kept.len();
                        text.truncate(kept.len());
                    }
                    self.report_unterminated(opening);
                    return text;
                }
                Some(byte) => {
                    self.at += 1;
                    text.push(char::from(byte));
                    if !told_control {
                        told_control = true;
                        let name = match byte {
                            b'\n' => "a line break: write \\n".to_owned(),
                            b'\t' => "a tab: write \\t".to_owned(),
                            _ => format!("a control character: write \\u{byte:04x}"),
                        };
                        self.report(
                            self.at - 1,
                            ProblemKind::ControlCharacter,
                            format!("a string must not hold {name}"),
                        );
                    }
                }
            }
        }
    }

    fn report_unterminated(&mut self, opening: usize) {
        self.report(opening, ProblemKind::UnterminatedString, "this string has no closing quote");
    }

    /// Whether a line break in a string is where its closing quote was forgotten, rather than part of it: the next line goes on as JSON.
    fn ends_with_line(&self, opening: usize) -> bool {
        let line = self.text[opening..self.at].trim_end();
        let next = self.text[self.at..].trim_start();
        line.ends_with(',') || next.starts_with(['"', '}', ']']) || next.is_empty()
    }

    fn escape(&mut self, text: &mut String) {
        let start = self.at;
        self.at += 1;
        let escaped = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                let c = self.unicode_escape();
                if c.is_none() {
                    self.report(
                        start,
                        ProblemKind::Escape,
                        "\\u takes four hexadecimal digits of a character",
                    );
                }
                text.push(c.unwrap_or('\u{fffd}'));
                return;
            }
            None => return,
            Some(_) => {
                let c = self.text[self.at..].chars().next().unwrap_or('\u{fffd}');
                self.skip_char();
                text.push(c);
                self.report(
                    start,
                    ProblemKind::Escape,
                    format!("'\\{c}' is not an escape of JSON; a backslash is written '\\\\'"),
                );
                return;
            }
        };
        self.at += 1;
        text.push(escaped);
    }

    /// Four digits, and the second half of a surrogate pair if they are the first.
    fn unicode_escape(&mut self) -> Option<char> {
        let first = self.hex4()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        if self.peek() != Some(b'\\') || self.peek_at(1) != Some(b'u') {
            return None;
        }
        self.at += 2;
        let second = self.hex4()?;
        let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + low)
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.bytes.get(self.at..self.at + 4)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let code = u32::from_str_radix(&self.text[self.at..self.at + 4], 16).ok()?;
        self.at += 4;
        Some(code)
    }

    pub(super) fn number(&mut self) -> Kind {
        let start = self.at;
        while self.peek().is_some_and(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.' | b'_')
        }) {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        // The grammar of numbers is the one of serde_json; only what it says about faults is ours.
        if let Ok(number) = serde_json::from_str::<serde_json::Number>(text) {
            return Kind::Number(number);
        }
        let message = match text {
            _ if text.ends_with("Infinity") || text.ends_with("NaN") => {
                format!("{text} is not a number of JSON")
            }
            _ if text.starts_with('+') => "a number has no '+' in front".to_owned(),
            _ if text.starts_with('.') || text.starts_with("-.") => {
                "a number has a digit before the point".to_owned()
            }
            _ if text.ends_with('.') => "a number has a digit after the point".to_owned(),
            _ if text.trim_start_matches('-').starts_with('0') => {
                "a number has no zeros in front and no other base than ten".to_owned()
            }
            _ if text.bytes().all(|byte| {
                byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
            }) =>
            {
                format!("{text} is malformed or beyond the range of numbers")
            }
            _ => format!("{text:?} is not a number"),
        };
        self.report(start, ProblemKind::Number, message);
        Kind::Null
    }

    /// Letters, digits and what names are made of.
    pub(super) fn bare_word(&mut self) -> &'t str {
        let start = self.at;
        while self.peek().is_some_and(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'$' | b'-' | b'.')
                || byte >= 0x80
        }) {
            self.skip_char();
        }
        &self.text[start..self.at]
    }

    pub(super) fn word(&mut self) -> Kind {
        let start = self.at;
        let word = self.bare_word();
        let (kind, message) = match word {
            "null" => return Kind::Null,
            "true" => return Kind::Bool(true),
            "false" => return Kind::Bool(false),
            "True" | "TRUE" => (Kind::Bool(true), "'true' is written in lower case".to_owned()),
            "False" | "FALSE" => (Kind::Bool(false), "'false' is written in lower case".to_owned()),
            "None" | "Null" | "NULL" | "nil" | "undefined" => {
                (Kind::Null, format!("'{word}' is not JSON; write null"))
            }
            "NaN" | "Infinity" => (Kind::Null, format!("{word} is not a number of JSON")),
            _ => (
                Kind::String(word.to_owned()),
                format!("'{word}' is not a JSON value; a string is written in double quotes"),
            ),
        };
        self.report_span(Span { start, end: self.at }, ProblemKind::NotJsonWord, message);
        kind
    }
}
