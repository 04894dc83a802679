//! Checking definitions in AWS's words.

use crate::error::Error;
use asl::{Diagnostic, Severity};

/// Refuses a definition that AWS would refuse.
pub(crate) fn check(definition: &str, express: bool) -> Result<(), Error> {
    let checked = asl::check(definition, asl::Options { express });
    let errors: Vec<String> = errors(&checked.diagnostics).map(ToString::to_string).collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::InvalidDefinition(errors.join(", "))) }
}

/// What makes a definition invalid.
pub(crate) fn errors(diagnostics: &[Diagnostic]) -> impl Iterator<Item = &Diagnostic> {
    diagnostics.iter().filter(|found| found.severity == Severity::Error)
}
