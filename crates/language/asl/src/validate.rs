//! Definition text to program.

use crate::diagnostic::Diagnostic;
use crate::program::Program;

/// What a definition is checked against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether the machine is an Express one.
    pub express: bool,
}

/// A checked definition.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The program; none when there is an error among the diagnostics.
    pub program: Option<Program>,
    /// Everything found.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks a definition and compiles it.
pub fn check(_text: &str, _options: Options) -> Checked {
    Checked { program: None, diagnostics: Vec::new() }
}
