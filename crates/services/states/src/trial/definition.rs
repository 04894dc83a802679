//! The definition of a state on trial: alone, or as part of a whole one.

use crate::error::Error;
use crate::ops::test_state::Request;
use asl::program::{Program, State};
use asl::{Diagnostic, Severity};
use serde_json::{Map, Value, json};

/// The name of a state that is given alone.
// AWS: recorded: the name in its context object.
const NAME: &str = "StateName";

/// The program and the name of the state on trial.
pub(super) fn read(input: &Request) -> Result<(Program, String), Error> {
    let (text, name) = match &input.state_name {
        Some(name) => (input.definition.clone(), name.clone()),
        None => (around(&input.definition), NAME.to_owned()),
    };
    let checked = asl::check(&text, asl::Options::default());
    let errors = checked.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    let alone = input.state_name.is_none();
    let errors: Vec<&Diagnostic> = errors.collect();
    // What is no JSON has nothing else that could be told.
    let is_text = |found: &&Diagnostic| found.code == "INVALID_JSON_DESCRIPTION";
    let no_json = errors.iter().any(is_text);
    // A state alone need not end anything.
    let counts = |found: &&Diagnostic| !alone || found.code != "MISSING_END_STATE";
    let other = errors.iter().any(counts);
    let errors = errors
        .into_iter()
        .filter(|found| (!no_json || is_text(found)) && (!other || counts(found)));
    let errors: Vec<String> = errors.map(|found| shown(found, alone)).collect();
    match checked.program {
        Some(program) if errors.is_empty() => Ok((program, name)),
        _ => Err(Error::InvalidDefinition(errors.join(", "))),
    }
}

/// The state of that name, wherever it is.
pub(super) fn find<'a>(program: &'a Program, name: &str) -> Result<&'a State, Error> {
    program.machines.iter().find_map(|machine| machine.state(name)).ok_or_else(not_found)
}

// AWS: as an independent emulator's authors found.
pub(super) fn not_found() -> Error {
    Error::Validation("State not found in definition".to_owned())
}

/// A whole definition around a state, with ends where it leads to. What is no JSON stays as it is.
fn around(state: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(state) else { return state.to_owned() };
    let mut ends = Map::new();
    let mut leads_to = |target: Option<&Value>| {
        if let Some(target) = target.and_then(Value::as_str).filter(|target| *target != NAME) {
            ends.insert(target.to_owned(), json!({"Type": "Succeed"}));
        }
    };
    leads_to(value.get("Next"));
    leads_to(value.get("Default"));
    for list in ["Choices", "Catch"] {
        for rule in value.get(list).and_then(Value::as_array).into_iter().flatten() {
            leads_to(rule.get("Next"));
        }
    }
    let mut ends = Value::Object(ends).to_string();
    ends.remove(0);
    let comma = if ends.len() > 1 { "," } else { "" };
    // The text itself, so that keys given twice are noticed.
    format!("{{\"StartAt\":\"{NAME}\",\"States\":{{\"{NAME}\":{state}{comma}{ends}}}")
}

/// A fault as AWS writes it; in a state that is given alone, places begin at the state.
// UNVERIFIED: the latter.
fn shown(found: &Diagnostic, alone: bool) -> String {
    if !alone {
        return found.to_string();
    }
    let mut found = found.clone();
    found.location = found.location.map(|location| {
        let own = location.strip_prefix("/States/StateName").unwrap_or(&location);
        if own.is_empty() { "/".to_owned() } else { own.to_owned() }
    });
    found.to_string()
}
