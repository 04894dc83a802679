//! Programs in Python and TypeScript, read without running them.
//!
//! A tolerant reader: it follows assignments, calls, literals and functions that a deployment program is made of, takes everything
//! else as unknown, and goes on after what it cannot read. So a program that does not even start still shows all its problems.

mod ast;
mod constructor;
mod evaluate;
mod lexer;
mod methods;
mod modules;
mod parser;
mod restore;
mod statements;

pub(super) use constructor::policy_document;
pub(super) use methods::push_node;

use crate::model::{Fault, FaultKind, Language, Program};
use crate::source::{FileId, Sources, Span};
use ast::Dialect;
use std::path::Path;

/// Programs longer than this are not read.
const MAX_BYTES: usize = 4 << 20;

/// Reads a program.
pub(crate) fn read(
    sources: &mut Sources,
    file: FileId,
    language: Language,
    directory: &Path,
) -> Program {
    let dialect = if language == Language::Python { Dialect::Python } else { Dialect::TypeScript };
    let text = sources.file(file).text.clone();
    let mut program = Program::new(language, file, directory.to_owned());
    if text.len() > MAX_BYTES {
        program.faults.push(Fault {
            kind: FaultKind::Syntax,
            span: Span::new(file, 0, 0),
            message: format!("the program is longer than {} MiB; it was not read", MAX_BYTES >> 20),
            says: None,
            correction: None,
        });
        return program;
    }
    let restored = (dialect == Dialect::Python).then(|| restore::restore(&text, file)).flatten();
    let readable = match restored {
        Some((readable, fault)) => {
            program.faults.push(fault);
            readable
        }
        None => text.to_string(),
    };
    let (statements, faults) = parser::parse(&readable, file, dialect);
    program.faults.extend(faults);
    evaluate::run(sources, &readable, &statements, dialect, &mut program);
    program
}
