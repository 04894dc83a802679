//! The texts that are looked at, and places in them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Which text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub(crate) usize);

/// A range of bytes of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Which text.
    pub file: FileId,
    /// First byte.
    pub start: usize,
    /// After the last byte.
    pub end: usize,
}

impl Span {
    /// A range.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Self { file, start, end: end.max(start) }
    }

    /// From the start of this to the end of another of the same text.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { end: other.end.max(self.end), ..self }
    }

    /// The point where it starts.
    #[must_use]
    pub fn head(self) -> Self {
        Self { end: self.start, ..self }
    }

    /// The point after its end.
    #[must_use]
    pub fn tail(self) -> Self {
        Self { start: self.end, ..self }
    }
}

/// A line and a column from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

/// One text.
#[derive(Debug)]
pub struct SourceFile {
    /// Its name, as it was given.
    pub path: PathBuf,
    /// What is in it.
    pub text: Arc<str>,
    /// Where the lines start.
    starts: Vec<usize>,
}

/// All texts of one check.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a text.
    pub fn add(&mut self, path: &Path, text: &str) -> FileId {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect();
        self.files.push(SourceFile { path: path.to_owned(), text: text.into(), starts });
        FileId(self.files.len() - 1)
    }

    /// A text that was added.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0]
    }

    /// What stands in a range.
    pub fn text(&self, span: Span) -> &str {
        let text = &self.file(span.file).text;
        text.get(span.start..span.end).unwrap_or_default()
    }

    /// Where a range starts.
    pub fn position(&self, span: Span) -> Position {
        self.file(span.file).position(span.start)
    }

    /// `line 5`, and of which file where that is not the one of `beside`.
    pub(crate) fn line_told(&self, span: Span, beside: Span) -> String {
        let line = self.position(span).line;
        let name = self.file(span.file).path.file_name().map(|name| name.to_string_lossy());
        match name.filter(|_| span.file != beside.file) {
            Some(name) => format!("line {line} of {name}"),
            None => format!("line {line}"),
        }
    }

    /// After the last character of a range.
    pub fn end_position(&self, span: Span) -> Position {
        self.file(span.file).position(span.end)
    }
}

impl SourceFile {
    /// The line and column of a byte; one past the end is the end.
    pub fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        Position { line, column: self.text[start..offset].chars().count() + 1 }
    }

    /// The text of a line, from 1, without its end.
    pub fn line(&self, line: usize) -> &str {
        let Some(start) = line.checked_sub(1).and_then(|index| self.starts.get(index)) else {
            return "";
        };
        let end = self.starts.get(line).copied().unwrap_or(self.text.len());
        self.text[*start..end].trim_end_matches(['\n', '\r'])
    }

    /// How many lines there are.
    pub fn lines(&self) -> usize {
        self.starts.len()
    }

    /// The byte of a line and a column of characters, both from 1.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let Some(start) = line.checked_sub(1).and_then(|index| self.starts.get(index)) else {
            return self.text.len();
        };
        let rest = &self.text[*start..];
        start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
    }

    /// The byte where a byte's line starts.
    pub fn line_start(&self, offset: usize) -> usize {
        let line = self.starts.partition_point(|start| *start <= offset.min(self.text.len()));
        self.starts[line - 1]
    }
}
