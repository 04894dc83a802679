//! Where a program registers its resources: the line that the SDK names, and in what follows it the property that is asked for.

use super::messages::{Kind, SourcePosition, StackTrace, Struct};
use crate::diagnostic::Place;
use crate::program::Locate;
use crate::provider::check::Inside;
use crate::source::{Source, Span};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How many lines a registration may have.
const LONGEST: usize = 400;
/// How far from a line of a document another one is looked for.
const NEAR: usize = 40;
/// How large a source file may be.
const MAX_BYTES: u64 = 4 << 20;
/// Folders with what is installed, and not the program's own.
const FOREIGN: &[&str] = &["site-packages", "dist-packages", "node_modules"];

/// The program's files that were looked at.
pub(super) struct Sources {
    root: PathBuf,
    /// The file the program begins in.
    main: PathBuf,
    files: Mutex<HashMap<PathBuf, Option<Arc<Source>>>>,
}

/// Where one resource is registered.
pub(super) struct Position {
    source: Arc<Source>,
    line: usize,
    /// Properties of several lines: a place inside one is looked for in the program's text.
    documents: Vec<(String, String)>,
}

impl Sources {
    pub(super) fn new(root: PathBuf, main: PathBuf) -> Self {
        Self { root, main, files: Mutex::default() }
    }

    /// The first of an SDK's positions that is in the program itself.
    pub(super) fn position(
        &self,
        first: Option<&SourcePosition>,
        trace: Option<&StackTrace>,
        name: &str,
        inputs: &Struct,
    ) -> Arc<dyn Locate> {
        let frames = trace.map(|trace| trace.frames.as_slice()).unwrap_or_default();
        let all = first.into_iter().chain(frames.iter().filter_map(|frame| frame.pc.as_ref()));
        let found = all.take(64).find_map(|position| self.own(position));
        let Some((source, line)) = found.or_else(|| self.named(name)) else {
            return Arc::new(Nowhere);
        };
        let documents = inputs.fields.iter().filter_map(|(name, value)| match &value.kind {
            Some(Kind::String(text)) if text.contains('\n') => Some((name.clone(), text.clone())),
            _ => None,
        });
        Arc::new(Position { source, line, documents: documents.collect() })
    }

    /// The only call in the program's first file that has this name as its first argument, for SDKs that tell no positions.
    fn named(&self, name: &str) -> Option<(Arc<Source>, usize)> {
        let source = self.file(&self.main)?;
        let calls = ['"', '\''].map(|quote| format!("({quote}{name}{quote}"));
        let mut all = (1..=source.lines())
            .filter(|line| calls.iter().any(|call| source.line(*line).contains(call)));
        let (line, others) = (all.next()?, all.next());
        others.is_none().then_some((source, line))
    }

    fn own(&self, position: &SourcePosition) -> Option<(Arc<Source>, usize)> {
        let path = PathBuf::from(percent_decoded(position.uri.strip_prefix("file://")?));
        let inside = path.strip_prefix(&self.root).ok()?;
        if inside.components().any(|part| FOREIGN.iter().any(|name| part.as_os_str() == *name)) {
            return None;
        }
        let line = usize::try_from(position.line).ok().filter(|line| *line > 0)?;
        Some((self.file(&path)?, line))
    }

    fn file(&self, path: &Path) -> Option<Arc<Source>> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files
            .entry(path.to_owned())
            .or_insert_with(|| {
                let size = std::fs::metadata(path).ok()?.len();
                let text = std::fs::read_to_string(path).ok().filter(|_| size <= MAX_BYTES)?;
                let shown = shortened(path);
                Some(Arc::new(Source::new(shown, &text)))
            })
            .clone()
    }
}

/// A path as people are shown it: relative to where they are, if it is below.
fn shortened(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    let below = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    below.unwrap_or_else(|| path.to_owned())
}

impl Position {
    fn whole_line(&self) -> Span {
        let text = self.source.line(self.line);
        let start = text.chars().take_while(|c| c.is_whitespace()).count();
        Span::on_line(self.line, start + 1, text.trim().chars().count())
    }

    /// Where a property is named, after a line.
    fn named(&self, name: &str, from: usize, to: usize) -> Option<Span> {
        let names = [name.to_owned(), snake_case(name)];
        for line in from..=to {
            let text = self.source.line(line);
            for name in &names {
                if let Some(at) = find_name(text, name) {
                    let column = text[..at].chars().count() + 1;
                    return Some(Span::on_line(line, column, name.chars().count()));
                }
            }
        }
        None
    }

    /// The line that a document's line stands on (from 1), and how much further it is indented: found by the nearest line of
    /// the document that stands only once in the program.
    fn line_of(&self, document: &str, wanted: usize) -> Option<(usize, usize)> {
        let lines: Vec<&str> = document.lines().collect();
        let text = lines.get(wanted.checked_sub(1)?)?;
        let near =
            (0..NEAR).flat_map(|way| [wanted.checked_sub(way), Some(wanted + way)]).flatten();
        let line = near.filter(|line| *line > 0).find_map(|line| {
            let here = self.only_line(lines.get(line - 1)?)?;
            (here + wanted).checked_sub(line)
        })?;
        let written = self.source.line(line);
        let offset = written.chars().count().checked_sub(text.chars().count())?;
        written.ends_with(text).then_some((line, offset))
    }

