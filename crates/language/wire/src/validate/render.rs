//! Values as AWS's messages show them: `[a, b]`, `{k=v}`, `ShapeName(member=value)`.

use serde_json::Value;

use crate::model::{Kind, Model, Shape};

/// A value of a shape.
// AWS: recorded case, CreateStateMachineAlias with too many routes.
pub(super) fn render(model: &Model, shape: &Shape, value: &Value) -> String {
    match (&shape.kind, value) {
        (Kind::List(element), Value::Array(items)) => {
            let items = items.iter().map(|item| render(model, model.shape(element.shape), item));
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        (Kind::Map(_, entry), Value::Object(entries)) => {
            let entries = entries.iter().map(|(key, item)| {
                format!("{key}={}", render(model, model.shape(entry.shape), item))
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        (Kind::Structure(structure), Value::Object(fields)) => {
            let members = structure.members.iter().filter_map(|member| {
                let shape = model.shape(member.shape);
                let shown = match fields.get(&member.name).filter(|field| !field.is_null())? {
                    _ if shape.sensitive => "*** Sensitive Data Redacted ***".to_owned(),
                    field => render(model, shape, field),
                };
                Some(format!("{}={shown}", super::lower_first(&member.name)))
            });
            format!("{}({})", shape.name, members.collect::<Vec<_>>().join(", "))
        }
        (Kind::Blob, Value::String(_)) => {
            let length = crate::scalar::blob_bytes(value).map_or(0, |bytes| bytes.len());
            format!("java.nio.HeapByteBuffer[pos=0 lim={length} cap={length}]")
        }
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

/// A bound: whole numbers without a fraction.
pub(super) fn number(bound: f64) -> String {
    if bound.fract() == 0.0 && bound.abs() < 1e15 {
        (bound as i64).to_string()
    } else {
        bound.to_string()
    }
}
