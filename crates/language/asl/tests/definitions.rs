//! The verdicts on published definitions that several independent validators agree on.
//!
//! Runs where the collection lies beside the repository; elsewhere it says so and passes. Rows that we judge otherwise than the
//! validators, and the ones of those they are split over that we refuse, stand with their reasons in `definitions_judged.txt`.

use asl::Severity;
use serde_json::Value;

#[test]
fn conformance_of_definitions() {
    let Some(text) = recordings::text("definitions/definitions.jsonl") else { return };
    let suites = ["valid", "invalid", "split"]
        .map(|verdict| (verdict, format!("definitions ({verdict})")))
        .map(|(verdict, name)| (verdict, recordings::Suite::new(&name, &["verdict"])));
    for (verdict, mut suite) in suites {
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).expect("a row is JSON");
            if row["validators_say"] != verdict {
                continue;
            }
            let definition = row["definition"].as_str().expect("a definition is text");
            // They are files of repositories, as `refit validate` checks them.
            let checked = asl::check(definition, asl::Options::of_file());
            let errors = checked.diagnostics.iter().filter(|d| d.severity == Severity::Error);
            let first = errors.map(ToString::to_string).next();
            let agrees = first.is_none() == (verdict != "invalid");
            let first = first.unwrap_or_default();
            let outcome = if agrees { Ok(()) } else { Err(first) };
            suite.check(row["id"].as_str().unwrap_or_default(), outcome);
        }
        suite.finish(include_str!("definitions_judged.txt"));
    }
}
