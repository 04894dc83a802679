//! Parameters to the input of an operation: names, JSON texts, timestamps, blobs.

use super::Errand;
use super::failure;
use driver::TaskFailure;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use wire::{Kind, Member, Model, Structure};

/// The input of the task's operation.
pub(super) fn build(errand: &Errand<'_>) -> Result<Value, TaskFailure> {
    let service = errand.kit.service(errand.target.service);
    let service = service.ok_or_else(|| failure::unsupported(&errand.task.resource))?;
    let model = service.model();
    let operation = model.operation(&errand.target.operation);
    let operation = operation.ok_or_else(|| failure::unsupported(&errand.task.resource))?;
    let parameters = prepared(errand);
    let mut reader = Reader { errand, model, problems: Vec::new() };
    let members = match (&parameters, &operation.input) {
        (Value::Object(given), Some(input)) => match model.shape(input.shape).structure() {
            Some(structure) => reader.structure(structure, given, ""),
            None => Map::new(),
        },
        (Value::Object(given), None) if given.is_empty() => Map::new(),
        (Value::Object(given), None) => {
            for name in given.keys() {
                reader.unsupported(name);
            }
            Map::new()
        }
        _ => {
            reader.problems.push("The Parameters must be a JSON object".to_owned());
            Map::new()
        }
    };
    if reader.problems.is_empty() {
        return Ok(Value::Object(members));
    }
    Err(failure::bad_parameters(errand, &reader.problems))
}

/// The parameters with what Step Functions adds of its own.
fn prepared(errand: &Errand<'_>) -> Value {
    let mut parameters = errand.task.parameters.value().clone();
    let Some(members) = parameters.as_object_mut().filter(|_| !errand.target.api.is_sdk) else {
        return parameters;
    };
    match errand.target.operation.as_str() {
        "StartExecution" if members.get("Name").is_none_or(Value::is_null) => {
            members.insert("Name".to_owned(), Value::from(child_name(errand.effect_key)));
        }
        "PutEvents" => add_resources(errand, members),
        _ => {}
    }
    parameters
}

/// The name of an execution that the definition gives none: the same whenever the task is performed again, and known
/// to whoever has to stop it.
pub(super) fn child_name(effect_key: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(effect_key)[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let number = u128::from_be_bytes(bytes);
    let text = format!("{number:032x}");
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}

// AWS: Step Functions: EventBridge: the ARNs of execution and state machine join each entry's resources.
fn add_resources(errand: &Errand<'_>, members: &mut Map<String, Value>) {
    let Some(entries) = members.get_mut("Entries").and_then(Value::as_array_mut) else { return };
    for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
        let resources = entry.entry("Resources").or_insert_with(|| json!([]));
        if let Some(resources) = resources.as_array_mut() {
            resources.push(Value::from(&*errand.execution.execution_arn));
            resources.push(Value::from(&*errand.execution.state_machine_arn));
        }
    }
}

/// The walk through the parameters.
struct Reader<'a> {
    errand: &'a Errand<'a>,
    model: &'a Model,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn structure(
        &mut self,
        structure: &Structure,
        given: &Map<String, Value>,
        path: &str,
    ) -> Map<String, Value> {
        if structure.document {
            return given.clone();
        }
        let mut members = Map::new();
        for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
            let target = &self.errand.target;
            let is_meant = |member: &&Member| target.shown(&member.name) == *name;
            match structure.members.iter().find(is_meant).or_else(|| structure.member(name)) {
                Some(member) => {
                    let path = join(path, name);
                    let value = self.value(member, value, &path);
                    members.insert(member.name.clone(), value);
                }
                None => self.unsupported(name),
            }
        }
        for required in &structure.required {
            if !members.contains_key(required) {
                let name = self.errand.target.shown(required);
                self.problems.push(format!("The field \"{name}\" is required but was missing"));
            }
        }
        members
    }

    // AWS: as quoted in public questions about failed executions.
    fn unsupported(&mut self, name: &str) {
        self.problems.push(format!("The field \"{name}\" is not supported by Step Functions"));
    }

    fn value(&mut self, member: &Member, value: &Value, path: &str) -> Value {
        let model = self.model;
        let takes_json = self.errand.target.json_texts.contains(&path);
        match (&model.shape(member.shape).kind, value) {
            (Kind::Structure(structure), Value::Object(given)) => {
                Value::Object(self.structure(structure, given, path))
            }
            (Kind::List(element), Value::Array(items)) => {
                let path = format!("{path}[]");
                items.iter().map(|item| self.value(element, item, &path)).collect()
            }
            (Kind::Map(_, entry), Value::Object(entries)) => {
                let entry_of = |(key, value): (&String, &Value)| {
                    (key.clone(), self.value(entry, value, &join(path, key)))
                };
                Value::Object(entries.iter().map(entry_of).collect())
            }
            (Kind::String, Value::String(_)) => value.clone(),
            (Kind::String, _) if takes_json => Value::from(value.to_string()),
            (Kind::Blob, _) => self.blob(value, takes_json, path),
            (Kind::Timestamp, Value::String(text)) => timestamp(text).unwrap_or_else(|| {
                self.wrong_type(path, "TIMESTAMP");
                Value::Null
            }),
            (Kind::Boolean, Value::Bool(_)) => value.clone(),
            (
                Kind::Integer | Kind::Long | Kind::Float | Kind::Double | Kind::Timestamp,
                Value::Number(_),
            ) => value.clone(),
            (kind, _) => {
                self.wrong_type(path, word(kind));
                Value::Null
            }
        }
    }

    /// Bytes are given as text; S3 takes them so, everybody else as base64.
    fn blob(&mut self, value: &Value, takes_json: bool, path: &str) -> Value {
        let text = match value {
            Value::String(text) => text.clone(),
            other if takes_json => other.to_string(),
            _ => {
                self.wrong_type(path, "STRING");
                return Value::Null;
            }
        };
        if self.errand.target.service == "s3" {
            return Value::from(text);
        }
        Value::from(service::base64_text(text.as_bytes()))
    }

    // UNVERIFIED: AWS's words.
    fn wrong_type(&mut self, path: &str, word: &str) {
        let name = path.rsplit('.').next().unwrap_or(path).trim_end_matches("[]");
        self.problems.push(format!("The value for the field '{name}' must be a {word}"));
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Structure(_) | Kind::Map(..) => "STRUCTURE",
        Kind::List(_) => "LIST",
        Kind::String | Kind::Blob => "STRING",
        Kind::Boolean => "BOOLEAN",
        Kind::Integer | Kind::Long | Kind::Float | Kind::Double => "NUMBER",
        Kind::Timestamp => "TIMESTAMP",
    }
}

/// Unix seconds of an ISO 8601 text.
fn timestamp(text: &str) -> Option<Value> {
    let instant: jiff::Timestamp = text.parse().ok()?;
    Some(json!(instant.as_millisecond() as f64 / 1000.0))
}
