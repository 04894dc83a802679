//! Checks patterns against answers recorded from AWS, where that data lies beside the repository.

use pattern::Pattern;
use serde_json::Value;

#[test]
fn conformance_of_patterns() {
    let Some(text) = recordings::text("event-patterns/cases.jsonl") else { return };
    let mut suite = recordings::Suite::new("event patterns", &["verdict"]);
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("a case is JSON");
        let (id, got) = (case["id"].as_str().expect("an id"), answer(&case));
        match case["exp"].as_str() {
            None => suite.leave_out(),
            Some(expected) if expected == got => suite.check(id, Ok(())),
            Some(expected) => suite.check(id, Err(format!("{got} and not {expected}"))),
        }
    }
    suite.finish("");
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
