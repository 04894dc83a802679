//! An operation's answer as Step Functions writes it: names, timestamps, blobs, metadata of the response.

use super::{Errand, failure};
use driver::TaskFailure;
use serde_json::{Map, Value, json};
use wire::{Kind, Member, Model, Protocol, Structure};

/// The answer of an operation as a result.
pub(super) fn build(errand: &Errand<'_>, operation: &str, answer: Value) -> Value {
    let Some(service) = errand.kit.service(errand.target.service) else { return answer };
    let model = service.model();
    let shape = model.operation(operation).and_then(|operation| operation.output.as_ref());
    let structure = shape.and_then(|output| model.shape(output.shape).structure());
    match (structure, &answer) {
        (Some(structure), Value::Object(given)) => {
            Value::Object(Writer { errand, model }.structure(structure, given))
        }
        // An operation without output answers an empty object.
        (None, _) => json!({}),
        _ => answer,
    }
}

/// Refuses results that are failures for Step Functions.
// AWS: Step Functions: EventBridge: entries that were not taken fail the task.
pub(super) fn check(errand: &Errand<'_>, result: &Value) -> Result<(), TaskFailure> {
    let is_put = errand.target.operation == "PutEvents" && !errand.target.api.is_sdk;
    let failed = result.get("FailedEntryCount").and_then(Value::as_u64).unwrap_or(0);
    if is_put && failed > 0 {
        return Err(TaskFailure::new("EventBridge.FailedEntry", result.to_string()));
    }
    Ok(())
}

/// The walk through an answer.
struct Writer<'a> {
    errand: &'a Errand<'a>,
    model: &'a Model,
}

impl Writer<'_> {
    fn structure(&self, structure: &Structure, given: &Map<String, Value>) -> Map<String, Value> {
        if structure.document {
            return given.clone();
        }
        let mut members = Map::new();
        for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
            let shown = self.errand.target.shown(name);
            let value = match structure.member(name) {
                Some(member) => self.value(member, value),
                None => value.clone(),
            };
            members.insert(shown, value);
        }
        members
    }

    fn value(&self, member: &Member, value: &Value) -> Value {
        match (&self.model.shape(member.shape).kind, value) {
            (Kind::Structure(structure), Value::Object(given)) => {
                Value::Object(self.structure(structure, given))
            }
            (Kind::List(element), Value::Array(items)) => {
                items.iter().map(|item| self.value(element, item)).collect()
            }
            (Kind::Map(_, entry), Value::Object(entries)) => {
                let entry_of =
                    |(key, value): (&String, &Value)| (key.clone(), self.value(entry, value));
                Value::Object(entries.iter().map(entry_of).collect())
            }
            (Kind::Timestamp, Value::Number(seconds)) => {
                self.timestamp(seconds.as_f64().unwrap_or_default())
            }
            (Kind::Blob, Value::String(text)) if self.errand.target.service != "s3" => {
                Value::from(text_of_base64(text))
            }
            _ => value.clone(),
        }
    }

    /// Optimised integrations give milliseconds, AWS SDK integrations ISO 8601.
    // AWS: results of optimised integrations, as shown in public execution histories.
    fn timestamp(&self, seconds: f64) -> Value {
        let ms = (seconds * 1000.0).round() as i64;
        if self.errand.target.api.is_sdk { Value::from(iso(ms)) } else { Value::from(ms) }
    }
}

/// `2024-01-31T12:00:00Z`, with milliseconds where there are some.
pub(super) fn iso(ms: i64) -> String {
    let instant = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    if ms.rem_euclid(1000) == 0 { format!("{instant:.0}") } else { format!("{instant:.3}") }
}

/// The text of base64 bytes; what is no UTF-8 becomes replacement characters.
pub(super) fn text_of_base64(text: &str) -> String {
    use base64::Engine as _;
    match base64::engine::general_purpose::STANDARD.decode(text) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => text.to_owned(),
    }
}

/// Adds what optimised integrations say about the HTTP response. The headers are those that the service's answer to
/// such a request has.
// AWS: as recorded in results of startExecution.
pub(super) fn add_metadata(errand: &Errand<'_>, members: &mut Map<String, Value>) {
    let length = Value::Object(members.clone()).to_string().len();
    let request_id = errand.kit.entropy.uuid();
    let version = errand.kit.service(errand.target.service).map(|service| {
        let metadata = &service.model().metadata;
        (metadata.protocol, metadata.json_version.clone())
    });
    let content_type = match version {
        Some((Protocol::Json, Some(version))) => format!("application/x-amz-json-{version}"),
        Some((Protocol::RestJson, _)) => "application/json".to_owned(),
        _ => "text/xml".to_owned(),
    };
    let now = jiff::Timestamp::from_millisecond(errand.kit.clock.now_ms()).unwrap_or_default();
    let headers = [
        ("x-amzn-RequestId", request_id.clone()),
        ("connection", "keep-alive".to_owned()),
        ("Content-Length", length.to_string()),
        ("Date", now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        ("Content-Type", content_type),
    ];
    let all: Map<String, Value> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect();
    let one: Map<String, Value> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())))
        .collect();
    let http = json!({"AllHttpHeaders": all, "HttpHeaders": one, "HttpStatusCode": 200});
    members.insert("SdkHttpMetadata".to_owned(), http);
    members.insert("SdkResponseMetadata".to_owned(), json!({"RequestId": request_id}));
}

/// A result with the texts that hold JSON as JSON (`.sync:2`).
pub(super) fn parse_texts(result: &mut Value) {
    for member in ["Input", "Output"] {
        if let Some(text) = result.get(member).and_then(Value::as_str)
            && let Ok(value) = failure::parse(text)
        {
            result[member] = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::iso;

    #[test]
    fn instants() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_767_225_600_000, "2026-01-01T00:00:00Z"),
            (1_767_225_600_120, "2026-01-01T00:00:00.120Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(iso(ms), text);
        }
    }
}
