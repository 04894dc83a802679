//! What is wrong with a project, and where: file, line and column, the line itself, and what to do.

use std::fmt;
use std::path::PathBuf;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what is meant.
    Warning,
    /// It cannot be deployed.
    Error,
}

/// A range of one line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it was named to this crate joined with what lies below.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Column after the last character that belongs to it; at least `column + 1`.
    pub end_column: usize,
    /// The line's text.
    pub text: String,
}

/// One thing wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where, if it has a place in a file.
    pub place: Option<Place>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, message: message.into(), place: None, hint: None }
    }

    /// A warning without a place.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message) }
    }

    /// A note without a place.
    pub fn note(message: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::error(message) }
    }

    /// The same at a place.
    #[must_use]
    pub fn at(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with advice, if there is any.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }
}

impl Place {
    /// The line with the range underlined, two lines of text with a margin for the line's number.
    pub fn excerpt(&self) -> String {
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let (text, column, width) = self.window();
        // Marks stand below letters, and some letters are two cells wide.
        let cells = |letters: &str| letters.chars().map(cells).sum::<usize>();
        let start = text.char_indices().nth(column).map_or(text.len(), |(at, _)| at);
        let end = text[start..].char_indices().nth(width).map_or(text.len(), |(at, _)| start + at);
        let marks = "^".repeat(cells(&text[start..end]).max(1));
        format!("{number} | {text}\n{margin} | {}{marks}", " ".repeat(cells(&text[..start])))
    }

    /// The part of the line worth showing (long lines are cut around the range), the column in it, and how much to underline.
    fn window(&self) -> (String, usize, usize) {
        const BEFORE: usize = 60;
        const WIDTH: usize = 110;
        let start = (self.column - 1).saturating_sub(BEFORE);
        let start = if self.column.saturating_sub(1) < WIDTH - 10 { 0 } else { start };
        let shown: String = self
            .text
            .chars()
            .skip(start)
            .take(WIDTH)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let column = self.column - 1 - start;
        let room = shown.chars().count().saturating_sub(column).max(1);
        (shown, column, self.end_column.saturating_sub(self.column).clamp(1, room))
    }
}

/// How many cells of a terminal a character takes: none, one or two.
// Unicode's East Asian Width and combining marks, in the ranges that people write in; the rest counts as one.
fn cells(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{20d0}'..='\u{20f0}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{e0100}'..='\u{e01ef}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff01}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

impl fmt::Display for Diagnostic {
    /// `FILE:LINE:COLUMN: error: MESSAGE`, the line underlined, and the hint.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        if let Some(place) = &self.place {
            write!(formatter, "{place}: ")?;
        }
        write!(formatter, "{word}: {}", self.message)?;
        if let Some(place) = &self.place {
            for line in place.excerpt().lines() {
                write!(formatter, "\n  {line}")?;
            }
        }
        if let Some(hint) = &self.hint {
            write!(formatter, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn marks_stand_below_what_they_mark() {
        for (text, column, end_column, expected) in [
            ("abc", 2, 3, "7 | abc\n  |  ^"),
            ("abc", 4, 5, "7 | abc\n  |    ^"),
            ("abc", 9, 99, "7 | abc\n  |    ^"),
            ("", 1, 2, "7 | \n  | ^"),
            ("\ta\t: b", 5, 7, "7 |  a : b\n  |     ^^"),
            ("äöü: x", 6, 7, "7 | äöü: x\n  |      ^"),
            ("名前: 値段 x", 5, 7, "7 | 名前: 値段 x\n  |       ^^^^"),
            ("名前: 値段 x", 8, 9, "7 | 名前: 値段 x\n  |            ^"),
            ("한글 🎉 x", 4, 5, "7 | 한글 🎉 x\n  |      ^^"),
            ("e\u{301}: x", 5, 6, "7 | e\u{301}: x\n  |    ^"),
        ] {
            let text = text.to_owned();
            let place = Place { file: "a".into(), line: 7, column, end_column, text };
            assert_eq!(place.excerpt(), expected, "{place:?}");
        }
    }
}