    /// The only line that ends so. Signs alone say nothing.
    fn only_line(&self, wanted: &str) -> Option<usize> {
        if wanted.chars().filter(|c| c.is_alphanumeric()).count() < 3 {
            return None;
        }
        let mut all =
            (1..=self.source.lines()).filter(|line| self.source.line(*line).ends_with(wanted));
        let (line, others) = (all.next()?, all.next());
        others.is_none().then_some(line)
    }

    /// The last line of the call that begins on the resource's line.
    fn end(&self) -> usize {
        let mut depth = 0_i64;
        for line in self.line..self.line + LONGEST {
            for c in self.source.line(line).chars() {
                match c {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth -= 1,
                    _ => {}
                }
            }
            if depth <= 0 {
                return line;
            }
        }
        self.line
    }
}

impl Locate for Position {
    fn place(&self, path: &str, _name: bool) -> Option<Place> {
        let end = self.end();
        let mut found = None;
        let mut from = self.line;
        for step in path.split('.').filter(|step| !step.is_empty()) {
            if step.parse::<usize>().is_ok() {
                continue;
            }
            let Some(span) = self.named(step, from, end) else { break };
            from = span.start.line;
            found = Some(span);
        }
        Some(self.source.place(found.unwrap_or_else(|| self.whole_line())))
    }

    fn inside(&self, path: &str, inside: &Inside) -> Option<Place> {
        let text = self.documents.iter().find(|(name, _)| name == path).map(|(_, text)| text);
        let found = text.and_then(|text| self.line_of(text, inside.line));
        let found =
            found.map(|(line, offset)| Span::on_line(line, offset + inside.column.max(1), 1));
        found.map(|span| self.source.place(span)).or_else(|| self.place(path, false))
    }
}

/// Nobody knows where.
struct Nowhere;

impl Locate for Nowhere {
    fn place(&self, _path: &str, _name: bool) -> Option<Place> {
        None
    }
}

/// Where a name stands as the name of an argument: `name=`, `name:`, `"name":`, or alone in short form.
fn find_name(text: &str, name: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + name.len()..].trim_start_matches(['"', '\'']).trim_start();
        !before.is_some_and(is_part)
            && (after.starts_with(':') || after.starts_with('=') && !after.starts_with("=="))
    })
}

/// `scheduleExpression` to `schedule_expression`.
fn snake_case(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = (byte == b'%').then(|| after.get(..2)).flatten();
        if let Some(decoded) = digits.and_then(|digits| hex::decode(digits).ok()) {
            bytes.extend(decoded);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Inside, Position, find_name, percent_decoded, snake_case};
    use crate::program::Locate;
    use crate::source::Source;
    use std::path::PathBuf;
    use std::sync::Arc;

    #[test]
    fn properties_are_found_in_the_call() {
        let text = "import pulumi\n\nrule = aws.cloudwatch.EventRule(\"rule\",\n    schedule_expression=\"soon\",\n    tags={\n        \"Owner\": \"me\"})\nname = 1\n";
        let source = Arc::new(Source::new(PathBuf::from("__main__.py"), text));
        let position = Position { source, line: 3, documents: Vec::new() };
        let cases = [
            ("", (3, 1)),
            ("scheduleExpression", (4, 5)),
            ("tags.Owner", (6, 10)),
            ("tags.Other", (5, 5)),
            ("name", (3, 1)),
        ];
        for (path, expected) in cases {
            let place = position.place(path, false).expect("there is always one");
            assert_eq!((place.line, place.column), expected, "{path}");
        }
    }

    #[test]
    fn places_inside_documents_are_found_in_the_program() {
        let text =
            "d = \"\"\"{\n  \"StartAt\": 1,\n  }\n\"\"\"\nm = Machine(\"m\", definition=d)\n";
        let source = Arc::new(Source::new(PathBuf::from("__main__.py"), text));
        let document = "{\n  \"StartAt\": 1,\n  }\n".to_owned();
        let documents = vec![("definition".to_owned(), document)];
        let position = Position { source, line: 5, documents };
        for (line, column, expected) in [(2, 14, (2, 14)), (3, 3, (3, 3)), (9, 1, (5, 18))] {
            let inside = Inside { pointer: None, line, column };
            let place = position.inside("definition", &inside).expect("there is always one");
            assert_eq!((place.line, place.column), expected, "{line}");
        }
    }

    #[test]
    fn names_are_those_of_arguments() {
        let cases = [
            ("role_arn=x", "role_arn", Some(0)),
            ("my_role_arn=x", "role_arn", None),
            ("a == b", "a", None),
            ("{ \"a b\": 1, a : 2 }", "a", Some(12)),
            ("f(role)", "role", None),
        ];
        for (text, name, expected) in cases {
            assert_eq!(find_name(text, name), expected, "{text}");
        }
        assert_eq!(snake_case("s3KeyPrefix"), "s3_key_prefix");
        assert_eq!(percent_decoded("/a%20b%"), "/a b%");
    }
}
