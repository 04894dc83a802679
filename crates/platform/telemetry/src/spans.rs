//! An execution that has ended as the spans of a trace. Pure.

use driver::ExecutionRecord;
use engine::{Detail, HistoryEvent, Status};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// Spans of one execution; what is beyond is left out.
pub(crate) const MOST_SPANS: usize = 1_000;

/// A state that has been entered and not left.
struct Open<'a> {
    at: usize,
    name: &'a str,
    kind: String,
    start_ms: i64,
}

/// The spans of an execution: its own first, then one for each visit of a state.
pub(crate) fn spans(record: &ExecutionRecord, history: &[HistoryEvent]) -> Vec<Value> {
    let identity = &record.identity;
    let arn = &*identity.execution_arn;
    let start_ms = identity.start_ms;
    let end_ms = record.stop_ms.unwrap_or(start_ms);
    let (trace, parent) = trace(record);
    let root = span_id(arn, u64::from(record.redrive_count), 0);
    let attributes = json!([
        text("aws.step_functions.execution.arn", arn),
        text("aws.step_functions.state_machine.arn", &identity.state_machine_arn),
        text("refit.execution.status", record.status.word()),
    ]);
    let mut own = span(&trace, &root, &identity.state_machine_name, start_ms, end_ms);
    own["attributes"] = attributes;
    if let Some(parent) = parent {
        own["parentSpanId"] = Value::from(parent);
    }
    if record.status != Status::Succeeded {
        let message = record.error.as_deref().unwrap_or(record.status.word());
        own["status"] = json!({"code": 2, "message": message});
    }
    let mut spans = vec![own];
    for (at, name, kind, from_ms, to_ms, is_left) in visits(history, end_ms) {
        let id = span_id(arn, u64::from(record.redrive_count), at);
        let mut visit = span(&trace, &id, name, from_ms, to_ms);
        visit["parentSpanId"] = Value::from(root.as_str());
        visit["attributes"] = json!([text("aws.step_functions.state.type", &kind)]);
        if !is_left {
            visit["status"] = json!({"code": 2});
        }
        spans.push(visit);
        if spans.len() >= MOST_SPANS {
            break;
        }
    }
    spans
}

/// Visits of states: event, name, type, from, to, and whether the state was left by itself.
fn visits(history: &[HistoryEvent], end_ms: i64) -> Vec<(u64, &str, String, i64, i64, bool)> {
    // Each event says which one it follows from: so branches that run side by side are told apart.
    let mut open: HashMap<u64, Open<'_>> = HashMap::new();
    let mut of_event: HashMap<u64, u64> = HashMap::new();
    let mut done = Vec::new();
    for event in history {
        match &event.detail {
            Detail::StateEntered { name, state_type, .. } => {
                of_event.insert(event.id, event.id);
                let at = done.len() + open.len();
                let kind = format!("{state_type:?}");
                open.insert(event.id, Open { at, name, kind, start_ms: event.timestamp_ms });
            }
            Detail::StateExited { name, .. } => {
                let entered = of_event.get(&event.previous_event_id).copied();
                // The end of a Parallel or Map state follows from what its branches did.
                let entered = entered
                    .filter(|id| open.get(id).is_some_and(|open| open.name == &**name))
                    .or_else(|| latest(&open, name));
                if let Some((id, open)) = entered.and_then(|id| Some((id, open.remove(&id)?))) {
                    done.push((id, open.name, open.kind, open.start_ms, event.timestamp_ms, true));
                }
            }
            _ => {
                if let Some(entered) = of_event.get(&event.previous_event_id).copied() {
                    of_event.insert(event.id, entered);
                }
            }
        }
    }
    let mut left: Vec<_> = open.into_iter().collect();
    left.sort_by_key(|(_, open)| open.at);
    let left = left.into_iter().map(|(id, it)| (id, it.name, it.kind, it.start_ms, end_ms, false));
    done.extend(left);
    done.sort_by_key(|(id, ..)| *id);
    done
}

/// The state of that name that was entered last and is open.
fn latest(open: &HashMap<u64, Open<'_>>, name: &str) -> Option<u64> {
    open.iter().filter(|(_, open)| open.name == name).map(|(id, _)| *id).max()
}

/// Trace and parent: those of the caller's X-Ray header, or a trace of the execution's own.
// AWS: X-Ray's header: `Root=1-8 digits-24 digits;Parent=16 digits`.
fn trace(record: &ExecutionRecord) -> (String, Option<String>) {
    let header = record.attributes.get("traceHeader").and_then(Value::as_str).unwrap_or_default();
    let part = |name: &str| header.split(';').find_map(|part| part.trim().strip_prefix(name));
    let is_hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|c| c.is_ascii_hexdigit())
    };
    let root = part("Root=1-").map(|root| root.replace('-', "")).filter(|root| is_hex(root, 32));
    if let Some(root) = root {
        let parent = part("Parent=").filter(|parent| is_hex(parent, 16));
        return (root, parent.map(str::to_owned));
    }
    let arn = &record.identity.execution_arn;
    let digest = Sha256::digest(format!("{arn}/{}", record.identity.start_ms));
    (hex::encode(&digest[..16]), None)
}

fn span_id(arn: &str, redrives: u64, event: u64) -> String {
    hex::encode(&Sha256::digest(format!("{arn}#{redrives}#{event}"))[..8])
}

fn span(trace: &str, id: &str, name: &str, from_ms: i64, to_ms: i64) -> Value {
    json!({
        "traceId": trace, "spanId": id, "name": name, "kind": 1,
        "startTimeUnixNano": nanoseconds(from_ms), "endTimeUnixNano": nanoseconds(to_ms.max(from_ms)),
    })
}

/// 64-bit numbers are text in OTLP's JSON.
pub(crate) fn nanoseconds(ms: i64) -> String {
    format!("{}", i128::from(ms.max(0)) * 1_000_000)
}

pub(crate) fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}
