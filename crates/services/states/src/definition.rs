//! Checking definitions in AWS's words.

use crate::error::Error;
use crate::json_fault;
use asl::{Diagnostic, Severity};

/// Refuses a definition that AWS would refuse.
pub(crate) fn check(definition: &str, express: bool) -> Result<(), Error> {
    if let Some(fault) = not_json(definition) {
        return Err(Error::InvalidDefinition(format!("{NOT_JSON}: {}", fault.message)));
    }
    let checked = asl::check(definition, asl::Options::of(express));
    let errors: Vec<String> = errors(&checked.diagnostics).map(ToString::to_string).collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::InvalidDefinition(errors.join(", "))) }
}

/// What makes a definition invalid.
pub(crate) fn errors(diagnostics: &[Diagnostic]) -> impl Iterator<Item = &Diagnostic> {
    diagnostics.iter().filter(|found| found.severity == Severity::Error)
}

/// Code of definitions that are no JSON.
pub(crate) const NOT_JSON: &str = "INVALID_JSON_DESCRIPTION";

/// How AWS tells of a definition that is no JSON.
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) location: String,
}

/// The fault of a text that is no JSON; a blank one is told of by the checks of definitions.
// AWS: recorded from ValidateStateMachineDefinition.
pub(crate) fn not_json(definition: &str) -> Option<Fault> {
    if definition.trim().is_empty() {
        return None;
    }
    let error = serde_json::from_str::<serde::de::IgnoredAny>(definition).err()?;
    let location = json_fault::source(definition, &error);
    let message = format!("{}\n at {location}", json_fault::describe(definition, &error));
    Some(Fault { message, location })
}
