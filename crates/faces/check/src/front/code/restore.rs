//! Programs that lost their line breaks on the way (pasted from a page, a chat or a mail): finds where the lines were.
//!
//! The result is as long as the text: a blank before each statement becomes a line break, so places stay where they are.

use crate::model::{Fault, FaultKind};
use crate::source::{FileId, Span};

/// Words that start a statement wherever they stand after one.
const STARTS: &[&str] = &["import", "from", "def", "class", "return", "with", "raise"];
/// Words after which a name belongs to the same statement.
const JOINS: &[&str] = &[
    "as", "import", "from", "in", "is", "and", "or", "not", "if", "else", "for", "lambda",
    "return", "def", "class", "with", "raise", "await", "async", "yield", "del", "global",
    "assert", "elif", "while", "except", "try",
];

/// The readable program and what is wrong with the given one; none when its lines are whole.
pub(super) fn restore(text: &str, file: FileId) -> Option<(String, Fault)> {
    let first_line = text.lines().find(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        matches!(words.as_slice(), ["import", _, "import" | "from" | "#", ..])
            || matches!(words.as_slice(), ["import", _, "as", _, "import" | "from", ..])
            || matches!(words.as_slice(), ["from", _, "import", _, "import" | "from", ..])
    })?;
    let is_commented = first_line.split_whitespace().nth(2) == Some("#");
    if is_commented && first_line.len() < 200 {
        return None;
    }
    let start = first_line.as_ptr() as usize - text.as_ptr() as usize;
    let mut breaks = Vec::new();
    let mut scan = Scan {
        bytes: text.as_bytes(),
        text,
        at: start,
        end: start + first_line.len(),
        depth: 0,
        last: Last::Nothing,
        breaks: &mut breaks,
    };
    scan.run();
    if breaks.is_empty() {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    for at in &breaks {
        bytes[*at] = b'\n';
    }
    let readable = String::from_utf8(bytes).ok()?;
    let fault = Fault {
        kind: FaultKind::LineBreaks,
        span: Span::new(
            file,
            breaks[0] + 1,
            breaks[0] + 1 + word_at(text, breaks[0] + 1).len().max(1),
        ),
        message: format!(
            "the program's line breaks are lost: {} statements stand on one line, and the first '#' makes a comment of all that follows it",
            breaks.len() + 1
        ),
        says: Some("SyntaxError: invalid syntax".to_owned()),
        correction: Some(readable.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")),
    };
    Some((readable, fault))
}

#[derive(PartialEq, Clone, Copy)]
enum Last {
    Nothing,
    /// Something an expression can end with.
    Value,
    /// A word or sign after which the expression goes on.
    Open,
    /// `from`: the next `import` belongs to it.
    From,
}

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    end: usize,
    depth: usize,
    last: Last,
    breaks: &'a mut Vec<usize>,
}

fn word_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    &rest[..end]
}

impl Scan<'_> {
    fn run(&mut self) {
        while self.at < self.end {
            let byte = self.bytes[self.at];
            match byte {
                b' ' | b'\t' => self.at += 1,
                b'#' => self.comment(),
                b'"' | b'\'' => self.string(byte),
                b'(' | b'[' | b'{' => {
                    self.depth += 1;
                    self.at += 1;
                    self.last = Last::Open;
                }
                b')' | b']' | b'}' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.at += 1;
                    self.last = Last::Value;
                }
                _ if byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80 => self.word(),
                _ => {
                    self.at += 1;
                    self.last = Last::Open;
                }
            }
        }
    }

    fn word(&mut self) {
        let word = word_at(self.text, self.at);
        let starts = STARTS.contains(&word) && !(word == "import" && self.last == Last::From);
        let is_join = JOINS.contains(&word) && !starts;
        if self.depth == 0
            && self.at > 0
            && self.last != Last::Nothing
            && self.bytes[self.at - 1] == b' '
        {
            let follows_value = self.last == Last::Value && !is_join;
            if (starts && self.last != Last::Open) || follows_value {
                self.breaks.push(self.at - 1);
            }
        }
        self.last = match word {
            "from" => Last::From,
            _ if JOINS.contains(&word) => Last::Open,
            _ if self.last == Last::From => Last::From,
            _ => Last::Value,
        };
        self.at += word.len().max(1);
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    fn string(&mut self, quote: u8) {
        let triple = self.bytes[self.at..self.end].starts_with(&[quote; 3]);
        let close: &[u8] = if triple { &[quote; 3] } else { &[quote] };
        let start = self.at;
        self.at += close.len();
        while self.at < self.end && !self.bytes[self.at..self.end].starts_with(close) {
            self.at += if self.bytes[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at = (self.at + close.len()).min(self.end);
        if triple {
            self.comments_in_json(start, self.at);
        }
        self.last = Last::Value;
    }

    /// A `//` comment in JSON on one line goes on until something that is JSON again.
    fn comments_in_json(&mut self, start: usize, end: usize) {
        let text = &self.text[start..end];
        let mut from = 0;
        while let Some(found) = text[from..].find(" // ") {
            let comment = from + found + 1;
            let stop = text[comment..]
                .find(['{', '}', '[', ']', '"'])
                .map_or(text.len(), |at| comment + at);
            if stop > 0 && text.as_bytes()[stop - 1] == b' ' {
                self.breaks.push(start + stop - 1);
            }
            from = stop.max(comment + 1);
            if from >= text.len() {
                break;
            }
        }
    }

    /// A comment ends where something stands that looks like a statement.
    fn comment(&mut self) {
        if self.depth == 0
            && self.at > 0
            && self.last != Last::Nothing
            && self.bytes[self.at - 1] == b' '
        {
            self.breaks.push(self.at - 1);
        }
        let mut at = self.at + 1;
        while at < self.end {
            let word = word_at(self.text, at);
            if word.is_empty() {
                at += self.text[at..].chars().next().map_or(1, char::len_utf8);
                continue;
            }
            if self.bytes[at - 1] == b' ' && self.is_statement(at) {
                self.breaks.push(at - 1);
                self.at = at;
                self.last = Last::Nothing;
                return;
            }
            at += word.len();
        }
        self.at = self.end;
    }

    /// `name =`, `a.b.c(` or `import x`.
    fn is_statement(&self, start: usize) -> bool {
        let rest = &self.text[start..self.end];
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
            .unwrap_or(rest.len());
        let (path, after) = rest.split_at(end);
        let is_assignment = !path.contains('.')
            && after.trim_start().starts_with('=')
            && !after.trim_start().starts_with("==");
        let is_call = path.contains('.') && !path.ends_with('.') && after.starts_with('(');
        let mut words = after.split_whitespace();
        let is_import = match path {
            "import" => {
                after.starts_with(' ')
                    && matches!(words.nth(1), None | Some("as" | "import" | "from" | "#"))
            }
            "from" => words.nth(1) == Some("import"),
            _ => false,
        };
        is_assignment || is_call || is_import
    }
}
