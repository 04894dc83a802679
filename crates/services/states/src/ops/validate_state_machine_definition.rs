//! `ValidateStateMachineDefinition`.

use crate::error::Error;
use crate::{States, definition};
use asl::{Diagnostic, Severity};
use serde::{Deserialize, Serialize};
use service::{Ctx, Reply, page_size};

// AWS: API reference: the default and the most of maxResults.
const MOST: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    definition: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    severity: Option<String>,
    max_results: Option<i64>,
}

#[derive(Serialize)]
pub(crate) struct Output {
    result: &'static str,
    diagnostics: Vec<Item>,
    truncated: bool,
}

#[derive(Serialize)]
struct Item {
    severity: &'static str,
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
}

pub(crate) async fn run(_: &States, _: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    if let Some(fault) = definition::not_json(&input.definition) {
        let definition::Fault { message, location } = fault;
        let location = Some(location);
        let found = Item { severity: "ERROR", code: definition::NOT_JSON, message, location };
        let diagnostics = vec![found];
        return Ok(Reply::new(Output { result: "FAIL", diagnostics, truncated: false }));
    }
    let express = input.kind.as_deref() == Some("EXPRESS");
    let checked = asl::check(&input.definition, asl::Options::of(express));
    let is_error = |found: &Diagnostic| found.severity == Severity::Error;
    let fails = checked.diagnostics.iter().any(is_error);
    let with_warnings = input.severity.as_deref() == Some("WARNING");
    let wanted = checked.diagnostics.into_iter().filter(|found| with_warnings || is_error(found));
    let mut diagnostics: Vec<Item> = wanted.map(item).collect();
    let limit = page_size(input.max_results, MOST, MOST);
    let truncated = diagnostics.len() > limit;
    diagnostics.truncate(limit);
    let result = if fails { "FAIL" } else { "OK" };
    Ok(Reply::new(Output { result, diagnostics, truncated }))
}

fn item(found: Diagnostic) -> Item {
    let severity = match found.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
    };
    Item { severity, code: found.code, message: found.message, location: found.location }
}
