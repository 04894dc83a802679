//! `refit validate FILE...`: every problem of state machine definitions, with places.

use crate::grammar::{Global, Validate};
use crate::project::failure;
use crate::report::{Done, Failure};
use serde_json::{Value, json};
use stack::{Diagnostic, Place, Severity};
use std::path::Path;
use std::process::ExitCode;

/// Checks each file; fails when any has an error.
pub(crate) fn run(global: &Global, arguments: &Validate) -> Done {
    let mut findings = Vec::new();
    let mut definitions = 0;
    for file in &arguments.files {
        let (checked, found) = check(file)?;
        definitions += checked;
        findings.extend(found);
    }
    let errors = findings.iter().filter(|d| d.severity == Severity::Error).count();
    if global.json {
        let shown: Vec<Value> = findings.iter().map(document).collect();
        anstream::println!(
            "{}",
            json!({"definitions": definitions, "errors": errors, "diagnostics": shown})
        );
    } else {
        for finding in &findings {
            anstream::println!("{finding}\n");
        }
        let warnings = findings.len() - errors;
        let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        anstream::println!(
            "{}: {}, {}",
            count(definitions, "definition"),
            count(errors, "error"),
            count(warnings, "warning")
        );
    }
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How many definitions a file holds, and what is wrong with them.
fn check(file: &Path) -> Result<(usize, Vec<Diagnostic>), Failure> {
    let is_yaml = file.extension().is_some_and(|e| e == "yaml" || e == "yml");
    if is_yaml {
        let found = match stack::find_definitions(file) {
            Ok(found) => found,
            // Other files are checked as well.
            Err(stack::Error::Invalid { diagnostics }) => return Ok((0, diagnostics)),
            Err(other) => return Err(failure(other)),
        };
        let count = found.len();
        return Ok((
            count,
            found.into_iter().flat_map(|definition| definition.diagnostics).collect(),
        ));
    }
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::new(format!("cannot read {}", file.display())).because(error))?;
    let checked = asl::check(&text, asl::Options::of_file());
    let mut found: Vec<_> =
        checked.diagnostics.into_iter().map(|d| placed(file, &text, d)).collect();
    // From top to bottom, as they are mended.
    found.sort_by_key(|d| d.place.as_ref().map(|place| (place.line, place.column)));
    Ok((1, found))
}

fn placed(file: &Path, text: &str, found: asl::Diagnostic) -> Diagnostic {
    let severity = match found.severity {
        asl::Severity::Error => Severity::Error,
        asl::Severity::Warning => Severity::Warning,
    };
    let line = found.start.line.max(1);
    let column = found.start.column.max(1);
    let shown = text.lines().nth(line - 1).unwrap_or_default().to_owned();
    let end_column = if found.end.line == found.start.line {
        found.end.column.max(column + 1)
    } else {
        shown.chars().count().max(column) + 1
    };
    let message = match &found.location {
        Some(location) => format!("{}: {} (at {location})", found.code, found.message),
        None => format!("{}: {}", found.code, found.message),
    };
    let place = Place { file: file.to_owned(), line, column, end_column, text: shown };
    Diagnostic { severity, message, place: Some(place), hint: found.hint }
}

fn document(finding: &Diagnostic) -> Value {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    json!({
        "severity": severity, "message": finding.message, "hint": finding.hint,
        "file": finding.place.as_ref().map(|place| place.file.display().to_string()),
        "line": finding.place.as_ref().map(|place| place.line),
        "column": finding.place.as_ref().map(|place| place.column),
    })
}
