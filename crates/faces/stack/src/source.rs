//! A file's text, and places in it.

use crate::diagnostic::Place;
use std::path::PathBuf;

/// How much of a line is kept to be shown.
const LONGEST: usize = 4000;

/// A point in a text: line and column from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Point {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// From a point to before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: Point,
    pub(crate) end: Point,
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Source {
    path: PathBuf,
    lines: Vec<String>,
}

impl Span {
    /// The start of a file.
    pub(crate) const START: Self =
        Self { start: Point { line: 1, column: 1 }, end: Point { line: 1, column: 2 } };

    /// `width` characters of one line.
    pub(crate) fn on_line(line: usize, column: usize, width: usize) -> Self {
        Self { start: Point { line, column }, end: Point { line, column: column + width.max(1) } }
    }
}

impl Source {
    /// A file's text.
    pub(crate) fn new(path: PathBuf, text: &str) -> Self {
        Self { path, lines: text.lines().map(str::to_owned).collect() }
    }

    /// The file.
    pub(crate) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// A line's text, from 1; empty past the end.
    pub(crate) fn line(&self, line: usize) -> &str {
        line.checked_sub(1).and_then(|index| self.lines.get(index)).map_or("", String::as_str)
    }

    /// How many lines there are.
    pub(crate) fn lines(&self) -> usize {
        self.lines.len()
    }

    /// A range as people are shown it: what is on its first line.
    pub(crate) fn place(&self, span: Span) -> Place {
        let text: String = self.line(span.start.line).chars().take(LONGEST).collect();
        let end_of_line = text.chars().count() + 1;
        let end = if span.end.line == span.start.line { span.end.column } else { end_of_line };
        Place {
            file: self.path.clone(),
            line: span.start.line,
            column: span.start.column,
            end_column: end.max(span.start.column + 1),
            text,
        }
    }

    /// Where a snippet first stands inside a range; the range itself when it does not stand there as written.
    pub(crate) fn find(&self, span: Span, snippet: &str) -> Span {
        let last = span.end.line.min(self.lines.len());
        for line in span.start.line..=last {
            let text = self.line(line);
            let from = if line == span.start.line { span.start.column - 1 } else { 0 };
            let Some((offset, _)) = text.char_indices().nth(from) else { continue };
            if let Some(at) = text[offset..].find(snippet) {
                let column = text[..offset + at].chars().count() + 1;
                return Span::on_line(line, column, snippet.chars().count());
            }
        }
        span
    }
}
