//! Members that a shape has not: typing errors that writers would drop in silence.

use serde_json::Value;

use crate::model::{Kind, Member, Model, Operation};

/// The paths of an output's members that the model does not have, for example `executions.0.stoppedAt`. For tests of services: what
/// is named here never reaches a client.
pub fn unknown_members(model: &Model, operation: &Operation, output: &Value) -> Vec<String> {
    let mut found = Vec::new();
    match &operation.output {
        Some(member) => collect(model, member, output, "", &mut found),
        None => {
            found.extend(output.as_object().into_iter().flatten().map(|(name, _)| name.clone()));
        }
    }
    found
}

fn collect(model: &Model, member: &Member, value: &Value, path: &str, found: &mut Vec<String>) {
    let join =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (&model.shape(member.shape).kind, value) {
        (Kind::Structure(structure), Value::Object(fields)) if !structure.document => {
            for (name, field) in fields {
                match structure.member(name) {
                    Some(member) => collect(model, member, field, &join(name), found),
                    None => found.push(join(name)),
                }
            }
        }
        (Kind::List(element), Value::Array(items)) => {
            for (at, item) in items.iter().enumerate() {
                collect(model, element, item, &join(&at.to_string()), found);
            }
        }
        (Kind::Map(_, entry), Value::Object(entries)) => {
            for (name, item) in entries {
                collect(model, entry, item, &join(name), found);
            }
        }
        _ => {}
    }
}
