//! Replays recorded AWS executions; tasks are answered as the recording says.
//!
//! What is left differs because refit does not run distributed Map states yet.
//!
//! Runs where the recordings lie beside the repository; elsewhere it says so and passes.

mod compare;
mod replay;

use serde_json::Value;

/// Where the recordings are, seen from this crate.
const RECORDINGS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../../shared/conformance/step-functions/executions.jsonl"
);

/// What must agree, each level more than the one before.
const LEVELS: [&str; 4] = ["outcome", "event types", "events without ids", "whole history"];

/// Fewest recordings that must agree per level; raise them as the engine gets better.
const FEWEST: [usize; 4] = [241, 241, 241, 241];

#[test]
fn recorded_executions() {
    let Ok(text) = std::fs::read_to_string(RECORDINGS) else {
        println!("the recordings are not here: nothing checked");
        return;
    };
    let rows: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a row is JSON")).collect();
    let only = std::env::var("RECORDED_CASE").ok();
    let mut agreeing = [0_usize; 4];
    let mut total = 0;
    for (number, row) in rows.iter().enumerate() {
        let case = row["case"].as_str().unwrap_or_default();
        if only.as_deref().is_some_and(|only| !format!("{number} {case}").contains(only)) {
            continue;
        }
        total += 1;
        let found = replay::replay(row);
        let (level, why) = compare::level(row, &found);
        for agreeing in &mut agreeing[..level] {
            *agreeing += 1;
        }
        if level < LEVELS.len() {
            println!("{number} {case}: differs in {}: {why}", LEVELS[level]);
            if only.is_some() {
                println!("{}", found.render());
            }
        }
    }
    for (level, count) in LEVELS.iter().zip(agreeing) {
        println!("{level}: {count} of {total}");
    }
    if only.is_none() {
        for (level, (count, fewest)) in LEVELS.iter().zip(agreeing.iter().zip(FEWEST)) {
            assert!(*count >= fewest, "{level}: {count} of {total} agree, {fewest} did before");
        }
    }
}
