//! From texts to programs: one front end a language, all with the same result.

pub(crate) mod code;
pub(crate) mod server;
pub(crate) mod yaml;

use crate::model::{Language, Program};
use crate::node::{Kind, Node, Text};
use crate::source::{FileId, Sources, Span};
use std::path::{Component, Path};

/// Files that a program reads are looked at up to this size.
const MAX_BYTES: u64 = 4 << 20;

/// A text file below a program's directory, as a value.
pub(crate) fn read_text(sources: &mut Sources, directory: &Path, name: &str) -> Option<Node> {
    let path = Path::new(name);
    let is_below =
        path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !is_below {
        return None;
    }
    let path = directory.join(path);
    let details = std::fs::metadata(&path).ok()?;
    if !details.is_file() || details.len() > MAX_BYTES {
        return None;
    }
    let text = std::fs::read_to_string(&path).ok()?;
    let file = sources.add(&path, &text);
    Some(Node::new(Span::new(file, 0, text.len()), Kind::Text(Text::plain(&text, 0))))
}

/// A definition by itself.
pub(crate) fn definition(sources: &Sources, file: FileId, directory: &Path) -> Program {
    let mut program = Program::new(Language::Definition, file, directory.to_owned());
    let text = &sources.file(file).text;
    let mut whole = Text::default();
    whole.push(text, 0);
    program.definitions.push(Node::new(Span::new(file, 0, text.len()), Kind::Text(whole)));
    program
}
