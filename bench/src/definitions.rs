//! How fast definitions are checked: `refit validate` over as many as there are.

use crate::Plan;
use crate::machine::Limits;
use crate::table::{Row, Table};
use serde_json::Value;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

/// How often all are checked.
const ROUNDS: u32 = 5;

pub(crate) fn measure(plan: &Plan, _limits: &Limits, table: &mut Table) {
    let definitions = definitions();
    if definitions.is_empty() {
        return;
    }
    let bytes: usize = definitions.iter().map(String::len).sum();
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        for definition in &definitions {
            black_box(asl::check(definition, asl::Options::default()));
        }
    }
    let each = begun.elapsed().as_secs_f64() / f64::from(ROUNDS);
    let note = format!(
        "{} definitions, {} bytes on average",
        definitions.len(),
        bytes / definitions.len()
    );
    let value = definitions.len() as f64 / each;
    table.add(Row::new("definitions checked", value, "/s").least(1000.0).note(note));
    let folder = plan.fresh("definitions");
    let files = definitions.iter().enumerate().map(|(number, definition)| {
        let file = folder.join(format!("{number}.asl.json"));
        std::fs::write(&file, definition).expect("files can be written");
        file
    });
    let files: Vec<_> = files.collect();
    let begun = Instant::now();
    let outcome = Command::new(&plan.binary).arg("validate").args(&files).output();
    let took = begun.elapsed().as_secs_f64();
    if outcome.is_ok() {
        let value = definitions.len() as f64 / took;
        table.add(Row::new("refit validate, a file each", value, "/s").least(1000.0));
    }
}

/// The definitions beside the repository; none where they are not at hand.
fn definitions() -> Vec<String> {
    let text = recordings::text("definitions/definitions.jsonl").unwrap_or_default();
    let rows = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    rows.filter_map(|row| Some(row.get("definition")?.as_str()?.to_owned())).collect()
}
