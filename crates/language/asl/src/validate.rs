//! Definition text to program: everything is checked, compiled and resolved in one walk.
//!
//! The walk goes on after a fault, so that one check reports everything. Texts and codes of the
//! diagnostics are AWS's where they are known; the others follow their style.

mod choice;
mod distributed;
mod fields;
mod graph;
mod machine;
mod map;
mod nearest;
mod node;
mod state;
mod tables;
mod template;
mod work;

use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, Severity};
use crate::json::{self, LineIndex, Span};
use crate::program::{Machine, Program, QueryLanguage};
use node::Node;

/// What a definition is checked against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether the machine is an Express one.
    pub express: bool,
    /// Whether the text is a file on its way to be deployed, and not what AWS would get: resources that are still to be filled
    /// in, or that only the language knows, are warned about. What has some may check well and be no program.
    pub file: bool,
}

impl Options {
    /// Those of a definition as AWS gets it.
    pub fn of(express: bool) -> Self {
        Self { express, file: false }
    }

    /// Those of a file that is still to be deployed.
    pub fn of_file() -> Self {
        Self { express: false, file: true }
    }
}

/// A checked definition.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The program; none when there is an error among the diagnostics, or a resource of a file that is none of AWS's.
    pub program: Option<Program>,
    /// Everything found.
    pub diagnostics: Vec<Diagnostic>,
}

/// AWS: codes of `ValidateStateMachineDefinition`.
mod code {
    pub(super) const DUPLICATE_STATE_NAME: &str = "DUPLICATE_STATE_NAME";
    pub(super) const INVALID_JSON: &str = "INVALID_JSON_DESCRIPTION";
    pub(super) const INVALID_STATE_NAME: &str = "INVALID_STATE_NAME";
    pub(super) const MISSING_END_STATE: &str = "MISSING_END_STATE";
    pub(super) const MISSING_TARGET: &str = "MISSING_TRANSITION_TARGET";
    pub(super) const NO_DOLLAR: &str = "NO_DOLLAR";
    pub(super) const PASS_RESULT_IS_STATIC: &str = "PASS_RESULT_IS_STATIC";
    pub(super) const SCHEMA: &str = "SCHEMA_VALIDATION_FAILED";
}

/// What AWS says of definitions that are no objects.
// AWS: recorded from ValidateStateMachineDefinition; it has no location.
const NO_OBJECT: &str = "Definition must be a valid JSON object";

/// Checks a definition and compiles it.
pub fn check(text: &str, options: Options) -> Checked {
    let mut checker = Checker {
        lines: LineIndex::new(text),
        options,
        language: QueryLanguage::JsonPath,
        machines: Vec::new(),
        names: HashSet::new(),
        diagnostics: Vec::new(),
    };
    let program = checker.document(text);
    let refused = checker.diagnostics.iter().any(|found| found.severity == Severity::Error);
    Checked { program: program.filter(|_| !refused), diagnostics: checker.diagnostics }
}

/// The walk through a definition.
struct Checker<'t> {
    lines: LineIndex<'t>,
    options: Options,
    /// `QueryLanguage` of the definition.
    language: QueryLanguage,
    machines: Vec<Machine>,
    /// Names of states seen so far: they are unique over the whole definition.
    names: HashSet<String>,
    diagnostics: Vec<Diagnostic>,
}

impl Checker<'_> {
    fn document(&mut self, text: &str) -> Option<Program> {
        let whole = Span { start: 0, end: text.len() };
        if text.trim().is_empty() {
            self.report(Fault::new(code::SCHEMA, NO_OBJECT), whole);
            return None;
        }
        let (value, problems) = json::parse(text);
        for problem in &problems {
            self.report(Fault::new(code::INVALID_JSON, problem.message.clone()), problem.span);
        }
        let root = value?;
        let node = Node::root(&root);
        if node.object().is_none() {
            self.report(Fault::new(code::SCHEMA, NO_OBJECT), node.value.span);
            return None;
        }
        self.top(&node)
    }

    /// Adds a diagnostic.
    fn report(&mut self, fault: Fault, span: Span) {
        self.diagnostics.push(Diagnostic {
            severity: fault.severity,
            code: fault.code,
            message: fault.message,
            location: fault.location,
            start: self.lines.position(span.start),
            end: self.lines.position(span.end),
            hint: fault.hint,
        });
    }

    /// Adds a `SCHEMA_VALIDATION_FAILED` at a node.
    fn schema(&mut self, node: &Node<'_>, message: impl Into<String>) {
        self.report(Fault::new(code::SCHEMA, message).at(&node.at), node.value.span);
    }

    /// Adds a warning at a node.
    fn warn(&mut self, code: &'static str, node: &Node<'_>, message: impl Into<String>) {
        let mut fault = Fault::new(code, message).at(&node.at);
        fault.severity = Severity::Warning;
        self.report(fault, node.value.span);
    }
}

/// A diagnostic on its way.
struct Fault {
    severity: Severity,
    code: &'static str,
    message: String,
    location: Option<String>,
    hint: Option<String>,
}

impl Fault {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { severity: Severity::Error, code, message, location: None, hint: None }
    }

    fn at(mut self, location: &str) -> Self {
        self.location = Some(if location.is_empty() { "/".into() } else { location.into() });
        self
    }

    fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

/// Whether a text is a timestamp of the States Language.
fn is_timestamp(text: &str) -> bool {
    crate::timestamp::Timestamp::parse(text).is_some()
}
