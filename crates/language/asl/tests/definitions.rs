//! The verdicts on published definitions that several independent validators agree on.
//!
//! Runs where the collection lies beside the repository; elsewhere it says so and passes.

use std::time::Instant;

use serde_json::Value;

/// Where the collection is, seen from this crate.
const COLLECTION: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../../shared/conformance/definitions/definitions.jsonl"
);

/// Rows we judge otherwise than the validators, and why.
const JUDGED_OTHERWISE: &[(&str, &str)] = &[
    ("663207efdc5dd983", "AWS runs no tasks of swf"),
    ("dcf6dcc006283991", "AWS runs no tasks of swf"),
    ("c25a3df63c3ba907", "a template: its resources have placeholders AWS refuses"),
    ("2293184ba55740e0", "a template: its resources have placeholders AWS refuses"),
    ("eaef76d09cf9439f", "a template: its resources have placeholders AWS refuses"),
    ("5d1c06dae673648a", "Result is a field of JSONPath states only"),
    ("a767e795d32aa1bf", "measured: a JSONata machine has no JSONPath states"),
    ("85036bd434de8d46", "recorded: a percentage may be a fraction"),
];

#[test]
fn verdicts_agree() {
    let Ok(text) = std::fs::read_to_string(COLLECTION) else {
        println!("the collection of definitions is not here: nothing checked");
        return;
    };
    let rows: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a row is JSON")).collect();
    let mut wrong = Vec::new();
    let (mut valid, mut invalid, mut split) = ((0, 0), (0, 0), (0, 0));
    let started = Instant::now();
    for row in &rows {
        let definition = row["definition"].as_str().expect("a definition is text");
        let checked = asl::check(definition, asl::Options::default());
        let accepted = checked.program.is_some();
        let (count, agrees) = match row["validators_say"].as_str() {
            Some("valid") => (&mut valid, accepted),
            Some("invalid") => (&mut invalid, !accepted),
            _ => (&mut split, accepted),
        };
        if agrees {
            count.0 += 1;
        } else {
            count.1 += 1;
        }
        let id = row["id"].as_str().unwrap_or_default();
        let judged = JUDGED_OTHERWISE.iter().any(|(own, _)| *own == id);
        if !agrees && row["validators_say"] != "split" && !judged {
            let first = checked.diagnostics.first().map(ToString::to_string).unwrap_or_default();
            let source = row["source"].as_str().unwrap_or_default();
            wrong.push(format!("{id} {} {source}: {first}", row["validators_say"]));
        }
    }
    println!(
        "valid {}/{}, invalid {}/{}, split accepted {} refused {}, {:?} for {} definitions",
        valid.0,
        valid.0 + valid.1,
        invalid.0,
        invalid.0 + invalid.1,
        split.0,
        split.1,
        started.elapsed(),
        rows.len()
    );
    assert!(wrong.is_empty(), "{} verdicts differ:\n{}", wrong.len(), wrong.join("\n"));
}
