//! Errors as the user reads them: `error:`, `caused by:`, `hint:`.

use anstyle::{AnsiColor, Style};
use std::error::Error as StdError;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const CAUSE: Style = AnsiColor::Yellow.on_default();
const HINT: Style = AnsiColor::Cyan.on_default();

/// An error at the edge, with what the user can do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    details: Vec<String>,
    causes: Vec<String>,
    hints: Vec<String>,
}

impl Failure {
    /// A failure in words.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), details: Vec::new(), causes: Vec::new(), hints: Vec::new() }
    }

    /// The same with one of several findings, over several lines if need be.
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }

    /// The same with a cause.
    pub(crate) fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// The same with advice.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Prints it to standard error, as text or as one JSON document.
    pub(crate) fn print(&self, json: bool) {
        if json {
            let document = serde_json::json!({
                "error": self.message, "details": self.details, "causes": self.causes, "hints": self.hints,
            });
            anstream::eprintln!("{document}");
            return;
        }
        for detail in &self.details {
            anstream::eprintln!("{detail}\n");
        }
        anstream::eprintln!("{ERROR}error:{ERROR:#} {}", self.message);
        for cause in &self.causes {
            anstream::eprintln!("  {CAUSE}caused by:{CAUSE:#} {cause}");
        }
        for hint in &self.hints {
            anstream::eprintln!("  {HINT}hint:{HINT:#} {hint}");
        }
    }
}

impl<E: StdError> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut failure = Self::new(error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            failure.causes.push(cause.to_string());
            source = cause.source();
        }
        failure
    }
}

/// What a command returns.
pub(crate) type Done = Result<std::process::ExitCode, Failure>;
