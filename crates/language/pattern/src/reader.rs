//! Reads the JSON of a pattern token by token and knows where it is.
//!
//! A parser of our own because AWS's messages end in line and column of its streaming parser, whose
//! place depends on what it has looked at: after a field name it has seen the start of the value,
//! and of a string only the opening quote until somebody asks for the text.

use crate::Error;

/// Deeper patterns are refused, so that no text can exhaust the stack.
// UNVERIFIED: AWS has a limit on length (4096 characters) and none on depth that is documented.
const MAX_DEPTH: usize = 200;

/// How much of the pattern a message quotes.
const QUOTED_CHARACTERS: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    StartObject,
    EndObject,
    StartArray,
    EndArray,
    FieldName,
    Text,
    Number,
    True,
    False,
    Null,
}

#[derive(Debug)]
struct Frame {
    is_object: bool,
    is_empty: bool,
    start: usize,
}

#[derive(Debug)]
pub(crate) struct Reader<'a> {
    source: &'a str,
    position: usize,
    frames: Vec<Frame>,
    /// The value after a field name, whose start has been seen, and its text unless it is a string.
    pending: Option<(Token, String)>,
    in_text: bool,
    text: String,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        let frames = Vec::new();
        Self { source, position: 0, frames, pending: None, in_text: false, text: String::new() }
    }

    /// The next token.
    pub(crate) fn next(&mut self) -> Result<Token, Error> {
        let token = if let Some((token, text)) = self.pending.take() {
            self.text = text;
            token
        } else {
            if self.in_text {
                self.read_text("VALUE_STRING")?;
            }
            self.scan()?
        };
        match token {
            Token::StartObject | Token::StartArray => {
                if self.frames.len() >= MAX_DEPTH {
                    return Err(self.error("Pattern is nested too deeply"));
                }
                let is_object = token == Token::StartObject;
                let start = self.position.saturating_sub(1);
                self.frames.push(Frame { is_object, is_empty: true, start });
            }
            Token::EndObject | Token::EndArray => {
                self.frames.pop();
            }
            _ => {}
        }
        Ok(token)
    }

    /// The field name, or the text of the value as written (of a string: what it means).
    pub(crate) fn text(&mut self) -> Result<&str, Error> {
        if self.in_text && self.pending.is_none() {
            self.read_text("VALUE_STRING")?;
        }
        Ok(&self.text)
    }

    /// An error with the current place.
    pub(crate) fn error(&self, message: &str) -> Error {
        Error::Pattern { reason: format!("{message}{}", self.place(self.position)) }
    }

    /// An error inside a list of anything-but: AWS reports the place twice.
    pub(crate) fn error_twice(&self, message: &str) -> Error {
        let place = self.place(self.position);
        Error::Pattern { reason: format!("{message}{place}{place}") }
    }

    fn place(&self, position: usize) -> String {
        format!("\n at {}", self.location(position))
    }

    fn location(&self, position: usize) -> String {
        let before = self.source.get(..position).unwrap_or(self.source);
        let line = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before[line_start..].encode_utf16().count() + 1;
        let total = self.source.chars().count();
        let quoted: String = self.source.chars().take(QUOTED_CHARACTERS).collect();
        let rest = total.saturating_sub(QUOTED_CHARACTERS);
        let cut = if rest > 0 { format!("[truncated {rest} chars]") } else { String::new() };
        format!("[Source: (String)\"{quoted}\"{cut}; line: {line}, column: {column}]")
    }

    fn peek(&self) -> Option<u8> {
        self.source.as_bytes().get(self.position).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.position += 1;
        }
    }

    fn scan(&mut self) -> Result<Token, Error> {
        self.skip_space();
        let Some(frame) = self.frames.last_mut() else { return self.scan_value() };
        let (is_object, was_empty) = (frame.is_object, frame.is_empty);
        frame.is_empty = false;
        let end = if is_object { b'}' } else { b']' };
        if self.peek() == Some(end) {
            self.position += 1;
            return Ok(if is_object { Token::EndObject } else { Token::EndArray });
        }
        if !was_empty {
            let kind = if is_object { "Object" } else { "Array" };
            self.expect(b',', &format!("was expecting comma to separate {kind} entries"))?;
            self.skip_space();
        }
        if !is_object {
            return self.scan_value();
        }
        self.expect(b'"', "was expecting double-quote to start field name")?;
        self.read_text("field name")?;
        self.skip_space();
        self.expect(b':', "was expecting a colon to separate field name and value")?;
        self.skip_space();
        let name = std::mem::take(&mut self.text);
        let value = self.scan_value()?;
        self.pending = Some((value, std::mem::replace(&mut self.text, name)));
        Ok(Token::FieldName)
    }

    fn expect(&mut self, wanted: u8, otherwise: &str) -> Result<(), Error> {
        if self.peek() == Some(wanted) {
            self.position += 1;
            return Ok(());
        }
        Err(self.unexpected(otherwise))
    }

    fn unexpected(&self, otherwise: &str) -> Error {
        let rest = self.source.get(self.position..).unwrap_or_default();
        match (rest.chars().next(), self.frames.last()) {
            (Some(found), _) => {
                let code = u32::from(found);
                self.error(&format!("Unexpected character ('{found}' (code {code})): {otherwise}"))
            }
            (None, Some(frame)) => {
                let kind = if frame.is_object { "Object" } else { "Array" };
                let start = self.location(frame.start);
                self.error(&format!(
                    "Unexpected end-of-input: expected close marker for {kind} (start marker at {start})"
                ))
            }
            (None, None) => self.error("Unexpected end-of-input"),
        }
    }

    fn scan_value(&mut self) -> Result<Token, Error> {
        let expected = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
        match self.peek() {
            Some(b'"') => {
                self.position += 1;
                self.in_text = true;
                Ok(Token::Text)
            }
            Some(b'{') => Ok(self.punctuation(Token::StartObject, "{")),
            Some(b'[') => Ok(self.punctuation(Token::StartArray, "[")),
            Some(b'-' | b'0'..=b'9') => self.scan_number(),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii() => {
                let word = self.take_while(|found| found.is_alphanumeric() || found == '_');
                let token = match word {
                    "true" => Token::True,
                    "false" => Token::False,
                    "null" => Token::Null,
                    _ if word.is_empty() => {
                        return Err(self.unexpected(&format!("expected a valid value {expected}")));
                    }
                    _ => {
                        let message =
                            format!("Unrecognized token '{word}': was expecting {expected}");
                        return Err(self.error(&message));
                    }
                };
                word.clone_into(&mut self.text);
                Ok(token)
            }
            _ => Err(self.unexpected(&format!("expected a valid value {expected}"))),
        }
    }

    fn punctuation(&mut self, token: Token, text: &str) -> Token {
        self.position += 1;
        text.clone_into(&mut self.text);
        token
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.source.get(self.position..).unwrap_or_default();
        let length = rest.find(|found| !wanted(found)).unwrap_or(rest.len());
        self.position += length;
        &rest[..length]
    }

    fn scan_number(&mut self) -> Result<Token, Error> {
        let text =
            self.take_while(|found| matches!(found, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
        if !is_json_number(text) {
            return Err(self.error(&format!("Invalid numeric value: {text}")));
        }
        text.clone_into(&mut self.text);
        Ok(Token::Number)
    }

    /// Reads on from behind an opening quote to behind the closing one.
    fn read_text(&mut self, what: &str) -> Result<(), Error> {
        let rest = self.source.get(self.position..).unwrap_or_default();
        let mut escaped = false;
        for (offset, found) in rest.char_indices() {
            match found {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    // serde_json knows escapes; the quotes around it are part of the source.
                    let quoted = &self.source[self.position - 1..=self.position + offset];
                    let value = serde_json::from_str(quoted).map_err(|_| {
                        self.error("Unrecognized character escape or lone surrogate in a string")
                    })?;
                    self.text = value;
                    self.position += offset + 1;
                    self.in_text = false;
                    return Ok(());
                }
                '\u{0}'..='\u{1f}' => {
                    self.position += offset;
                    let code = u32::from(found);
                    return Err(self.error(&format!(
                        "Illegal unquoted character ((CTRL-CHAR, code {code})): has to be escaped using backslash to be included in string value"
                    )));
                }
                _ => {}
            }
        }
        self.position = self.source.len();
        Err(self.error(&format!("Unexpected end-of-input in {what}")))
    }
}

fn is_json_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|part| digits(part.strip_prefix(['+', '-']).unwrap_or(part)))
}
