//! JSON payloads that travel through an execution: shared, with their text made at most once.
//!
//! The same payload usually appears in four places (the exit of one state, the entry of the next,
//! the frame, the output): they all share one allocation and one text.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// Deepest nesting of arrays and objects a payload may have.
///
/// Below the nesting limit of the JSON reader, so that whatever was stored can be read back.
pub const MAX_DEPTH: usize = 120;

/// A shared JSON value together with its text.
///
/// The text is what the caller sent where the payload came from outside (AWS keeps its spacing in
/// the history), and compact JSON where the execution made it.
#[derive(Clone)]
pub struct Data(Arc<Payload>);

struct Payload {
    value: Value,
    text: OnceLock<Box<str>>,
}

impl Data {
    /// Wraps a value; its text is made when first asked for.
    pub fn new(value: Value) -> Self {
        Self(Arc::new(Payload { value, text: OnceLock::new() }))
    }

    /// Reads JSON text and keeps the text as it is.
    ///
    /// # Errors
    /// When the text is not JSON or is nested too deeply.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let value: Value = serde_json::from_str(text)?;
        Ok(Self(Arc::new(Payload { value, text: OnceLock::from(Box::from(text)) })))
    }

    /// The value.
    pub fn value(&self) -> &Value {
        &self.0.value
    }

    /// The JSON text.
    pub fn text(&self) -> &str {
        // Writing a `Value` to memory cannot fail: its keys are strings and the writer is a buffer.
        self.0.text.get_or_init(|| self.0.value.to_string().into_boxed_str())
    }

    /// Whether both are the very same allocation.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl From<Value> for Data {
    fn from(value: Value) -> Self {
        Self::new(value)
    }
}

impl PartialEq for Data {
    fn eq(&self, other: &Self) -> bool {
        self.same(other) || self.0.value == other.0.value
    }
}

impl std::fmt::Debug for Data {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.text())
    }
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Whether `value` is nested deeper than [`MAX_DEPTH`]; walks no deeper than that itself.
pub(crate) fn too_deep(value: &Value) -> bool {
    fn walk(value: &Value, left: usize) -> bool {
        match value {
            Value::Array(items) => left == 0 || items.iter().any(|item| walk(item, left - 1)),
            Value::Object(fields) => left == 0 || fields.values().any(|item| walk(item, left - 1)),
            _ => false,
        }
    }
    walk(value, MAX_DEPTH)
}
