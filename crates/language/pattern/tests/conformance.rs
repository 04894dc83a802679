//! Checks patterns against answers recorded from AWS, where that data lies beside the repository.

use std::path::Path;

use pattern::Pattern;
use serde_json::Value;

#[test]
fn pattern_cases() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../../shared/conformance/event-patterns/cases.jsonl");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("no conformance data beside the repository: 0 passed, 0 failed");
        return;
    };
    let (mut passed, mut without_expectation) = (0, 0);
    let mut failures = Vec::new();
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("a case is JSON");
        let (id, got) = (case["id"].as_str().expect("an id"), answer(&case));
        match case["exp"].as_str() {
            None => without_expectation += 1,
            Some(expected) if expected == got => passed += 1,
            Some(expected) => failures.push(format!("{id}: {got} and not {expected}")),
        }
    }
    println!(
        "{passed} passed, {} failed ({without_expectation} have no expectation)",
        failures.len()
    );
    assert!(failures.is_empty(), "{failures:#?}");
}

fn answer(case: &Value) -> &'static str {
    let event: Value =
        serde_json::from_str(case["event"].as_str().expect("an event")).expect("JSON");
    match Pattern::parse(case["pattern"].as_str().expect("a pattern")) {
        Err(_) => "EXC",
        Ok(pattern) if pattern.matches(&event) => "POS",
        Ok(_) => "NEG",
    }
}
