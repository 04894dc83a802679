//! Values as text: JSON, the form AWS's formatter uses inside strings, sizes, names of types.

use serde_json::Value;
use std::fmt::Write as _;

/// The value as compact JSON.
pub fn json_text(value: &Value) -> String {
    // `Value`'s own Display is infallible compact JSON.
    value.to_string()
}

/// The length of the value's compact JSON in bytes, what payload limits count.
pub fn json_size_bytes(value: &Value) -> usize {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // Counting cannot fail and `Value` has only string keys.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

/// The value as `States.Format` writes it: strings bare, objects and arrays in the style of Java's collections.
///
/// AWS: recorded `States.Format('{}', $.o)` with `{"Arg1":1,"Arg2":[]}` gives `{Arg1=1, Arg2=[]}`.
pub fn java_text(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => {
            let _ = write!(out, "{number}");
        }
        Value::String(text) => out.push_str(text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                java_text(item, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (index, (key, item)) in fields.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                out.push_str(key);
                out.push('=');
                java_text(item, out);
            }
            out.push('}');
        }
    }
}

/// The JSON type in AWS's words: `null`, `boolean`, `number`, `string`, `array`, `object`.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
