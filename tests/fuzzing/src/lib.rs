//! What hostile bytes are given to: one function for each reader of text from outside.
//!
//! A function takes any bytes and must come back: no panic, no overflow, no endless work. `fuzz/` gives them to cargo-fuzz;
//! the test of this crate changes the seeds at random, a little each time `cargo test` runs.

mod language;
mod requests;

/// One reader.
pub struct Target {
    /// Its name, that of the file in `fuzz/fuzz_targets`.
    pub name: &'static str,
    /// Takes any bytes.
    pub run: fn(&[u8]),
    /// What changes start from.
    pub seeds: &'static [&'static str],
}

/// All readers.
pub const TARGETS: &[Target] = &[
    Target { name: "definition", run: definition, seeds: language::DEFINITIONS },
    Target { name: "json_path", run: json_path, seeds: language::PATHS },
    Target { name: "jsonata", run: jsonata, seeds: language::EXPRESSIONS },
    Target { name: "intrinsic", run: intrinsic, seeds: language::INTRINSICS },
    Target { name: "schedule", run: schedule, seeds: language::SCHEDULES },
    Target { name: "event_pattern", run: event_pattern, seeds: language::PATTERNS },
    Target { name: "policy_document", run: policy_document, seeds: language::POLICIES },
    Target { name: "request", run: request, seeds: requests::REQUESTS },
    Target { name: "signature", run: signature, seeds: requests::SIGNATURES },
    Target { name: "project", run: project, seeds: requests::PROJECTS },
    Target { name: "items", run: items, seeds: requests::ITEMS },
    Target { name: "rows", run: rows, seeds: requests::ROWS },
];

pub use language::{
    definition, event_pattern, intrinsic, json_path, jsonata, policy_document, schedule,
};
pub use requests::{items, project, request, rows, signature};
