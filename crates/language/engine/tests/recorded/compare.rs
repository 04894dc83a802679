//! Compares a replay with its recording, as far as the recording's placeholders allow.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use crate::replay::Outcome;

/// How many levels agree, and what differs in the first that does not.
pub(crate) fn level(row: &Value, found: &Outcome) -> (usize, String) {
    if let Some(trouble) = &found.trouble {
        return (0, trouble.clone());
    }
    if let Err(why) = outcome(row, found) {
        return (0, why);
    }
    let mut expected = row["expected_history_events"].as_array().cloned().unwrap_or_default();
    if expected.first().is_some_and(|event| event["id"].as_u64() > Some(1)) {
        // Recorded last event first.
        expected.reverse();
    }
    let expected = &expected[..];
    // Express executions have no history to record.
    if expected.is_empty() {
        return (4, String::new());
    }
    // Where branches ran beside each other the recorder sorted the events and blanked their ids.
    if expected.iter().any(|event| !event["id"].is_u64()) {
        return match contains(expected, &found.events) {
            Ok(()) => (4, String::new()),
            Err(why) => (1, why),
        };
    }
    let types = |events: &[Value]| -> Vec<String> {
        events.iter().map(|event| event["type"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let (wanted, got) = (types(expected), types(&found.events));
    if wanted != got {
        return (1, format!("expected {wanted:?}, found {got:?}"));
    }
    for (wanted, got) in expected.iter().zip(&found.events) {
        if !same(&without_ids(wanted), &without_ids(got)) {
            return (2, format!("\n    expected {wanted}\n    found    {got}"));
        }
    }
    let expected: Vec<Value> =
        expected.iter().map(|event| as_since_2024(event, expected)).collect();
    for (wanted, got) in expected.iter().zip(&found.events) {
        if !same(wanted, got) {
            return (3, format!("\n    expected {wanted}\n    found    {got}"));
        }
    }
    (4, String::new())
}

/// Recordings until the middle of 2024 have the exit of a distributed Map follow from the end of its run, later ones from
/// its start.
fn as_since_2024(event: &Value, all: &[Value]) -> Value {
    let mut event = event.clone();
    let before = event["previousEventId"].as_u64().unwrap_or_default();
    let before = all.iter().find(|event| event["id"].as_u64() == Some(before));
    if let Some(ended) = before.filter(|before| before["type"] == "MapRunSucceeded")
        && event["type"] == "MapStateExited"
    {
        event["previousEventId"] = ended["previousEventId"].clone();
    }
    event
}

fn outcome(row: &Value, found: &Outcome) -> Result<(), String> {
    let expected = &row["expected_status"];
    // A recording of a running execution has no status.
    if !expected.is_null() && *expected != found.status() {
        return Err(format!("expected {expected}, found {}: {}", found.status(), found.render()));
    }
    let Some(execution) = &found.execution else { return Err("no execution".into()) };
    let text = |part: Option<&str>| part.map_or(Value::Null, |text| Value::String(text.into()));
    let progress = &execution.progress;
    let parts = [
        ("output", &row["expected_output"], text(progress.output.as_ref().map(engine::Data::text))),
        ("error", &row["expected_error"], text(progress.error.as_deref())),
        ("cause", &row["expected_cause"], text(progress.cause.as_deref())),
    ];
    for (name, wanted, got) in parts {
        let unknown = wanted.is_null() && name == "output";
        if !unknown && !same(wanted, &got) {
            return Err(format!("{name}: expected {wanted}, found {got}"));
        }
    }
    Ok(())
}

/// Whether every recorded event has a partner, ids aside.
fn contains(expected: &[Value], found: &[Value]) -> Result<(), String> {
    let mut left: Vec<Value> = found.iter().map(without_ids).collect();
    for wanted in expected {
        let bare = without_ids(wanted);
        match left.iter().position(|got| same(&bare, got)) {
            Some(at) => drop(left.remove(at)),
            None => return Err(format!("nothing like {wanted}")),
        }
    }
    Ok(())
}

fn without_ids(event: &Value) -> Value {
    let fields = event.as_object().cloned().unwrap_or_default();
    let kept = fields.into_iter().filter(|(name, _)| name != "id" && name != "previousEventId");
    Value::Object(kept.collect::<Map<_, _>>())
}

/// Values a recording blanked.
const BLANKED: [&str; 7] = [
    "<omitted>",
    "RandomNumberGenerated",
    "generated-uuid",
    "entered-time",
    "start-time",
    "timestamp",
    "<timestamp>",
];

fn same(wanted: &Value, got: &Value) -> bool {
    match (wanted, got) {
        (Value::String(text), _) if BLANKED.contains(&text.as_str()) => true,
        (Value::Object(wanted), Value::Object(got)) => {
            wanted.len() == got.len()
                && wanted
                    .iter()
                    .all(|(name, value)| got.get(name).is_some_and(|other| same(value, other)))
        }
        (Value::Array(wanted), Value::Array(got)) => {
            wanted.len() == got.len() && wanted.iter().zip(got).all(|(a, b)| same(a, b))
        }
        (Value::Number(wanted), Value::Number(got)) => wanted.as_f64() == got.as_f64(),
        (Value::String(wanted), Value::String(got)) => {
            blank(wanted) == blank(got)
                || match (parse(wanted), parse(got)) {
                    (Some(wanted), Some(got)) => same(&wanted, &got),
                    _ => false,
                }
        }
        // The recorder stored some JSON texts parsed.
        (Value::Object(_) | Value::Array(_) | Value::Number(_), Value::String(got)) => {
            serde_json::from_str(got).is_ok_and(|got: Value| same(wanted, &got))
        }
        (wanted, got) => wanted == got,
    }
}

fn parse(text: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(text).ok()?;
    (value.is_object() || value.is_array()).then_some(value)
}

/// What differs from run to run, and what stands for it.
const LOCAL: [(&str, &str); 7] = [
    (
        "arn:(aws|<partition>):states:(us-east-1|<region>):([0-9]+|<[a-z_]+>):mapRun:[^\" ']+|map_run_arn",
        "<map run>",
    ),
    ("<uuid:[0-9]+>|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)", "date"),
    ("_[0-9]+idx>", "_idx>"),
    ("arn:(aws|<partition>):iam::([0-9]+|<[a-z_]+>):role/[^\" ]+|<trusted_role_arn>", "<role>"),
    (
        "arn:(aws|<partition>):states:(us-east-1|<region>):([0-9]+|<[a-z_]+>):(stateMachine|activity):[^\" ']+|activity_arn",
        "<arn>",
    ),
    ("<random_arn_part>", ""),
];

/// Blanks what differs from run to run.
fn blank(text: &str) -> String {
    static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let compiled = |(pattern, stand_in)| (Regex::new(pattern).expect("a pattern"), stand_in);
        LOCAL.into_iter().map(compiled).collect()
    });
    PATTERNS.iter().fold(text.to_owned(), |text, (pattern, stand_in)| {
        pattern.replace_all(&text, *stand_in).into_owned()
    })
}
