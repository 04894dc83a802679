//! Text to something evaluable: parse, find out what is read, put the guards in.

use super::guard::Guards;
use super::native::Native;
use super::reads::Reads;
use super::{JsonataError, guard, message, native, reads};
use jsonata_core::ast::AstNode;

/// Texts beyond this are not written by people. AWS: a definition holds at most 1 MiB.
const MAX_SOURCE_BYTES: usize = 1024 * 1024;

/// A compiled expression; plain data, shareable between threads.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) source: String,
    pub(super) ast: AstNode,
    pub(super) reads: Reads,
    pub(super) guards: Guards,
    /// The same expression for our own hands, where it is simple enough.
    pub(super) native: Option<Native>,
    /// How deep the expression itself nests.
    pub(super) depth: usize,
}

pub(super) fn expression(source: &str) -> Result<Compiled, JsonataError> {
    if source.len() > MAX_SOURCE_BYTES {
        return Err(JsonataError { code: None, message: "expression is too long".to_owned() });
    }
    let mut ast = jsonata_core::parser::parse(source)
        .map_err(|error| message::parse_error(&error.to_string()))?;
    let native = native::recognise(&ast);
    let reads = reads::of(&ast);
    let depth = reads::depth(&ast);
    let guards = guard::put_in(&mut ast);
    Ok(Compiled { source: source.to_owned(), ast, reads, guards, native, depth })
}
