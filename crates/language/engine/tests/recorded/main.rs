//! Replays recorded AWS executions; tasks are answered as the recording says.
//!
//! Runs where the recordings lie beside the repository; elsewhere it says so and passes. What differs stands with its reason in
//! `known_misses.txt`; `RECORDED_CASE=…` shows one case.

mod compare;
mod map_run;
mod replay;

use serde_json::Value;

/// What must agree, each level more than the one before.
const LEVELS: [&str; 4] = ["outcome", "event types", "events without ids", "whole history"];

#[test]
fn conformance_of_executions() {
    let Some(text) = recordings::text("step-functions/executions.jsonl") else { return };
    let only = std::env::var("RECORDED_CASE").ok();
    let mut suite = recordings::Suite::new("executions", &LEVELS);
    for (number, line) in text.lines().enumerate() {
        let row: Value = serde_json::from_str(line).expect("a row is JSON");
        let case = row["case"].as_str().unwrap_or_default();
        if only.as_deref().is_some_and(|only| !format!("{number} {case}").contains(only)) {
            continue;
        }
        let found = replay::replay(&row);
        let (level, why) = compare::level(&row, &found);
        suite.count(case, level, &why);
        if level < LEVELS.len() && only.is_some() {
            println!("{number} {case}: {why}\n{}", found.render());
        }
    }
    suite.finish(include_str!("known_misses.txt"));
}
